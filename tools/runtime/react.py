"""Running reactions."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from governance.record import POLICY_DECISION
from tools.runtime.context import ToolContext
from tools.runtime.errors import ToolError, Unavailable
from tools.runtime.events import Event, Reaction, find_reaction
from tools.runtime.jobs import task
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from tools.runtime.tables import EventLog, Reacted
from tools.runtime.unit_of_work import UnitOfWork, unit_of_work


class UnknownReaction(Unavailable):
    code = "unknown_reaction"
    title = "This process does not know the reaction; a newer or older one may"


@task("react", queue="reactions", ordered=True)
async def react(runtime: Runtime, *, tenant: str, event: str, reaction: str) -> None:
    """Run one reaction to one event, once: its effects and the note that it ran commit together. One that refuses
    leaves its refusal on the record and nothing else, and is tried again."""
    tenant_id = UUID(tenant)
    caller = system(tenant_id, f"reaction:{reaction.rpartition('.')[2]}")
    header = runtime.header_for(caller, "event")
    async with unit_of_work(runtime, tenant_id, header=header) as work:
        happened, known = await _read(work, UUID(event), reaction)
        context = await runtime.context(work, caller)
        if known.before is None:
            outside, refused = None, await _attempt(context, known, happened, name=reaction)
        else:
            outside, refused = await known.before(context, happened), None
    if known.before is not None:
        prepared = await outside() if outside is not None else None
        async with unit_of_work(runtime, tenant_id, header=header) as work:
            context = await runtime.context(work, caller)
            context.prepared = prepared
            refused = await _attempt(context, known, happened, name=reaction)
    if refused is not None:
        raise refused


async def _attempt(context: ToolContext, known: Reaction, event: Event, *, name: str) -> ToolError | None:
    """The refusal, put on the record, where there is one; faults of ours are raised."""
    work = context.work
    try:
        async with work.savepoint():
            await _run_once(context, known, event, name=name)
    except ToolError as error:
        if error.status >= 500:
            raise
        work.record.append(POLICY_DECISION, {"at": work.now, "rule": name, "decision": error.code})
        return error
    return None


async def _read(work: UnitOfWork, event_id: UUID, name: str) -> tuple[Event, Reaction]:
    row = (await work.session.scalars(select(EventLog).where(EventLog.id == event_id))).one()
    known = find_reaction(row.type, name)
    if known is None:
        raise UnknownReaction(f"{name} to {row.type} is not known here.")
    return Event(row.type, row.entity_id, row.payload, row.id), known


async def _run_once(context: ToolContext, known: Reaction, event: Event, *, name: str) -> None:
    noted = await context.session.execute(
        insert(Reacted)
        .values(id=new_id(), tenant_id=context.work.tenant_id, event_id=event.id, reaction=name)
        .on_conflict_do_nothing()
        .returning(Reacted.id)
    )
    if noted.scalar() is not None:
        await known.run(context, event)
