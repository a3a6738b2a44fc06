"""Seals: what the sealer costs the writers, and how fast a record is verified.

Writers append to sessions with the statement that every audited call ends in, and commit; in turns in the same run with
the sealer making a seal each second and without. Verification runs in one process over one connection: the rate by the
wall clock, and by the processor time of the verifying process alone."""

from __future__ import annotations

import asyncio
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from db.base import new_id
from db.engine import Database, direct, driver_of
from evals.harness import Hospital, hospital
from governance.record import canonical
from governance.seals import chains
from governance.seals.checking import check_tenant
from governance.seals.keys import SealKeys
from governance.seals.sealer import run_sealer
from governance.seals.sealing import seal_tenant
from governance.seals.store import SealStore

ROUNDS, ROUND_S, WRITERS = 7, 4.0, 8
SESSIONS, ENTRIES, LONG = 16_000, 15, 40_000
BODY = canonical({"tool": "scheduling.find_slots", "at": "2026-11-23T09:00:00+05:30", "note": "x" * 320})
_APPEND = "SELECT record_append(%s, %s::jsonb, %s::text[], %s::text[], %s::bytea[], '[]')"
_OPENING = canonical({"agent": "bench", "channel": "test", "principal": "bench", "started_at": "2026-11-23T09:00:00Z"})
_FILL = """
    SELECT count(record_append(id, %s::jsonb, array_fill('tool_call'::text, ARRAY[n]), array_fill(%s::text, ARRAY[n]),
                               array_fill(NULL::bytea, ARRAY[n]), '[]'))
      FROM unnest(%s::uuid[], %s::int[]) AS x(id, n)
"""


async def main() -> None:
    async with hospital(days=2) as place, _tenants(place) as (written, verified):
        with tempfile.TemporaryDirectory() as folder:
            store, keys = SealStore.at(Path(folder) / "seals"), SealKeys.load_or_make(Path(folder) / "seal.keys")
            database = Database(place.service, pool_size=WRITERS + 4)
            await _cost_to_writers(database, store, keys, written)
            await _verification(place, database, store, keys, verified)
            await database.close()


@asynccontextmanager
async def _tenants(place: Hospital) -> AsyncIterator[tuple[UUID, UUID]]:
    owner = Database(place.owner, pool_size=1)
    made = [new_id(), new_id()]
    for tenant_id in made:
        async with owner.begin(tenant_id) as session:
            query = (
                "INSERT INTO tenant (id, slug, name, zone, country) VALUES (:id, :slug, 'Bench', 'Asia/Kolkata', 'IN')"
            )
            await session.execute(text(query), {"id": tenant_id, "slug": str(tenant_id)})
    await owner.close()
    yield made[0], made[1]


async def _cost_to_writers(database: Database, store: SealStore, keys: SealKeys, tenant_id: UUID) -> None:
    rates: dict[str, list[float]] = {"with": [], "without": []}
    for number in range(ROUNDS):
        for name in ("with", "without") if number % 2 else ("without", "with"):
            sealer = asyncio.create_task(_sealing(database, store, keys)) if name == "with" else None
            rates[name].append(await _rate(database, tenant_id))
            if sealer is not None:
                sealer.cancel()
    sealing, plain = statistics.median(rates["with"]), statistics.median(rates["without"])
    async with database.begin(tenant_id) as session:
        count = await session.scalar(text("SELECT count(*) FROM seal"))
    print(
        f"entries written, {WRITERS} writers: {sealing:6.0f}/s with a seal each second ({count} seals)   {plain:6.0f}/s"
        f" without   ratio {sealing / plain:.3f} (medians of {ROUNDS} rounds of {ROUND_S:.0f} s each)"
    )


async def _sealing(database: Database, store: SealStore, keys: SealKeys) -> None:
    await run_sealer(database, store, keys, now=lambda: datetime.now(UTC), every_s=1.0, every_entries=1_000_000)


async def _rate(database: Database, tenant_id: UUID) -> float:
    written = 0
    until = time.perf_counter() + ROUND_S

    async def write() -> None:
        nonlocal written
        while time.perf_counter() < until:
            session_id = new_id()
            for _ in range(6):  # a session's calls, each its own transaction
                async with database.begin(tenant_id) as session:
                    await direct(session, _APPEND, (session_id, _OPENING, ["tool_call"] * 2, [BODY] * 2, [None] * 2))
                written += 2

    started = time.perf_counter()
    await asyncio.gather(*(write() for _ in range(WRITERS)))
    return written / (time.perf_counter() - started)


async def _verification(place: Hospital, database: Database, store: SealStore, keys: SealKeys, tenant_id: UUID) -> None:
    ids = [new_id() for _ in range(SESSIONS)]
    for begin in range(0, SESSIONS, 2000):
        counts = [ENTRIES] * 2000
        async with database.begin(tenant_id) as session:
            await direct(session, _FILL, (_OPENING, BODY, ids[begin : begin + 2000], counts))
    async with database.begin(tenant_id) as session:
        await direct(session, _FILL, (_OPENING, BODY, [new_id()], [LONG]))
        await seal_tenant(session, store, keys, tenant_id=tenant_id, now=datetime.now(UTC))
    await _analyzed(place)
    walls, processors = [], []
    for _ in range(5):
        async with database.begin(tenant_id) as session:
            wall, processor = time.perf_counter(), _processor_s()
            report = await check_tenant(session, store, keys.trusted(), tenant_id=tenant_id)
            walls.append(time.perf_counter() - wall)
            processors.append(_processor_s() - processor)
        assert report.whole, report.breaks
    async with database.begin(tenant_id) as session:
        wall = time.perf_counter()
        async for _ in chains.walk(await driver_of(session), tenant_id, None):
            pass
        chains_alone = time.perf_counter() - wall
    wall, processor = statistics.median(walls), statistics.median(processors)
    print(
        f"verified: {report.entries} entries of {len(BODY)} bytes, {report.sessions} sessions, {report.leaves} leaves:"
        f" {report.entries / wall:.0f}/s by the clock, {report.entries / processor:.0f}/s a core of the verifying "
        f"process (at least 200,000); chains alone {report.entries / chains_alone:.0f}/s by the clock"
    )


async def _analyzed(place: Hospital) -> None:
    """As autovacuum would have it a minute later."""
    owner = Database(place.owner, pool_size=1)
    async with owner.engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text("VACUUM ANALYZE audit_entry, llm_session, seal_leaf"))
    await owner.close()


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    asyncio.run(main())
