"""Appointments: booking a seat, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from db.base import new_id
from tools.patients.gates import load_patient, require_consent
from tools.runtime.constraints import explains
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, ConsentMissing, Forbidden, InvalidArguments
from tools.runtime.names import Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, patch, post, tool
from tools.scheduling.encounter_states import cancel_planned
from tools.scheduling.slots import (
    PatientElsewhere,
    PractitionerElsewhere,
    SlotClosed,
    SlotFull,
    SlotInPast,
    check_seat,
    drop_hold,
    lock_slot,
    named,
    names_and_zones,
)
from tools.scheduling.states import (
    CREATED,
    RESCHEDULED,
    StateNotAllowed,
    locked,
    move,
    require_ahead,
)
from tools.scheduling.tables import LIVE, Appointment, TimeSlot

_READ, _WRITE = Permission("appointments:read"), Permission("appointments:write")

_OVERLAP = "Staff only: why the practitioner or the patient may be in two places at that time"
VisitType = Literal["new", "follow_up", "tele"]
State = Literal["booked", "confirmed", "checked_in", "completed", "cancelled", "no_show", "left_without_being_seen"]


class OneADay(Conflict):
    code = "one_a_day"
    title = "The patient already has a live appointment with this practitioner on that day"
    say = "There is already an appointment with that doctor on that day."


explains("uq_appointment_one_a_day", OneADay)


class BookAppointment(Args):
    patient_id: UUID
    slot_id: UUID
    visit_type: VisitType = "new"
    reason: str | None = Field(None, max_length=500)
    source: Literal["staff", "whatsapp", "phone", "web"] = "staff"
    same_day_allowed: bool = Field(False, description="Staff only: a second appointment with the practitioner that day")
    overlap_reason: Words | None = Field(None, max_length=500, description=_OVERLAP)


class AppointmentId(Args):
    appointment_id: UUID


class ChangeAppointment(Args):
    appointment_id: UUID
    visit_type: VisitType | None = None
    reason: str | None = Field(None, max_length=500)


class Reschedule(Args):
    appointment_id: UUID
    slot_id: UUID
    same_day_allowed: bool = Field(False, description="Staff only")
    overlap_reason: Words | None = Field(None, max_length=500, description=_OVERLAP)


class Cancel(Args):
    appointment_id: UUID
    reason: str | None = Field(None, max_length=500)
    by_hospital: bool = Field(
        False, description="Staff only: the hospital cannot see the patient; needs a reason, and may follow the start"
    )


class ListAppointments(PageArgs):
    patient_id: UUID | None = None
    practitioner_id: UUID | None = None
    location_id: UUID | None = None
    state: State | None = None
    date_from: date | None = None
    date_to: date | None = None
    upcoming: bool = Field(False, description="Live and not yet begun")


class AppointmentOut(Out):
    id: UUID
    patient_id: UUID
    slot_id: UUID
    practitioner_id: UUID
    practitioner: str
    specialty_code: str
    location_id: UUID
    location: str
    starts_at: datetime
    ends_at: datetime
    local_start: datetime = Field(description="The start in the location's zone")
    state: str
    visit_type: str
    reason: str | None
    source: str
    cancel_reason: str | None
    by_hospital: bool = Field(description="The hospital cancelled it, not the patient")
    state_reason: str | None = Field(description="Why the patient's coming was marked late, taken back, or in vain")
    confirmed_at: datetime | None
    version: int


@tool(
    "scheduling.book_appointment",
    rest=post("/api/v1/scheduling/appointments", status=201),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(SlotFull, SlotInPast, SlotClosed, PractitionerElsewhere, PatientElsewhere, OneADay, ConsentMissing),
    by_patient=True,
    confirmation=True,
)
async def book_appointment(ctx: ToolContext, args: BookAppointment) -> AppointmentOut:
    """Book one seat in a slot for a patient. The patient's own hold on the slot is used up."""
    _staff_only(ctx, args)
    await load_patient(ctx, args.patient_id)
    await require_consent(ctx, args.patient_id, "care")
    slot = await _claim_seat(ctx, args.slot_id, args.patient_id, overlap=args.overlap_reason is not None)
    row = Appointment(
        id=new_id(),
        tenant_id=ctx.tenant.id,
        patient_id=args.patient_id,
        state="booked",
        visit_type=args.visit_type,
        reason=args.reason,
        source=args.source,
        same_day_allowed=args.same_day_allowed,
        overlap_reason=args.overlap_reason,
        created_at=ctx.now,
        **_of_slot(slot),
    )
    ctx.session.add(row)
    await ctx.session.flush()
    ctx.emit(CREATED, row.id, patient_id=str(row.patient_id))
    return await show(ctx, row)


