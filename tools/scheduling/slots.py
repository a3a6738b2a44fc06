"""Finding a slot, and holding a seat in it while its details are read back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy import ColumnElement, Select, Text, bindparam, exists, literal, or_, select
from sqlalchemy import delete as sql_delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased, joinedload

from db.base import new_id
from tools.facility.tables import DoctorSex, Location, Practitioner
from tools.patients.tables import Patient
from tools.runtime.constraints import explains
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, Forbidden, InvalidArguments
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, post, tool
from tools.scheduling.calendar import LocalTime
from tools.scheduling.rules import SlotRules
from tools.scheduling.tables import LIVE, Appointment, SlotHold, TimeSlot

_READ = Permission("schedules:read")
_WRITE = Permission("appointments:write")
_LONGEST = timedelta(minutes=480)  # a slot, see `ProviderSchedule`
PARTS = {"morning": (time(0), time(12)), "afternoon": (time(12), time(17)), "evening": (time(17), time.max)}


class SlotFull(Conflict):
    code = "slot_full"
    title = "The slot has no free seat"
    say = "That time has just been taken."


class SlotInPast(Conflict):
    code = "slot_in_past"
    title = "The slot has begun already"
    say = "That time has already passed."


class SlotClosed(Conflict):
    code = "slot_closed"
    title = "The slot is closed to bookings"
    say = "That time is no longer open."


class PractitionerElsewhere(Conflict):
    code = "practitioner_elsewhere"
    title = "The practitioner is booked in an overlapping slot"
    say = "The doctor is not free at that time any more."


class PatientElsewhere(Conflict):
    code = "patient_elsewhere"
    title = "The patient has another appointment at that time"
    say = "You already have another appointment at that time."


explains("ex_time_slot_practitioner", PractitionerElsewhere)
explains("ex_appointment_patient", PatientElsewhere)


explains("ck_time_slot_seats", SlotFull)
explains("slot_open", SlotClosed)


class FindSlots(PageArgs):
    practitioner_id: UUID | None = None
    specialty: str | None = Field(None, max_length=60)
    practitioner_sex: DoctorSex | None = Field(
        None, description="Of doctors of whom it is on record that they are a woman, or a man"
    )
    location_id: UUID | None = None
    date_from: date | None = Field(None, description="Local date; today where not given")
    date_to: date | None = None
    part_of_day: Literal["morning", "afternoon", "evening"] | None = None
    time_from: LocalTime | None = Field(None, description="Local time at which a slot may start, earliest")
    time_to: LocalTime | None = Field(None, description="Local time before which it must start")
    patient_id: UUID | None = Field(
        None, description="Leave out times at which this patient has another appointment; a patient's own always are"
    )
    moving: UUID | None = Field(None, description="The appointment that would be moved: its time is free")


class SlotOut(Out):
    id: UUID
    practitioner_id: UUID
    practitioner: str
    specialty_code: str
    location_id: UUID
    location: str
    starts_at: datetime
    ends_at: datetime
    local_date: date
    local_time: LocalTime
    seats_left: int


class HoldSlot(Args):
    slot_id: UUID
    patient_id: UUID


class HoldOut(Out):
    slot: SlotOut
    expires_at: datetime


class Released(Out):
    released: int


@tool("scheduling.find_slots", rest=get("/api/v1/scheduling/slots"), needs=_READ, effect=Effect.READ, by_patient=True)
async def find_slots(ctx: ToolContext, args: FindSlots) -> Page[SlotOut]:
    """Find open slots in the future, earliest first."""
    today = ctx.now.astimezone(ctx.tenant.zone).date()
    first, last = args.date_from or today, args.date_to
    if last is not None and last < first:
        raise InvalidArguments(errors=[{"field": "date_to", "rule": "must not be before date_from"}])
    wanted: list[ColumnElement[bool]] = [TimeSlot.starts_at > ctx.now, TimeSlot.local_date >= first, is_open(ctx.now)]
    if last is not None:
        wanted.append(TimeSlot.local_date <= last)
    for column, value in (
        (TimeSlot.practitioner_id, args.practitioner_id),
        (TimeSlot.specialty_code, args.specialty),
        (TimeSlot.location_id, args.location_id),
    ):
        if value is not None:
            wanted.append(column == value)
    if args.practitioner_sex is not None:
        doctors = select(Practitioner.id).where(Practitioner.sex == args.practitioner_sex)
        wanted.append(TimeSlot.practitioner_id.in_(doctors))
    start, end = PARTS[args.part_of_day] if args.part_of_day else (None, None)
    starts, ends = (
        [bound for bound in (start, args.time_from) if bound],
        [bound for bound in (end, args.time_to) if bound],
    )
    if starts:
        wanted.append(TimeSlot.local_time >= max(starts))
    if ends:
        wanted.append(TimeSlot.local_time < min(ends))
    if args.patient_id is not None and not ctx.principal.may("appointments:read"):
        raise Forbidden("Only who may read appointments may leave out a patient's.")  # when they are busy is told by it
    patient = args.patient_id or ctx.principal.patient_id
    if patient is not None:
        wanted.append(~busy(patient, TimeSlot, args.moving))
    return await page(
        ctx.session,
        named(select(TimeSlot).where(*wanted), TimeSlot),
        args,
        cursors=ctx.cursors,
        order=(TimeSlot.starts_at, TimeSlot.id),
        show_all=lambda slots: _shown(ctx, slots),
    )


@tool(
    "scheduling.hold_slot",
    rest=post("/api/v1/scheduling/slots/{slot_id}/hold"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(SlotFull, SlotInPast, SlotClosed, PractitionerElsewhere),
    by_patient=True,
)
async def hold_slot(ctx: ToolContext, args: HoldSlot) -> HoldOut:
    """Hold a seat for a patient for some minutes, while the details are read back. Holding again renews it; a patient
    holds one seat at a time."""
    await ctx.load(Patient, args.patient_id)
    await _release(ctx, SlotHold.patient_id == args.patient_id, SlotHold.slot_id != args.slot_id)
    slot = await lock_slot(ctx, args.slot_id)
    held = SlotHold.slot_id == slot.id, SlotHold.patient_id == args.patient_id
    mine = (await ctx.session.scalars(select(SlotHold.id).where(*held))).first()
    if mine is None:
        await check_seat(ctx, slot)
    expires_at = ctx.now + timedelta(minutes=ctx.service(SlotRules).hold_minutes)
    row = {"id": new_id(), "tenant_id": ctx.tenant.id, "slot_id": slot.id, "patient_id": args.patient_id}
    statement = insert(SlotHold).values(**row, expires_at=expires_at)
    await ctx.session.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "slot_id", "patient_id"], set_={"expires_at": expires_at}
        )
    )
    again = named(select(TimeSlot).where(TimeSlot.id == slot.id), TimeSlot)  # the seat is counted by the database
    await ctx.session.execute(again.execution_options(populate_existing=True))
    return HoldOut(slot=show_slot(slot, await names_of(ctx, [slot])), expires_at=expires_at)


@tool(
    "scheduling.release_hold",
    rest=post("/api/v1/scheduling/slots/{slot_id}/release"),
    needs=_WRITE,
    effect=Effect.WRITE,
    by_patient=True,
)
async def release_hold(ctx: ToolContext, args: HoldSlot) -> Released:
    """Give a held seat back."""
    count = await _release(ctx, SlotHold.slot_id == args.slot_id, SlotHold.patient_id == args.patient_id)
    return Released(released=count)


_OTHER = aliased(TimeSlot)
# The practitioner is taken by an overlapping slot, in another place as a rule.
_ELSEWHERE = (~TimeSlot.overlap_allowed) & exists().where(
    _OTHER.practitioner_id == TimeSlot.practitioner_id,
    _OTHER.id != TimeSlot.id,
    _OTHER.taken > 0,
    _OTHER.starts_at < TimeSlot.ends_at,
    _OTHER.starts_at > TimeSlot.starts_at - _LONGEST,
    _OTHER.ends_at > TimeSlot.starts_at,
)


def is_open(now: datetime) -> ColumnElement[bool]:
    """A slot with a free seat, or with one that an expired hold still counts."""
    expired = exists().where(SlotHold.slot_id == TimeSlot.id, SlotHold.expires_at <= now)
    seat = or_(TimeSlot.taken < TimeSlot.capacity, expired)
    return (~TimeSlot.blocked) & TimeSlot.closed_by.is_(None) & seat & ~_ELSEWHERE


def busy(patient: Any, slot: Any, moving: UUID | None = None) -> ColumnElement[bool]:
    """The patient has a live appointment, other than the one that is moving, at the slot's time."""
    return exists().where(
        Appointment.patient_id == patient,
        Appointment.state.in_(LIVE),
        Appointment.starts_at < slot.ends_at,
        Appointment.ends_at > slot.starts_at,
        *([Appointment.id != moving] if moving is not None else []),
    )


