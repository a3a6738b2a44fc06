"""The vault: a text opens where it belongs and with its key, and nowhere else; keys are rotated, wrapped anew,
destroyed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import text

from db.base import new_id
from db.engine import Database
from governance import key_lifecycle
from governance.kek import KekMissing, KeyFile, KeyService, KeyServiceDown, new_key_line, read_keys
from governance.vault import KeyEncryptionKeys, Keyring, Owner, Unsealable, Vault, key_id_of
from tests.conftest import NOW, Clone
from tests.doubles.key_service import TOKEN, TransitServer
from wiring.demo import TENANT_ID


@pytest.fixture
async def database(own_clone: Clone) -> AsyncIterator[Database]:
    made = Database(own_clone.service, pool_size=8)
    yield made
    await made.close()


def key_file(folder: Path, *names: str) -> KeyFile:
    path = folder / "master.keys"
    with path.open("a") as file:
        file.writelines(new_key_line(name) for name in names)
    return KeyFile(path)


def vault_over(keks: KeyEncryptionKeys) -> Vault:
    return Vault(keks, pepper=b"test")


@asynccontextmanager
async def keyring(database: Database, vault: Vault, tenant_id: UUID = TENANT_ID) -> AsyncIterator[Keyring]:
    async with database.begin(tenant_id) as session:
        yield Keyring(vault, session, tenant_id)


def patient() -> Owner:
    return Owner(uuid4(), "patient")


async def test_a_text_comes_back_and_is_not_in_the_clear(database: Database, tmp_path: Path) -> None:
    vault, owner = vault_over(key_file(tmp_path, "one")), patient()
    async with keyring(database, vault) as keys:
        sealed = await keys.seal(owner, "आशा has a fever", "message:1")
        again = await keys.seal(owner, "आशा has a fever", "message:1")
    assert b"fever" not in sealed and sealed != again
    other = vault_over(KeyFile(tmp_path / "master.keys"))  # another process
    async with keyring(database, other) as keys:
        assert await keys.open_one(sealed, "message:1") == "आशा has a fever"
        assert await keys.open_many([(None, "x"), (sealed, "message:1")]) == [None, "आशा has a fever"]
        with pytest.raises(Unsealable):
            await keys.open_one(sealed, "message:2")


@given(st.integers(0, 400), st.integers(1, 255))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_changed_byte_opens_nothing(tmp_path: Path, place: int, change: int) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from governance.vault import DataKey

    key = DataKey(uuid4(), TENANT_ID, AESGCM(AESGCM.generate_key(256)))
    sealed = bytearray(key.seal("a text of some length", "message:1"))
    place = 17 + place % (len(sealed) - 17)
    sealed[place] ^= change
    with pytest.raises(Unsealable):
        key.open(bytes(sealed), "message:1")


async def test_another_tenant_has_no_such_key(database: Database, tmp_path: Path) -> None:
    vault = vault_over(key_file(tmp_path, "one"))
    async with keyring(database, vault) as keys:
        sealed = await keys.seal(patient(), "x", "a")
    async with keyring(database, vault, uuid4()) as keys:
        assert await keys.open_one(sealed, "a") is None


async def test_many_at_once_make_one_key(database: Database, tmp_path: Path) -> None:
    vault, owner = vault_over(key_file(tmp_path, "one")), patient()

    async def seal() -> bytes:
        async with keyring(database, vault) as keys:
            return await keys.seal(owner, "x", "a")

    assert len({key_id_of(sealed) for sealed in await asyncio.gather(*(seal() for _ in range(8)))}) == 1


async def test_a_new_master_key_while_everything_goes_on(database: Database, tmp_path: Path) -> None:
    old, owners = vault_over(key_file(tmp_path, "old")), [patient() for _ in range(5)]
    async with keyring(database, old) as keys:
        sealed = [await keys.seal(owner, f"text {n}", "a") for n, owner in enumerate(owners)]
    both = vault_over(key_file(tmp_path, "new"))
    async with database.begin(TENANT_ID) as session:
        assert await key_lifecycle.left_to_rewrap(session, both) >= 5
        assert await key_lifecycle.rewrap(session, both, limit=3) == 3
    async with keyring(database, old) as keys:  # a process that has not been restarted reads what it can
        assert [await _opens(keys, one) for one in sealed].count(True) >= 2
    async with database.begin(TENANT_ID) as session:
        while await key_lifecycle.rewrap(session, both):
            pass
        assert await key_lifecycle.left_to_rewrap(session, both) == 0
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "master.keys").write_text((tmp_path / "master.keys").read_text().splitlines()[1] + "\n")
    new_alone = vault_over(KeyFile(tmp_path / "new" / "master.keys"))
    async with keyring(database, new_alone) as keys:
        assert [await keys.open_one(one, "a") for one in sealed] == [f"text {n}" for n in range(5)]


async def _opens(keys: Keyring, sealed: bytes) -> bool:
    try:
        return await keys.open_one(sealed, "a") is not None
    except KekMissing:
        return False


async def test_a_destroyed_key_is_gone_for_every_process_at_once(database: Database, tmp_path: Path) -> None:
    one, owner, other = vault_over(key_file(tmp_path, "m")), patient(), patient()
    two = vault_over(KeyFile(tmp_path / "master.keys"))
    async with keyring(database, one) as keys:
        sealed, kept = await keys.seal(owner, "secret", "a"), await keys.seal(other, "kept", "a")
    async with keyring(database, two) as keys:
        assert await keys.open_one(sealed, "a") == "secret"  # has it in memory from here on
    async with database.begin(TENANT_ID) as session:
        assert await key_lifecycle.destroy(session, [owner.id], now=NOW) == [key_id_of(sealed)]
        assert await key_lifecycle.destroy(session, [owner.id], now=NOW) == []
    for vault in (one, two):
        async with keyring(database, vault) as keys:
            assert await keys.open_many([(sealed, "a"), (kept, "a")]) == [None, "kept"]
    async with keyring(database, two) as keys:
        anew = await keys.seal(owner, "a new life", "a")
        assert key_id_of(anew) != key_id_of(sealed) and await keys.open_one(anew, "a") == "a new life"
    query = text("SELECT wrapped IS NULL AND master IS NULL AND NOT current FROM vault_key WHERE id = :id")
    async with database.begin(TENANT_ID) as session:
        assert await session.scalar(query, {"id": key_id_of(sealed)})


async def test_keys_retire_and_their_texts_end_together(database: Database, tmp_path: Path) -> None:
    vault, owner = vault_over(key_file(tmp_path, "m")), patient()
    async with keyring(database, vault) as keys:
        first = await keys.seal(owner, "first", "a")
    async with database.begin(TENANT_ID) as session:
        await session.execute(text("UPDATE vault_key SET created_at = :at"), {"at": NOW - timedelta(days=400)})
        assert await key_lifecycle.retire(session, made_before=NOW - timedelta(days=365), now=NOW) >= 1
    async with keyring(database, vault) as keys:
        second = await keys.seal(owner, "second", "a")
        assert await keys.open_many([(first, "a"), (second, "a")]) == ["first", "second"]
    later = NOW + timedelta(days=1)
    async with database.begin(TENANT_ID) as session:
        assert await key_lifecycle.count_retired(session, before=later) >= 1
        assert key_id_of(first) in await key_lifecycle.destroy_retired(session, before=later, now=later)
    async with keyring(database, vault) as keys:
        assert await keys.open_many([(first, "a"), (second, "a")]) == [None, "second"]


async def test_a_key_service(database: Database) -> None:
    """Wrapped and unwrapped by another machine, whose key turns over; a wrong token opens nothing."""
    owner = patient()
    with TransitServer() as server:
        service = KeyService(f"{server.url}/v1/transit", key="wardline", token=SecretStr(TOKEN))
        vault = vault_over(service)
        async with keyring(database, vault) as keys:
            sealed = await keys.seal(owner, "hello", "a")
        server.rotate()
        assert await service.current() == "wardline:v2"
        async with database.begin(TENANT_ID) as session:
            rows = await session.execute(text("SELECT master FROM vault_key WHERE owner_id = :id"), {"id": owner.id})
            assert rows.scalars().all() == ["wardline:v1"]
            await session.execute(text("DELETE FROM vault_key WHERE master NOT LIKE 'wardline:%'"))
            assert await key_lifecycle.rewrap(session, vault) == 1
            assert await key_lifecycle.left_to_rewrap(session, vault) == 0
        fresh = KeyService(f"{server.url}/v1/transit", key="wardline", token=SecretStr(TOKEN))
        async with keyring(database, vault_over(fresh)) as keys:
            assert await keys.open_one(sealed, "a") == "hello"
        stranger = KeyService(f"{server.url}/v1/transit", key="wardline", token=SecretStr("wrong"))
        with pytest.raises(KeyServiceDown):
            async with keyring(database, vault_over(stranger)) as keys:
                await keys.open_one(sealed, "a")
        for each in (service, fresh, stranger):
            await each.aclose()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "holds no key"),
        ("a b\n", "line 1"),
        ("one AAAA\n", "line 1"),
        (f"x {'A' * 43}=\n" * 2, "line 2"),
    ],
)
def test_a_key_file_that_cannot_be_used(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "master.keys"
    path.write_text(content)
    with pytest.raises(ValueError, match=told):
        read_keys(path)


async def test_a_key_service_is_asked_once_for_many(database: Database) -> None:
    with TransitServer() as server:
        service = KeyService(f"{server.url}/v1/transit", key="wardline", token=SecretStr(TOKEN))
        owners = [patient() for _ in range(20)]
        async with keyring(database, vault_over(service)) as keys:
            await keys.of(*owners)
            sealed = [(await keys.seal(owner, "x", "a"), "a") for owner in owners]
        assert server.batches == [("encrypt", 20), ("decrypt", 20)]
        fresh = KeyService(f"{server.url}/v1/transit", key="wardline", token=SecretStr(TOKEN))
        server.batches.clear()
        async with keyring(database, vault_over(fresh)) as keys:
            assert await keys.open_many(sealed) == ["x"] * 20
        assert server.batches == [("decrypt", 20)]


async def test_the_key_used_last_is_forgotten_last(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("governance.vault._KEPT", 2)
    keks = key_file(tmp_path, "m")
    rows = [(new_id(), *one) for one in await keks.wrap([(new_id(), bytes(32)) for _ in range(3)])]
    asked: list[int] = []

    class Counting:
        async def unwrap(self, keys: Any) -> list[bytes]:
            asked.append(len(keys))
            return [bytes(32) for _ in keys]

    vault = Vault(Counting(), pepper=b"x")  # type: ignore[arg-type]
    hot, second, third = rows
    for row in (hot, second, hot, third, hot):
        await vault.unwrapped(TENANT_ID, [row])
    assert asked == [1, 1, 1]  # the hot one was asked for once


async def test_keys_made_in_a_part_that_is_undone_are_not_used(database: Database, tmp_path: Path) -> None:
    """What is sealed afterwards opens: its key is a row."""
    vault, owner = vault_over(key_file(tmp_path, "m")), patient()
    async with keyring(database, vault) as keys:
        mark = keys.mark()
        part = await keys._session.begin_nested()
        await keys.seal(owner, "undone", "a")
        await part.rollback()
        keys.forget_since(mark)
        sealed = await keys.seal(owner, "kept", "a")
    async with keyring(database, vault) as keys:
        assert await keys.open_one(sealed, "a") == "kept"