@tool(
    "scheduling.list_appointments",
    rest=get("/api/v1/scheduling/appointments"),
    needs=_READ,
    effect=Effect.READ,
    by_patient=True,
)
async def list_appointments(ctx: ToolContext, args: ListAppointments) -> Page[AppointmentOut]:
    """List appointments in order of time; a patient sees only that patient's."""
    query = named(select(Appointment), Appointment)
    for column, value in (
        (Appointment.patient_id, args.patient_id),
        (Appointment.practitioner_id, args.practitioner_id),
        (Appointment.location_id, args.location_id),
        (Appointment.state, args.state),
    ):
        if value is not None:
            query = query.where(column == value)
    if args.date_from:
        query = query.where(Appointment.local_date >= args.date_from)
    if args.date_to:
        query = query.where(Appointment.local_date <= args.date_to)
    if args.upcoming:
        query = query.where(Appointment.state.in_(LIVE), Appointment.starts_at > ctx.now)
    order = (Appointment.starts_at, Appointment.id)
    return await page(
        ctx.session, query, args, cursors=ctx.cursors, order=order, show_all=lambda rows: _shown(ctx, rows)
    )


@tool(
    "scheduling.get_appointment",
    rest=get("/api/v1/scheduling/appointments/{appointment_id}"),
    needs=_READ,
    effect=Effect.READ,
    by_patient=True,
)
async def get_appointment(ctx: ToolContext, args: AppointmentId) -> AppointmentOut:
    """Read one appointment."""
    return await show(ctx, await ctx.load(Appointment, args.appointment_id))


@tool(
    "scheduling.change_appointment",
    rest=patch("/api/v1/scheduling/appointments/{appointment_id}"),
    needs=_WRITE,
    effect=Effect.WRITE,
)
async def change_appointment(ctx: ToolContext, args: ChangeAppointment) -> AppointmentOut:
    """Change the type or reason of a live appointment."""
    row = await _live(ctx, args.appointment_id)
    if "visit_type" in args.model_fields_set and args.visit_type is None:
        raise InvalidArguments(errors=[{"field": "visit_type", "rule": "must not be null"}])
    for name, value in args.model_dump(exclude={"appointment_id"}, exclude_unset=True).items():
        setattr(row, name, value)
    return await show(ctx, row)


