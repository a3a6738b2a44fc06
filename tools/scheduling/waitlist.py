"""The waitlist: who waits for a seat, and who is offered one that becomes free."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from db.base import new_id
from tools.facility.tables import Practitioner
from tools.patients.gates import load_patient
from tools.runtime.constraints import explains
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, InvalidArguments
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, delete, get, post, tool
from tools.scheduling.tables import WaitlistEntry

_WRITE = Permission("waitlist:write")


class AlreadyWaiting(Conflict):
    code = "already_waiting"
    title = "The patient already waits for this specialty"
    say = "You are already on that waitlist."


explains("uq_waitlist_waiting", AlreadyWaiting)


class JoinWaitlist(Args):
    patient_id: UUID
    specialty: str = Field(max_length=60)
    practitioner_id: UUID | None = None
    date_from: date
    date_to: date


class WaitlistId(Args):
    entry_id: UUID


class ListWaitlist(PageArgs):
    patient_id: UUID | None = None
    specialty: str | None = Field(None, max_length=60)


class WaitlistOut(Out):
    id: UUID
    patient_id: UUID
    specialty_code: str
    practitioner_id: UUID | None
    date_from: date
    date_to: date
    state: str
    offered_slot_id: UUID | None


@tool(
    "scheduling.join_waitlist",
    rest=post("/api/v1/scheduling/waitlist", status=201),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(AlreadyWaiting,),
    by_patient=True,
    confirmation=True,
)
async def join_waitlist(ctx: ToolContext, args: JoinWaitlist) -> WaitlistOut:
    """Put a patient on the waitlist of a specialty (and practitioner) for a range of days."""
    await load_patient(ctx, args.patient_id)
    if args.practitioner_id is not None:
        await ctx.load(Practitioner, args.practitioner_id)
    if not timedelta(0) <= args.date_to - args.date_from <= timedelta(days=366):
        raise InvalidArguments(errors=[{"field": "date_to", "rule": "must be on or after date_from, within a year"}])
    query = select(WaitlistEntry.id).where(
        WaitlistEntry.patient_id == args.patient_id,
        WaitlistEntry.specialty_code == args.specialty,
        WaitlistEntry.state.in_(("waiting", "offered")),
    )
    if (await ctx.session.scalars(query)).first() is not None:
        raise AlreadyWaiting
    fields = args.model_dump(exclude={"specialty"})
    row = WaitlistEntry(id=new_id(), tenant_id=ctx.tenant.id, specialty_code=args.specialty, state="waiting", **fields)
    ctx.session.add(row)
    await ctx.session.flush()
    return WaitlistOut.model_validate(row)


@tool(
    "scheduling.list_waitlist",
    rest=get("/api/v1/scheduling/waitlist"),
    needs=Permission("appointments:read"),
    effect=Effect.READ,
    by_patient=True,
)
async def list_waitlist(ctx: ToolContext, args: ListWaitlist) -> Page[WaitlistOut]:
    """List who waits, longest first."""
    query = select(WaitlistEntry).where(WaitlistEntry.state.in_(("waiting", "offered")))
    if args.patient_id:
        query = query.where(WaitlistEntry.patient_id == args.patient_id)
    if args.specialty:
        query = query.where(WaitlistEntry.specialty_code == args.specialty)
    order = (WaitlistEntry.id,)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=WaitlistOut.model_validate)


@tool(
    "scheduling.leave_waitlist",
    rest=delete("/api/v1/scheduling/waitlist/{entry_id}"),
    needs=_WRITE,
    effect=Effect.WRITE,
    by_patient=True,
)
async def leave_waitlist(ctx: ToolContext, args: WaitlistId) -> WaitlistOut:
    """Take a patient off the waitlist."""
    row = await ctx.load(WaitlistEntry, args.entry_id, lock=True)
    if row.state in ("waiting", "offered"):
        row.state = "left"
        await ctx.session.flush()
    return WaitlistOut.model_validate(row)