async def lock_slot(ctx: ToolContext, slot_id: UUID) -> TimeSlot:
    """The slot, locked until the commit, if it may still be booked."""
    slot = await ctx.load(TimeSlot, slot_id, lock=True)
    if slot.starts_at <= ctx.now:
        raise SlotInPast(f"The slot began at {slot.starts_at.isoformat()}.")
    if slot.blocked or slot.closed_by is not None:
        raise SlotClosed
    return slot


async def check_seat(ctx: ToolContext, slot: TimeSlot) -> None:
    """SlotFull unless a seat is free, after expired holds have been let go. The database has the last word."""
    if slot.taken < slot.capacity:
        return
    scope = ctx.session.info["scope"]
    await ctx.work.scope(None)  # other patients' expired holds are not this patient's to see, but theirs to lose
    await _release(ctx, SlotHold.slot_id == slot.id, SlotHold.expires_at <= ctx.now)
    await ctx.work.scope(scope[1])
    await ctx.session.refresh(slot)
    if slot.taken >= slot.capacity:
        raise SlotFull


async def drop_hold(ctx: ToolContext, slot: TimeSlot, patient_id: UUID) -> None:
    """Give up the patient's own hold on a slot that is being booked."""
    if await _release(ctx, SlotHold.slot_id == slot.id, SlotHold.patient_id == patient_id):
        await ctx.session.refresh(slot)


