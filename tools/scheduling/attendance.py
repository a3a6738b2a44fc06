"""Whether the patient came: arrival, no arrival, leaving without being seen, the end, and taking a mistake back."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from tools.facility.tables import Location
from tools.runtime.context import ToolContext
from tools.runtime.names import Words
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, post, tool
from tools.scheduling.appointments import AppointmentId, AppointmentOut, OneADay, show
from tools.scheduling.encounter_states import cancel_planned
from tools.scheduling.slots import PatientElsewhere, PractitionerElsewhere, SlotClosed, SlotFull
from tools.scheduling.states import UNDONE, StateNotAllowed, arrivals, locked, move

_WRITE = Permission("appointments:write")


class CheckIn(Args):
    appointment_id: UUID
    late_reason: Words | None = Field(
        None, max_length=500, description="Why the arrival is put down only after the day of the visit"
    )


class LeftUnseen(Args):
    appointment_id: UUID
    reason: Words | None = Field(None, max_length=500)


class Undo(Args):
    appointment_id: UUID
    reason: Words = Field(max_length=500)


@tool(
    "scheduling.check_in",
    rest=post("/api/v1/scheduling/appointments/{appointment_id}/check-in"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(StateNotAllowed,),
)
async def check_in(ctx: ToolContext, args: CheckIn) -> AppointmentOut:
    """The patient has arrived; the encounter is made. On the day of the visit, or later with a reason; never before."""
    row = await locked(ctx, args.appointment_id)
    location = await ctx.load(Location, row.location_id)
    zone = ZoneInfo(location.zone)
    first, last = arrivals(row, zone)
    if ctx.now < first:
        opens = first.astimezone(zone).isoformat(timespec="minutes")
        raise StateNotAllowed(f"The appointment is on {row.local_date}; check-in opens at {opens}.", state=row.state)
    if ctx.now >= last and args.late_reason is None:
        detail = f"The appointment was on {row.local_date}; an arrival put down later needs a late_reason."
        raise StateNotAllowed(detail, state=row.state)
    move(ctx, row, "checked_in")
    row.state_reason = args.late_reason
    return await show(ctx, row)


@tool(
    "scheduling.mark_no_show",
    rest=post("/api/v1/scheduling/appointments/{appointment_id}/no-show"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(StateNotAllowed,),
)
async def mark_no_show(ctx: ToolContext, args: AppointmentId) -> AppointmentOut:
    """The patient did not come. Only once the appointment's time has begun."""
    row = await locked(ctx, args.appointment_id)
    if row.starts_at > ctx.now:
        detail = "The appointment has not begun yet; before that it can be cancelled."
        raise StateNotAllowed(detail, state=row.state)
    move(ctx, row, "no_show")
    await cancel_planned(ctx, row.id)
    return await show(ctx, row)


@tool(
    "scheduling.mark_left_without_being_seen",
    rest=post("/api/v1/scheduling/appointments/{appointment_id}/left-without-being-seen"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(StateNotAllowed,),
)
async def mark_left_without_being_seen(ctx: ToolContext, args: LeftUnseen) -> AppointmentOut:
    """The patient had arrived and left before the visit began; the planned encounter is cancelled."""
    row = await locked(ctx, args.appointment_id)
    move(ctx, row, "left_without_being_seen")
    row.state_reason = args.reason
    await cancel_planned(ctx, row.id)
    return await show(ctx, row)


@tool(
    "scheduling.undo_attendance",
    rest=post("/api/v1/scheduling/appointments/{appointment_id}/undo-attendance"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(StateNotAllowed, SlotFull, SlotClosed, PractitionerElsewhere, PatientElsewhere, OneADay),
)
async def undo_attendance(ctx: ToolContext, args: Undo) -> AppointmentOut:
    """Take back a check-in, a no-show or a leaving that was marked by mistake, as long as the visit has not begun. The
    appointment is what it was before; its seat is taken again, where that is still possible."""
    row = await locked(ctx, args.appointment_id)
    before = "confirmed" if row.confirmed_at is not None else "booked"
    back = {"checked_in": before, "no_show": before, "left_without_being_seen": "checked_in"}
    if row.state not in back:
        detail = f"The appointment is {row.state}; only these can be undone: {', '.join(back)}."
        raise StateNotAllowed(detail, state=row.state)
    await cancel_planned(ctx, row.id)
    was, row.state, row.state_reason = row.state, back[row.state], args.reason
    await ctx.session.flush()  # takes the seat again, if it can
    ctx.emit(UNDONE, row.id, patient_id=str(row.patient_id), was=was, now=row.state)
    return await show(ctx, row)


@tool(
    "scheduling.complete_appointment",
    rest=post("/api/v1/scheduling/appointments/{appointment_id}/complete"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(StateNotAllowed,),
)
async def complete_appointment(ctx: ToolContext, args: AppointmentId) -> AppointmentOut:
    """The visit is over."""
    row = await locked(ctx, args.appointment_id)
    move(ctx, row, "completed")
    return await show(ctx, row)
