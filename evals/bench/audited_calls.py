"""Audited tool calls against plain inserts with the same commits, at 1 and 16 writers, in turns in the same run.

The call adds a comment to a ticket: permission, arguments, tenant, the row, its event, the chained entry, one commit.
The plain insert writes the same row through the same pool, with the tenant set, and commits."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import insert

from db.base import new_id
from evals.harness import hospital, running_runtime
from tools.facility import demo
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from tools.tickets.tables import TicketComment

ROUNDS = 5
CALLS = 400


async def main() -> None:
    async with hospital(days=2) as place, running_runtime(place, database_pool=20) as runtime:
        ticket = {"category": "bench", "subject": "bench"}
        ticket_id = json.loads((await runtime.call("tickets.create_ticket", ticket, _writer(0))).body)["id"]
        for writers in (1, 16):
            rates: dict[str, list[float]] = {"plain": [], "audited": []}
            for _ in range(ROUNDS):
                rates["plain"].append(await _rate(writers, lambda n: _plain(runtime, UUID(ticket_id))))
                rates["audited"].append(await _rate(writers, lambda n: _audited(runtime, ticket_id, n)))
            plain, audited = (statistics.median(rates[name]) for name in ("plain", "audited"))
            print(
                f"audited tool calls, {writers:2} writers: {audited:6.0f}/s   plain inserts: {plain:6.0f}/s"
                f"   ratio {audited / plain:.2f} (at least 0.50)"
            )


async def _rate(writers: int, call: Callable[[int], Awaitable[None]]) -> float:
    async def write(number: int) -> None:
        for _ in range(CALLS // writers):
            await call(number)

    started = time.perf_counter()
    await asyncio.gather(*(write(number) for number in range(writers)))
    return CALLS / (time.perf_counter() - started)


async def _plain(runtime: Runtime, ticket_id: UUID) -> None:
    async with runtime.database.begin(demo.TENANT_ID) as session:
        row = {"id": new_id(), "tenant_id": demo.TENANT_ID, "ticket_id": ticket_id, "author": "bench", "body": "x"}
        await session.execute(insert(TicketComment).values(**row, at=runtime.clock.now()))


async def _audited(runtime: Runtime, ticket_id: str, number: int) -> None:
    await runtime.call("tickets.add_comment", {"ticket_id": ticket_id, "body": "x"}, _writer(number))


def _writer(number: int) -> Principal:
    return Principal(kind="staff", id=f"bench-{number}", tenant_id=demo.TENANT_ID, roles=frozenset({"front_desk"}))


if __name__ == "__main__":
    asyncio.run(main())
