"""Running reactions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from tools.runtime.errors import ToolError, Unavailable
from tools.runtime.events import Event, Reaction, find_reaction
from tools.runtime.jobs import task
from tools.runtime.principals import system
from tools.runtime.tables import EventLog, Reacted
from tools.runtime.work import Work, open_work


class UnknownReaction(Unavailable):
    code = "unknown_reaction"
    title = "This process does not know the reaction; a newer or older one may"


@task("react", queue="reactions", ordered=True)
async def react(runtime: Any, *, tenant: str, event: str, reaction: str) -> None:
    """Run one reaction to one event, once: its effects and the note that it ran commit together. One that refuses leaves
    its refusal on the record and nothing else, and is tried again."""
    tenant_id = UUID(tenant)
    caller = system(tenant_id, f"reaction:{reaction.rpartition('.')[2]}")
    refused: ToolError | None = None
    async with open_work(runtime, tenant_id, opening=runtime.opening_for(caller, "event")) as work:
        row = (await work.session.scalars(select(EventLog).where(EventLog.id == UUID(event)))).one()
        run = find_reaction(row.type, reaction)
        if run is None:
            raise UnknownReaction(f"{reaction} to {row.type} is not known here.")
        happened = Event(row.type, row.entity_id, row.payload, row.id)
        try:
            async with work.savepoint():
                await _run_once(runtime, work, caller, run, happened, name=reaction)
        except ToolError as error:
            if error.status >= 500:
                raise
            work.record.append("policy_decision", {"at": work.now, "rule": reaction, "decision": error.code})
            refused = error
    if refused is not None:
        raise refused


async def _run_once(runtime: Any, work: Work, caller: Any, run: Reaction, event: Event, *, name: str) -> None:
    noted = await work.session.execute(
        insert(Reacted)
        .values(id=new_id(), tenant_id=work.tenant_id, event_id=event.id, reaction=name)
        .on_conflict_do_nothing()
        .returning(Reacted.id)
    )
    if noted.scalar() is not None:
        await run(await runtime.context(work, caller), event)
