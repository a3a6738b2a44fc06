"""Sealing while others write, by several processes, killed in between; what may not be sealed; keys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from db.base import new_id
from db.engine import Database, direct
from governance.seals import keys as key_files
from governance.seals.keys import SealKeys, TrustedKeys
from governance.seals.sealer import run_sealer
from governance.seals.sealing import SealRefused, entries_waiting, publish, seal_tenant
from governance.seals.store import SealStore
from tests.conftest import NOW, Clone
from tests.governance.seals.sealed import APPEND, Place, sealed_place
from tools.rooms import load

load()
FIVE = tuple({"number": number, "text": "कल ten é"} for number in range(1, 6))


@pytest.fixture
async def place(clone: Clone, tmp_path: Path) -> AsyncIterator[Place]:
    async with sealed_place(clone, tmp_path) as made:
        yield made


async def test_what_moved_is_sealed_and_nothing_else(place: Place) -> None:
    first, second = await place.write(*FIVE), await place.write(*FIVE)
    seal = await place.seal()
    assert seal is not None and (seal.number, seal.size, seal.previous) == (1, 2, b"")
    assert await place.seal() is None
    await place.write({"more": 1}, session_id=first)
    following = await place.seal()
    assert following is not None and (following.number, following.size, following.previous) == (2, 3, seal.hash())
    copy = json.loads((place.folder / "000002.json").read_text())
    assert [(leaf["session_id"], leaf["after_seq"], leaf["head_seq"]) for leaf in copy["leaves"]] == [
        (str(first), 5, 6)
    ]
    await place.write({"waits": 1}, session_id=second)
    report = await place.check()
    assert report.whole, report.breaks
    assert (report.sessions, report.entries, report.seals, report.leaves, report.unsealed) == (2, 12, 2, 3, 1)


async def test_a_transaction_that_commits_late_is_sealed(place: Place) -> None:
    """It wrote before the seal and before others that are in it, and commits after."""
    late, early = new_id(), await place.write(*FIVE)
    async with place.database.begin(place.tenant_id) as slow:
        await direct(slow, APPEND, place.arguments(late, FIVE))
        await place.write({"while": "it runs"}, session_id=early)
        assert (await place.seal()) is not None
        await place.write({"again": 1}, session_id=early)
        assert (await place.seal()) is not None
    seal = await place.seal()
    assert seal is not None and seal.size == 3
    report = await place.check()
    assert report.whole and report.unsealed == 0, report


async def test_many_seal_while_many_write(place: Place) -> None:
    """One wins each time; no gap, no fork, nothing left over, and every verification in between is whole."""
    sessions = [new_id() for _ in range(6)]

    async def writer(number: int) -> None:
        for n in range(12):
            await place.write({"n": n}, {"m": n}, session_id=sessions[(number + n) % 6])

    async def sealer() -> None:
        for _ in range(15):
            await place.seal(most=3)

    async def verifier() -> None:
        for _ in range(5):
            report = await place.check()
            assert report.whole, report.breaks

    await asyncio.gather(*(writer(n) for n in range(3)), sealer(), sealer(), verifier())
    while await place.seal() is not None:
        pass
    report = await place.check()
    assert report.whole and report.unsealed == 0 and report.entries == 72, report
    assert sorted(path.name for path in place.folder.iterdir()) == [f"{n:06}.json" for n in range(1, report.seals + 1)]


async def test_killed_between_outside_and_inside(place: Place) -> None:
    """The copy outside is written, the transaction is lost: the next sealing takes it up."""
    session_id = await place.write(*FIVE)

    async def cut_off() -> None:
        async with place.database.begin(place.tenant_id) as session:
            await seal_tenant(session, place.store, place.keys, tenant_id=place.tenant_id, now=NOW)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await cut_off()
    report = await place.check()
    assert [(b.seal, "takes it up" in b.reason) for b in report.breaks] == [(1, True)]
    await place.write({"more": 1}, session_id=session_id)
    seal = await place.seal()
    assert seal is not None and (seal.number, seal.size) == (2, 2)
    assert (await place.check()).whole


async def test_taken_up_alone_where_nothing_moved(place: Place) -> None:
    await place.write(*FIVE)
    await place.seal()
    place.tamper("DELETE FROM seal WHERE tenant_id = %(tenant)s", "DELETE FROM seal_leaf WHERE tenant_id = %(tenant)s")
    assert not (await place.check()).whole
    assert await place.seal() is None
    assert (await place.check()).whole


async def test_a_database_that_lost_what_was_sealed_is_not_sealed_again(place: Place) -> None:
    """Its tail is cut, entries and seals alike, as by an older backup: what is outside does not fit."""
    session_id = await place.write(*FIVE)
    await place.seal()
    await place.write({"lost": 1}, session_id=session_id)
    await place.seal()
    place.tamper(
        "DELETE FROM seal WHERE tenant_id = %(tenant)s AND number = 2",
        "DELETE FROM seal_leaf WHERE tenant_id = %(tenant)s AND position = 1",
        "DELETE FROM audit_entry WHERE session_id = %(id)s AND seq = 6",
        "UPDATE llm_session s SET head_seq = 5, head_hash = e.hash FROM audit_entry e"
        " WHERE s.id = %(id)s AND e.session_id = s.id AND e.seq = 5",
        id=session_id,
    )
    with pytest.raises(SealRefused, match="entries that it seals are not in the database"):
        await place.seal()
    assert [b.seal for b in (await place.check()).breaks] == [2]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE seal_leaf SET head_hash = sha256('x') WHERE tenant_id = %(tenant)s AND position = 0", None),
        (
            "UPDATE seal_leaf SET nodes = sha256('x') WHERE tenant_id = %(tenant)s AND position = 2",
            "do not give the root",
        ),
        ("DELETE FROM seal_leaf WHERE tenant_id = %(tenant)s AND position = 2", "missing"),
        ("UPDATE seal SET horizon = 0 WHERE tenant_id = %(tenant)s", "signature does not match"),
        ("UPDATE seal SET key = 'other' WHERE tenant_id = %(tenant)s", "not a trusted one"),
    ],
)
async def test_nothing_is_sealed_on_a_broken_log(place: Place, statement: str, reason: str | None) -> None:
    for _ in range(3):
        await place.write(*FIVE)
    await place.seal()
    place.tamper(statement)
    assert not (await place.check()).whole
    await place.write(*FIVE)
    if reason is not None:
        with pytest.raises(SealRefused, match=reason):
            await place.seal()


async def test_a_forged_object_outside_is_not_taken_up(place: Place, tmp_path: Path) -> None:
    session_id = await place.write(*FIVE)
    await place.seal()
    await place.write({"more": 1}, session_id=session_id)
    forger = replace(place, keys=SealKeys.load_or_make(tmp_path / "other.keys"))
    with pytest.raises(SealRefused, match="signature does not match"):
        await forger.seal()
    (place.folder / "000002.json").write_text("{}")
    with pytest.raises(SealRefused, match="outside is not one"):
        await place.seal()
    (place.folder / "000002.json").write_bytes((place.folder / "000001.json").read_bytes())
    with pytest.raises(SealRefused, match="does not follow"):
        await place.seal()


async def test_since_looks_at_what_moved_alone(place: Place) -> None:
    old, new = await place.write(*FIVE), await place.write(*FIVE)
    await place.seal()
    await place.write({"more": 1}, session_id=new)
    await place.seal()
    report = await place.check(since_hours=2)
    if report.sessions == 2:
        pytest.skip("another test's transaction was running on the server: more is looked at then")
    assert (report.sessions, report.seals, report.leaves, report.whole) == (1, 1, 1, True)
    assert report.since == NOW + timedelta(hours=2)
    place.tamper("UPDATE audit_entry SET body = '{}' WHERE session_id = %(id)s AND seq = 2", id=old)
    assert (await place.check(since_hours=2)).whole
    assert [(b.session_id, b.seq) for b in (await place.check()).breaks] == [(old, 2)]
    place.tamper("UPDATE audit_entry SET body = '{}' WHERE session_id = %(id)s AND seq = 2", id=new)
    assert [(b.session_id, b.seq) for b in (await place.check(since_hours=2)).breaks] == [(new, 2)]
    place.tamper("UPDATE seal_leaf SET nodes = sha256('x') WHERE tenant_id = %(tenant)s AND position = 1")
    assert any("root" in b.reason or "tree" in b.reason for b in (await place.check(since_hours=2)).breaks)


async def test_an_entry_that_the_sealer_was_kept_from_is_found(place: Place) -> None:
    """Whoever rewrites `head_xid` keeps a head from being sealed: that it never was is seen."""
    kept, other = await place.write(*FIVE), await place.write(*FIVE)
    place.tamper("UPDATE llm_session SET head_xid = 0 WHERE id = %(id)s", id=kept)
    await place.seal()
    await place.write({"more": 1}, session_id=other)
    await place.write({"more": 1}, session_id=kept)
    place.tamper("UPDATE llm_session SET head_xid = 0 WHERE id = %(id)s", id=kept)
    await place.seal()
    [broken] = (await place.check()).breaks
    assert (broken.session_id, broken.seq, "never sealed" in broken.reason) == (kept, 6, True)
    assert await place.seal(everything=True) is not None
    assert (await place.check()).whole


async def test_a_purged_session_needs_its_certificate(place: Place) -> None:
    purged, other = await place.write(*FIVE), await place.write(*FIVE)
    await place.seal()
    async with place.database.begin(place.tenant_id) as session:
        query = text("SELECT encode(head_hash, 'hex') FROM llm_session WHERE id = :id")
        head = await session.scalar(query, {"id": purged})
    place.tamper(
        "DELETE FROM audit_entry WHERE session_id = %(id)s", "DELETE FROM llm_session WHERE id = %(id)s", id=purged
    )
    assert [(b.session_id, b.reason) for b in (await place.check()).breaks] == [
        (purged, "the session's row is missing")
    ]
    await place.write(
        {"session_id": str(purged), "head_seq": 5, "head_hash": "00" * 32}, session_id=other, kind="session_purged"
    )
    assert not (await place.check()).whole
    await place.write(
        {"session_id": str(purged), "head_seq": 5, "head_hash": head}, session_id=other, kind="session_purged"
    )
    report = await place.check()
    assert report.whole and report.purged == 1, report


async def test_rotation(place: Place, tmp_path: Path) -> None:
    """The chain goes on under the new key; who trusts the new key alone sees where the old one signed."""
    session_id = await place.write(*FIVE)
    await place.seal()
    path = tmp_path / "seal.keys"
    assert key_files.rotate(path) == "seal-2"
    assert path.stat().st_mode & 0o777 == 0o600
    place.keys = SealKeys.load(path)
    await place.write({"more": 1}, session_id=session_id)
    seal = await place.seal()
    assert seal is not None and seal.key == "seal-2"
    assert (await place.check()).whole
    trusted = tmp_path / "trusted.keys"
    trusted.write_text(place.keys.trusted().lines())
    assert TrustedKeys.load(trusted).lines() == place.keys.trusted().lines()
    place.keys = SealKeys({"seal-2": place.keys.keys["seal-2"]})
    assert [(b.seal, b.reason) for b in (await place.check()).breaks] == [(1, "its key 'seal-1' is not a trusted one")]


@pytest.mark.parametrize(
    "lines", ["", "a AAAA\n", "a\n", "# none\n", f"a {'A' * 43}=\na {'A' * 43}=\n", "a not-base64!\n"]
)
def test_a_key_file_that_is_none(tmp_path: Path, lines: str) -> None:
    (tmp_path / "keys").write_text(lines)
    with pytest.raises(ValueError, match=r"line \d|holds no key"):
        SealKeys.load(tmp_path / "keys")


async def test_copies_outside(place: Place) -> None:
    await place.write(*FIVE)
    await place.seal()
    await place.write(*FIVE)
    await place.seal()
    copy = place.folder / "000001.json"
    kept = copy.read_bytes()
    copy.unlink()
    assert [(b.seal, b.reason) for b in (await place.check()).breaks] == [(1, "the copy outside is missing")]
    async with place.database.begin(place.tenant_id) as session:
        assert await publish(session, place.store, place.keys.trusted(), tenant_id=place.tenant_id) == [1]
    assert copy.read_bytes() == kept
    copy.write_bytes(kept.replace(b'"head_seq":5', b'"head_seq":4'))
    assert [b.reason for b in (await place.check()).breaks] == ["the copy outside is not what the database holds"]
    assert not await SealStore.open(f"file://{place.folder.parent}").put(place.tenant_id, 1, b"again")


async def test_the_worker_seals_in_time_and_when_many_wait(place: Place) -> None:
    made = []

    async def seen(session: object, seal: object) -> None:
        made.append(seal)

    async def sealing(**changes: float) -> None:
        rule = {"every_s": 0.3, "every_entries": 1000, **changes}
        running = asyncio.create_task(
            run_sealer(place.database, place.store, place.keys, now=lambda: NOW, on_seal=seen, **rule)  # type: ignore[arg-type]
        )
        before = len(made)
        async with asyncio.timeout(60):
            while len(made) == before:
                await asyncio.sleep(0.02)
        running.cancel()

    await place.write(*FIVE)
    async with place.database.begin(place.tenant_id) as session:
        assert await entries_waiting(session, place.tenant_id, most=10) == 5
    await sealing()
    await place.write(*FIVE)
    await sealing(every_s=6, every_entries=5)
    assert (await place.check()).whole


@pytest.mark.parametrize("table", ["seal", "seal_leaf"])
async def test_seals_are_append_only(place: Place, clone: Clone, table: str) -> None:
    await place.write(*FIVE)
    await place.seal()
    for change in (f"DELETE FROM {table}", f"UPDATE {table} SET tenant_id = tenant_id", f"TRUNCATE {table}"):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            async with place.database.begin(place.tenant_id) as session:
                await session.execute(text(change))
        owner = Database(clone.owner, pool_size=1)
        with pytest.raises(IntegrityError, match="append-only"):
            async with owner.begin(place.tenant_id) as session:
                await session.execute(text(change))
        await owner.close()