@tool(
    "scheduling.confirm_appointment",
    rest=post("/api/v1/scheduling/appointments/{appointment_id}/confirm"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(StateNotAllowed,),
    by_patient=True,
)
async def confirm_appointment(ctx: ToolContext, args: AppointmentId) -> AppointmentOut:
    """The patient will come. Only before the appointment's time."""
    row = await locked(ctx, args.appointment_id)
    move(ctx, row, "confirmed")
    require_ahead(ctx, row)
    row.confirmed_at = ctx.now
    return await show(ctx, row)


@tool(
    "scheduling.reschedule_appointment",
    rest=post("/api/v1/scheduling/appointments/{appointment_id}/reschedule"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(SlotFull, SlotInPast, SlotClosed, PractitionerElsewhere, PatientElsewhere, OneADay, StateNotAllowed),
    by_patient=True,
    confirmation=True,
)
async def reschedule_appointment(ctx: ToolContext, args: Reschedule) -> AppointmentOut:
    """Move a booked or confirmed appointment that has not begun to another slot: the old seat is freed and the new one
    taken together."""
    _staff_only(ctx, args)
    row = await locked(ctx, args.appointment_id)
    if row.state not in ("booked", "confirmed"):
        raise StateNotAllowed(f"The appointment is {row.state}; only one that is booked or confirmed can be moved.")
    require_ahead(ctx, row)
    if row.slot_id == args.slot_id:
        raise Conflict("The appointment is in this slot already.")
    was, freed_slot_id = row.starts_at.isoformat(), str(row.slot_id)
    slot = await _claim_seat(ctx, args.slot_id, row.patient_id, overlap=args.overlap_reason is not None)
    for name, value in _of_slot(slot).items():
        setattr(row, name, value)
    row.state, row.confirmed_at, row.reminded_at = "booked", None, None
    row.same_day_allowed, row.overlap_reason = args.same_day_allowed, args.overlap_reason
    await ctx.session.flush()
    ctx.emit(RESCHEDULED, row.id, patient_id=str(row.patient_id), was=was, freed_slot_id=freed_slot_id)
    return await show(ctx, row)


@tool(
    "scheduling.cancel_appointment",
    rest=post("/api/v1/scheduling/appointments/{appointment_id}/cancel"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(StateNotAllowed,),
    by_patient=True,
    confirmation=True,
)
async def cancel_appointment(ctx: ToolContext, args: Cancel) -> AppointmentOut:
    """Cancel a booked or confirmed appointment and free its seat. Once its time has begun only the hospital can."""
    _staff_only(ctx, args)
    if args.by_hospital and not (args.reason or "").strip():
        raise InvalidArguments(errors=[{"field": "reason", "rule": "is required where by_hospital is true"}])
    row = await locked(ctx, args.appointment_id)
    move(ctx, row, "cancelled")
    if not args.by_hospital:
        require_ahead(ctx, row)
    await cancel_planned(ctx, row.id)
    row.cancel_reason, row.by_hospital = args.reason, args.by_hospital
    return await show(ctx, row)


async def show(ctx: ToolContext, row: Appointment) -> AppointmentOut:
    """The appointment as it is shown; flushes it first, so that its version is right."""
    await ctx.session.flush()
    return (await _shown(ctx, [row]))[0]


async def _shown(ctx: ToolContext, rows: Sequence[Appointment]) -> list[AppointmentOut]:
    names, zones = await names_and_zones(ctx, rows)
    return [
        AppointmentOut(
            **{name: getattr(row, name) for name in AppointmentOut.model_fields if hasattr(row, name)},
            practitioner=names[row.practitioner_id],
            location=names[row.location_id],
            local_start=row.starts_at.astimezone(zones[row.location_id]),
        )
        for row in rows
    ]


async def _claim_seat(ctx: ToolContext, slot_id: UUID, patient_id: UUID, *, overlap: bool) -> TimeSlot:
    """Lock the slot, give up the patient's hold on it and make sure of a free seat; the row's insert takes it.
    `overlap`: the practitioner may be in another slot at the time."""
    slot = await lock_slot(ctx, slot_id)
    await drop_hold(ctx, slot, patient_id)
    await check_seat(ctx, slot)
    if overlap:
        slot.overlap_allowed = True  # until the slot is empty again
        await ctx.session.flush()
    return slot


async def _live(ctx: ToolContext, appointment_id: UUID) -> Appointment:
    row = await locked(ctx, appointment_id)
    if row.state not in LIVE:
        raise StateNotAllowed(f"The appointment is {row.state}; only a live one ({', '.join(LIVE)}) can be changed.")
    return row


def _of_slot(slot: TimeSlot) -> dict[str, object]:
    names = ("practitioner_id", "location_id", "specialty_code", "starts_at", "ends_at", "local_date")
    return {"slot_id": slot.id, **{name: getattr(slot, name) for name in names}}


_STAFF_ONLY = {
    "same_day_allowed": "allow a second appointment on the same day",
    "overlap_reason": "allow two places at one time",
    "by_hospital": "cancel for the hospital",
}


def _staff_only(ctx: ToolContext, args: BookAppointment | Reschedule | Cancel) -> None:
    for name, action in _STAFF_ONLY.items():
        if getattr(args, name, None) not in (None, False) and not ctx.principal.is_staff:
            raise Forbidden(f"Only staff may {action}.")
