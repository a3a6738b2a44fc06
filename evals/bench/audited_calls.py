"""Audited tool calls against plain inserts with the same commits, at 1 and 16 writers, in turns in the same run.

Both write the same row with the same statement through the same pool, with the tenant set, and commit. The call takes
the whole path besides: permission, strict arguments, the event, the chained entry."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from evals.harness import hospital, running_runtime
from tools.runtime.context import ToolContext
from tools.runtime.principals import Permission, Principal
from tools.runtime.runtime import Runtime
from tools.runtime.tool import Args, Effect, Out, tool
from tools.tickets.tables import TicketComment
from tools.tickets.tools import UPDATED
from wiring import demo

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
        await _insert(session, ticket_id, runtime.clock.now())


async def _audited(runtime: Runtime, ticket_id: str, number: int) -> None:
    await runtime.call("bench.write", {"ticket_id": ticket_id}, _writer(number))


async def _insert(session: AsyncSession, ticket_id: UUID, now: datetime) -> None:
    row = {
        "id": new_id(),
        "tenant_id": demo.TENANT_ID,
        "ticket_id": ticket_id,
        "author": "bench",
        "body": "x",
        "at": now,
    }
    await session.execute(insert(TicketComment).values(**row))


class Write(Args):
    ticket_id: UUID


class Written(Out):
    ticket_id: UUID


@tool("bench.write", needs=Permission("tickets:write"), effect=Effect.WRITE)
async def write(ctx: ToolContext, args: Write) -> Written:
    """Write one row."""
    await _insert(ctx.session, args.ticket_id, ctx.now)
    ctx.emit(UPDATED, args.ticket_id)
    return Written(ticket_id=args.ticket_id)


def _writer(number: int) -> Principal:
    return Principal(kind="staff", id=f"bench-{number}", tenant_id=demo.TENANT_ID, roles=frozenset({"front_desk"}))


if __name__ == "__main__":
    asyncio.run(main())
