"""Slots that a person closes, whatever their schedule says, until a person opens them again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy import select, update

from tools.facility.tables import Practitioner
from tools.runtime.context import ToolContext
from tools.runtime.errors import InvalidArguments
from tools.runtime.events import event_type
from tools.runtime.names import Words
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, post, tool
from tools.scheduling.making import Clash, clashes_of
from tools.scheduling.tables import TimeSlot

CLOSED = event_type("TimeSlots.Closed", "Staff closed slots of a practitioner")
OPENED = event_type("TimeSlots.Opened", "Staff opened slots of a practitioner again")
_WRITE = Permission("schedules:write")


class Stretch(Args):
    practitioner_id: UUID
    starts_at: datetime = Field(description="Aware time; slots that begin from here on")
    ends_at: datetime = Field(description="Aware time; slots that begin before it")
    location_id: UUID | None = None


class CloseSlots(Stretch):
    reason: Words = Field(max_length=500)


class ClosedOut(Out):
    slots: int
    booked: list[Clash] = Field([], description="Closed slots with live appointments: these still stand")


@tool("scheduling.close_slots", rest=post("/api/v1/scheduling/slots/close"), needs=_WRITE, effect=Effect.WRITE)
async def close_slots(ctx: ToolContext, args: CloseSlots) -> ClosedOut:
    """Close a practitioner's slots in a stretch of time to new bookings. A change of the schedule does not open
    them."""
    changed = await _change(ctx, args, closed_by=ctx.principal.id, closed_reason=args.reason)
    rows = list(
        await ctx.session.scalars(select(TimeSlot).where(TimeSlot.id.in_(changed)).order_by(TimeSlot.starts_at))
    )
    if changed:
        ctx.emit(CLOSED, args.practitioner_id, slots=len(changed))
    return ClosedOut(slots=len(changed), booked=await clashes_of(ctx, rows))


@tool("scheduling.open_slots", rest=post("/api/v1/scheduling/slots/open"), needs=_WRITE, effect=Effect.WRITE)
async def open_slots(ctx: ToolContext, args: Stretch) -> ClosedOut:
    """Open slots again that staff had closed, as far as the schedule has them."""
    changed = await _change(ctx, args, closed_by=None, closed_reason=None)
    if changed:
        ctx.emit(OPENED, args.practitioner_id, slots=len(changed))
    return ClosedOut(slots=len(changed))


async def _change(ctx: ToolContext, args: Stretch, *, closed_by: str | None, closed_reason: str | None) -> list[UUID]:
    for name in ("starts_at", "ends_at"):
        if getattr(args, name).tzinfo is None:
            raise InvalidArguments(errors=[{"field": name, "rule": "must have an offset from UTC"}])
    if args.starts_at >= args.ends_at:
        raise InvalidArguments(errors=[{"field": "ends_at", "rule": "must be after starts_at"}])
    await ctx.load(Practitioner, args.practitioner_id)
    was = TimeSlot.closed_by.is_(None) if closed_by is not None else TimeSlot.closed_by.is_not(None)
    statement = (
        update(TimeSlot)
        .where(
            TimeSlot.practitioner_id == args.practitioner_id,
            TimeSlot.starts_at >= args.starts_at,
            TimeSlot.starts_at < args.ends_at,
            was,
            *([TimeSlot.location_id == args.location_id] if args.location_id else []),
        )
        .values(closed_by=closed_by, closed_reason=closed_reason)
        .returning(TimeSlot.id)
        .execution_options(synchronize_session=False)
    )
    return list((await ctx.session.execute(statement)).scalars())
