"""Running reactions, and the jobs that keep the queue itself healthy."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from tools.runtime.errors import ToolError
from tools.runtime.events import Event, reactions_to
from tools.runtime.jobs import task
from tools.runtime.principals import system
from tools.runtime.tables import EventLog, Reacted
from tools.runtime.work import open_work


@task("react")
async def react(runtime: Any, *, tenant: str, event: str, reaction: str) -> None:
    """Run one reaction to one event, once: its effects and the note that it ran commit together."""
    tenant_id, event_id = UUID(tenant), UUID(event)
    caller = system(tenant_id, f"reaction:{reaction.rpartition('.')[2]}")
    opening = runtime.opening_for(caller, "event")
    async with open_work(runtime, tenant_id, opening=opening) as work:
        row = (await work.session.scalars(select(EventLog).where(EventLog.id == event_id))).one()
        run = reactions_to(row.type).get(reaction)
        noted = await work.session.execute(
            insert(Reacted)
            .values(id=new_id(), tenant_id=tenant_id, event_id=event_id, reaction=reaction)
            .on_conflict_do_nothing()
            .returning(Reacted.id)
        )
        if run is None or noted.scalar() is None:
            return
        context = await runtime.context(work, caller)
        try:
            async with work.session.begin_nested():
                await run(context, Event(row.type, row.entity_id, row.payload, row.id))
        except ToolError as error:
            if error.status >= 500:
                raise
            work.record.append("policy_decision", {"at": work.now, "rule": reaction, "decision": error.code})