async def _release(ctx: ToolContext, *which: Any) -> int:
    statement = sql_delete(SlotHold).where(*which).returning(SlotHold.id).execution_options(synchronize_session=False)
    return len((await ctx.session.execute(statement)).all())


def show_slot(slot: TimeSlot, names: dict[UUID, str]) -> SlotOut:
    return SlotOut(
        **{name: getattr(slot, name) for name in (
            "id", "practitioner_id", "specialty_code", "location_id", "starts_at", "ends_at", "local_date", "local_time"
        )},
        practitioner=names[slot.practitioner_id],
        location=names[slot.location_id],
        seats_left=max(slot.capacity - slot.taken, 0),
    )  # fmt: skip


async def _shown(ctx: ToolContext, slots: Sequence[TimeSlot]) -> list[SlotOut]:
    names = await names_of(ctx, slots)
    return [show_slot(slot, names) for slot in slots]


_NAMES = (
    select(Practitioner.id, Practitioner.name, literal(None, Text))
    .where(Practitioner.id.in_(bindparam("doctors", expanding=True)))
    .union_all(
        select(Location.id, Location.name, Location.zone).where(Location.id.in_(bindparam("places", expanding=True)))
    )
)


async def names_of(ctx: ToolContext, rows: Sequence[TimeSlot | Appointment]) -> dict[UUID, str]:
    """Names of the practitioners and locations of these rows, by id."""
    return (await names_and_zones(ctx, rows))[0]


async def names_and_zones(
    ctx: ToolContext, rows: Sequence[TimeSlot | Appointment]
) -> tuple[dict[UUID, str], dict[UUID, ZoneInfo]]:
    """Names of the practitioners and locations of these rows, and zones of the locations, by id: in one statement at
    most."""
    found = [one for row in rows for one in _loaded(row)]
    if not all("location_row" in row.__dict__ for row in rows):
        doctors, locations = {row.practitioner_id for row in rows}, {row.location_id for row in rows}
        asked = await ctx.session.execute(_NAMES, {"doctors": list(doctors), "places": list(locations)})
        found = [(row_id, name, zone) for row_id, name, zone in asked]
    return {one[0]: one[1] for one in found}, {one[0]: ZoneInfo(one[2]) for one in found if one[2]}


def _loaded(row: TimeSlot | Appointment) -> list[tuple[UUID, str, str | None]]:
    if "location_row" not in row.__dict__:
        return []
    doctor, location = row.practitioner_row, row.location_row
    return [(doctor.id, doctor.name, None), (location.id, location.name, location.zone)]


def named(query: Select[object], table: type[TimeSlot | Appointment]) -> Select[object]:
    """The query with the names of each row's practitioner and location, so that no other has to ask for them."""
    return query.options(*_NAMES_OF[table])


_NAMES_OF = {  # made once: that takes longer than the query
    table: (
        joinedload(table.practitioner_row, innerjoin=True).load_only(Practitioner.name),
        joinedload(table.location_row, innerjoin=True).load_only(Location.name, Location.zone),
    )
    for table in (TimeSlot, Appointment)
}
