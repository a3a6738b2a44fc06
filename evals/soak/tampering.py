"""Random changes of a sealed record by whoever owns the database: each is made alone, verified, and undone. All must be
found. The changer is the superuser with triggers off, may write any table and the folder outside, and has every key but
the one that signs."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.base import new_id
from db.engine import Database, direct
from evals.harness import hospital
from evals.soak.changes import KINDS, START, Change, Sealed
from governance.record import canonical
from governance.seals.keys import SealKeys
from governance.seals.report import Report
from governance.seals.sealing import seal_tenant
from governance.seals.store import SealStore

SESSIONS, ROUNDS = 30, 6
_APPEND = "SELECT record_append(%s, %s::jsonb, %s::text[], %s::text[], %s::bytea[], '[]')"


@dataclass(slots=True)
class Outcome:
    changes: int = 0
    found: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    ms_each: float = 0.0

    @property
    def good(self) -> bool:
        return self.changes == self.found > 0 and not self.missed


async def run(superuser: str, folder: Path, *, changes: int, app_role: str = "wardline_app", seed: int = 1) -> Outcome:
    """`superuser`: URL of a migrated database, in which a record of a tenant of its own is made."""
    async with sealed_record(superuser, folder, app_role, random.Random(seed)) as record:
        outcome, kinds = Outcome(), Counter[str]()
        await _must_be_whole(record, outcome)
        started = time.perf_counter()
        while outcome.changes < changes:
            kind = record.rng.choice(list(KINDS))
            report = await _changed(record, KINDS[kind])
            if report is None:
                continue  # the database's constraints refused it
            outcome.changes += 1
            outcome.found += not report.whole
            kinds[kind] += 1
            if report.whole:
                outcome.missed.append(kind)
        outcome.ms_each = round((time.perf_counter() - started) / changes * 1000, 2)
        outcome.by_kind = dict(sorted(kinds.items()))
        await _must_be_whole(record, outcome)
    return outcome


async def _must_be_whole(record: Sealed, outcome: Outcome) -> None:
    """Before the first change, and again when all are undone: what is found is the change, not the record."""
    async with record.database.begin(record.tenant_id) as session:
        report = await record.check(session)
    if not report.whole or report.unsealed:
        outcome.missed.append(f"the untouched record is broken: {report.breaks[:1]}")


async def _changed(record: Sealed, change: Change) -> Report | None:
    """Make one change, verify, undo."""
    report: Report | None = None
    kept = {path: path.read_bytes() for path in record.folder.iterdir()}
    async with record.database.begin(record.tenant_id) as session:
        await direct(session, "SET LOCAL session_replication_role = replica")
        try:
            await change(record, session)
        except (psycopg.Error, DBAPIError) as error:
            if not isinstance(getattr(error, "orig", error), (psycopg.IntegrityError, psycopg.DataError)):
                raise  # otherwise a constraint, or an index over the body's JSON, did not let the change in
        else:
            report = await record.check(session)
        await session.rollback()
    for path, copy in kept.items():
        if not path.exists() or path.read_bytes() != copy:
            path.write_bytes(copy)
    return report


@asynccontextmanager
async def sealed_record(superuser: str, folder: Path, app_role: str, rng: random.Random) -> AsyncIterator[Sealed]:
    """Some thirty sessions, written in rounds with a seal after each; everything is sealed."""
    tenant_id = new_id()
    database = Database(superuser, pool_size=2)
    async with database.begin(tenant_id) as session:
        made = "INSERT INTO tenant (id, slug, name, zone, country) VALUES (:id, :slug, 'Soak', 'Asia/Kolkata', 'IN')"
        await session.execute(text(made), {"id": tenant_id, "slug": str(tenant_id)})
    keys, forger = (SealKeys.load_or_make(folder / name) for name in ("seal.keys", "forger.keys"))
    outside = folder / "seals" / str(tenant_id)
    record = Sealed(database, app_role, tenant_id, SealStore.at(folder / "seals"), outside, keys, forger, rng)
    sessions = [new_id() for _ in range(SESSIONS)]
    for number in range(ROUNDS):
        for session_id in rng.sample(sessions, SESSIONS // 2) if number else sessions:
            await _write(record, session_id, ended=number == ROUNDS - 1)
        async with database.begin(tenant_id) as session:
            at = START + timedelta(minutes=number)
            await seal_tenant(session, record.store, keys, tenant_id=tenant_id, now=at)
    yield record
    await database.close()


async def _write(record: Sealed, session_id: UUID, *, ended: bool) -> None:
    rng = record.rng
    opening = {"agent": "soak", "channel": "test", "principal": "soak", "started_at": START}
    count = rng.randint(2, 6)
    kinds = [rng.choice(("state", "tool_call", "message_in")) for _ in range(count)]
    bodies = [{"n": rng.getrandbits(64), "note": rng.choice(("a|0|b", "x|y", "कल"))} for _ in kinds]
    sealed = [rng.randbytes(40) if rng.random() < 0.4 else None for _ in kinds]
    if ended:
        kinds.append("session_ended")
        bodies.append({"at": (START + timedelta(hours=1)).isoformat(), "outcome": "done"})
        sealed.append(None)
    async with record.database.begin(record.tenant_id) as session:
        values = (session_id, canonical(opening), kinds, [canonical(body) for body in bodies], sealed)
        await direct(session, _APPEND, values)


async def main() -> Outcome:
    async with hospital(days=2) as place:
        superuser = place.service.replace("//wardline_app:", "//postgres:")
        return await run(superuser, place.data_dir / "tampering", changes=10_000)
