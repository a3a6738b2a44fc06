"""Do this node's keys belong to the database? A node with other keys would take messages that it, or the others, can
never read, and write seals that do not verify."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from db.engine import Database
from db.json import JsonObject
from governance.kek import KekMissing
from governance.tables import KeyCheck
from governance.vault import Vault

_PROBE = b"a known text, kept wrapped".ljust(32, b".")  # as long as a data key
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('key_check', 0))")


class KeysDiffer(Exception):
    """The keys of this node are not those of the database; the message names which, and nothing of them."""


async def check_keys(database: Database, vault: Vault, seal_keys: Iterable[str]) -> None:
    """Compare this node's keys with what the database knows of them, then note what is new: the first node's keys, and
    those added since. `seal_keys`: "name public-key". Raises KeysDiffer, and what database and key service raise."""
    seals = list(seal_keys)
    async with database.begin(None) as session:
        if await _new(await _compared(session, vault, seals), vault, seals):
            await session.execute(_ONE_AT_A_TIME)
            for row in await _new(await _compared(session, vault, seals), vault, seals):
                await session.execute(insert(KeyCheck).values(row))


async def _compared(session: AsyncSession, vault: Vault, seals: list[str]) -> list[KeyCheck]:
    rows = list(await session.scalars(select(KeyCheck)))
    if any(not hmac.compare_digest(row.probe, vault.own_fingerprint()) for row in rows if row.kind == "secret"):
        raise KeysDiffer("WARDLINE_SECRET_KEY, or secret.key in the data folder, is not the one of this database")
    missing = sorted({row.name for row in rows if row.kind == "seal"} - set(seals))
    if missing:
        names = ", ".join(name.partition(" ")[0] for name in missing)
        raise KeysDiffer(f"the file of seal keys lacks keys of this database: {names}")
    for row in rows:
        if row.kind == "master":
            await _unwrap(vault, row)
    return rows


async def _unwrap(vault: Vault, row: KeyCheck) -> None:
    try:
        found = await vault.keks.unwrap([(row.key_id, row.name, row.probe)])
    except (InvalidTag, KekMissing) as error:
        raise KeysDiffer(f"the master key {row.name} is not at hand, or another than this database's") from error
    if found != [_PROBE]:
        raise KeysDiffer(f"the master key {row.name} is another than this database's")


async def _new(rows: list[KeyCheck], vault: Vault, seals: list[str]) -> list[JsonObject]:
    known = {(row.kind, row.name) for row in rows}
    new = [{"kind": "seal", "name": name, "key_id": new_id(), "probe": b""} for name in seals]
    new.append({"kind": "secret", "name": "secret", "key_id": new_id(), "probe": vault.own_fingerprint()})
    if ("master", await vault.keks.current()) not in known:
        key_id = new_id()
        [(master, probe)] = await vault.keks.wrap([(key_id, _PROBE)])
        new.append({"kind": "master", "name": master, "key_id": key_id, "probe": probe})
    return [row for row in new if (row["kind"], row["name"]) not in known]


async def forget_old_keks(database: Database, vault: Vault) -> None:
    """After every data key was wrapped anew: the old master keys are needed no more."""
    current = await vault.keks.current()
    async with database.begin(None) as session:
        await session.execute(delete(KeyCheck).where(KeyCheck.kind == "master", KeyCheck.name != current))
