"""Schedules, and the slots made from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator
from sqlalchemy import delete as sql_delete
from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from db.base import new_id
from tools.facility.tables import Location, Practitioner
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, InvalidArguments
from tools.runtime.events import event_type
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, patch, post, tool
from tools.scheduling.calendar import Day, LocalTime, hours_of, intervals
from tools.scheduling.tables import LIVE, Appointment, ProviderSchedule, SlotHold, TimeSlot, WaitlistEntry

CREATED = event_type("Schedule.Created", "A practitioner's schedule was made")
UPDATED = event_type("Schedule.Updated", "A practitioner's schedule was changed")
MATERIALIZED = event_type("Slots.Materialized", "Slots were made from a schedule")
_READ, _WRITE = Permission("schedules:read"), Permission("schedules:write")
MAX_RANGE_DAYS = 366


class ScheduleClash(Conflict):
    code = "schedule_clash"
    title = "The practitioner already has a schedule in these hours"


class ScheduleException(Args):
    """Leave (no local times: the whole day) or an extra session on one date."""

    date: Day
    kind: Literal["leave", "extra"]
    local_start: LocalTime | None = None
    local_end: LocalTime | None = None

    @model_validator(mode="after")
    def _hours(self) -> ScheduleException:
        if self.kind == "extra" and (self.local_start is None or self.local_end is None):
            raise ValueError("an extra session needs local_start and local_end")
        if self.local_start and self.local_end and self.local_start >= self.local_end:
            raise ValueError("local_start must be before local_end")
        return self


class CreateSchedule(Args):
    practitioner_id: UUID
    location_id: UUID
    specialty_code: str | None = Field(None, max_length=60, description="The practitioner's own where not given")
    weekdays: list[int] = Field(min_length=1, max_length=7, description="0 Monday to 6 Sunday")
    local_start: LocalTime = Field(description="Wall-clock time at the location")
    local_end: LocalTime
    slot_minutes: int = Field(15, ge=5, le=480)
    capacity: int = Field(1, ge=1, le=500, description="Patients a slot")
    valid_from: Day
    valid_to: Day | None = None
    exceptions: list[ScheduleException] = Field(default=[], max_length=366)


class UpdateSchedule(Args):
    schedule_id: UUID
    weekdays: list[int] | None = Field(None, min_length=1, max_length=7)
    local_start: LocalTime | None = None
    local_end: LocalTime | None = None
    slot_minutes: int | None = Field(None, ge=5, le=480)
    capacity: int | None = Field(None, ge=1, le=500)
    valid_to: Day | None = None
    exceptions: list[ScheduleException] | None = Field(None, max_length=366)
    state: Literal["active", "inactive"] | None = None


class ScheduleId(Args):
    schedule_id: UUID


class ListSchedules(PageArgs):
    practitioner_id: UUID | None = None
    location_id: UUID | None = None


class Materialize(Args):
    schedule_id: UUID
    date_from: Day
    date_to: Day


class ScheduleOut(Out):
    id: UUID
    practitioner_id: UUID
    location_id: UUID
    specialty_code: str
    weekdays: list[int]
    local_start: LocalTime
    local_end: LocalTime
    slot_minutes: int
    capacity: int
    valid_from: date
    valid_to: date | None
    exceptions: list[dict[str, Any]]
    state: str
    version: int


class Clash(Out):
    """A booked slot that the schedule no longer has; it is kept, closed to new bookings."""

    slot_id: UUID
    local_date: date
    local_time: LocalTime
    appointment_ids: list[UUID]


class ScheduleChanged(ScheduleOut):
    clashes: list[Clash]
    slots_made: int
    slots_removed: int


class SlotsMade(Out):
    made: int
    existed: int


@tool(
    "scheduling.create_schedule",
    rest=post("/api/v1/scheduling/schedules", status=201),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(ScheduleClash,),
)
async def create_schedule(ctx: ToolContext, args: CreateSchedule) -> ScheduleOut:
    """Give a practitioner weekly hours at a location. Slots are made on the rolling horizon, at once."""
    practitioner = await ctx.load(Practitioner, args.practitioner_id, lock=True)
    await ctx.load(Location, args.location_id)
    fields = args.model_dump(exclude={"exceptions"})
    fields["specialty_code"] = args.specialty_code or practitioner.specialty_code
    fields["exceptions"] = _exceptions(args.exceptions)
    row = ProviderSchedule(id=new_id(), tenant_id=ctx.tenant.id, state="active", **fields)
    await _check(ctx, row)
    ctx.session.add(row)
    await ctx.session.flush()
    await make_slots(ctx, row, *_horizon(ctx))
    ctx.emit(CREATED, row.id)
    return ScheduleOut.model_validate(row)


@tool(
    "scheduling.get_schedule", rest=get("/api/v1/scheduling/schedules/{schedule_id}"), needs=_READ, effect=Effect.READ
)
async def get_schedule(ctx: ToolContext, args: ScheduleId) -> ScheduleOut:
    """Read one schedule."""
    return ScheduleOut.model_validate(await ctx.load(ProviderSchedule, args.schedule_id))


@tool("scheduling.list_schedules", rest=get("/api/v1/scheduling/schedules"), needs=_READ, effect=Effect.READ)
async def list_schedules(ctx: ToolContext, args: ListSchedules) -> Page[ScheduleOut]:
    """List schedules, all or of one practitioner or location."""
    query = select(ProviderSchedule)
    if args.practitioner_id:
        query = query.where(ProviderSchedule.practitioner_id == args.practitioner_id)
    if args.location_id:
        query = query.where(ProviderSchedule.location_id == args.location_id)
    order = (ProviderSchedule.id,)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=ScheduleOut.model_validate)


@tool(
    "scheduling.update_schedule",
    rest=patch("/api/v1/scheduling/schedules/{schedule_id}"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(ScheduleClash,),
)
async def update_schedule(ctx: ToolContext, args: UpdateSchedule) -> ScheduleChanged:
    """Change a schedule. Free slots follow; booked ones are never dropped: they are reported as clashes."""
    row = await ctx.load(ProviderSchedule, args.schedule_id, lock=True)
    ctx.check_version(row)
    changes = args.model_dump(exclude={"schedule_id", "exceptions"}, exclude_unset=True)
    nulls = [name for name, value in changes.items() if value is None and name != "valid_to"]
    if nulls:
        raise InvalidArguments(errors=[{"field": name, "rule": "must not be null"} for name in nulls])
    if args.exceptions is not None:
        changes["exceptions"] = _exceptions(args.exceptions)
    for name, value in changes.items():
        setattr(row, name, value)
    await _check(ctx, row)
    await ctx.session.flush()
    removed, clashes = await _follow(ctx, row)
    made = await make_slots(ctx, row, *_horizon(ctx)) if row.state == "active" else SlotsMade(made=0, existed=0)
    ctx.emit(UPDATED, row.id, clashes=len(clashes))
    shown = ScheduleOut.model_validate(row).model_dump()
    return ScheduleChanged(**shown, clashes=clashes, slots_made=made.made, slots_removed=removed)


@tool(
    "scheduling.materialize_slots",
    rest=post("/api/v1/scheduling/schedules/{schedule_id}/materialize"),
    needs=_WRITE,
    effect=Effect.WRITE,
)
async def materialize_slots(ctx: ToolContext, args: Materialize) -> SlotsMade:
    """Make the slots of a date range. What exists already is not made again."""
    if not 0 <= (args.date_to - args.date_from).days < MAX_RANGE_DAYS:
        rule = f"must be on or after date_from, within {MAX_RANGE_DAYS} days"
        raise InvalidArguments(errors=[{"field": "date_to", "rule": rule}])
    row = await ctx.load(ProviderSchedule, args.schedule_id)
    if row.state != "active":
        raise Conflict("The schedule is inactive; only an active one makes slots.")
    made = await make_slots(ctx, row, args.date_from, args.date_to)
    if made.made:
        ctx.emit(MATERIALIZED, row.id, date_from=str(args.date_from), date_to=str(args.date_to), made=made.made)
    return made


async def make_slots(ctx: ToolContext, schedule: ProviderSchedule, first: date, last: date) -> SlotsMade:
    """Insert what is missing; a slot that was closed by an earlier change of the schedule is opened again."""
    zone = await _zone(ctx, schedule)
    rows = [
        {
            "id": new_id(),
            "tenant_id": ctx.tenant.id,
            "schedule_id": schedule.id,
            "practitioner_id": schedule.practitioner_id,
            "location_id": schedule.location_id,
            "specialty_code": schedule.specialty_code,
            "starts_at": interval.starts_at,
            "ends_at": interval.ends_at,
            "local_date": interval.local_date,
            "local_time": interval.local_time,
            "capacity": schedule.capacity,
        }
        for interval in intervals(schedule, zone, first, last)
    ]
    if not rows:
        return SlotsMade(made=0, existed=0)
    statement = insert(TimeSlot).on_conflict_do_nothing().returning(TimeSlot.id)
    made = list((await ctx.session.execute(statement, rows)).scalars())
    await _stay_closed(ctx, made)
    return SlotsMade(made=len(made), existed=len(rows) - len(made))


async def _stay_closed(ctx: ToolContext, made: list[UUID]) -> None:
    """A new slot in a stretch that staff closed is closed too, with who did and why."""
    closed = aliased(TimeSlot)
    await ctx.session.execute(
        update(TimeSlot)
        .where(
            TimeSlot.id.in_(made),
            closed.practitioner_id == TimeSlot.practitioner_id,
            closed.location_id == TimeSlot.location_id,
            closed.closed_by.is_not(None),
            closed.starts_at < TimeSlot.ends_at,
            TimeSlot.starts_at < closed.ends_at,
        )
        .values(closed_by=closed.closed_by, closed_reason=closed.closed_reason)
        .execution_options(synchronize_session=False)
    )


async def _follow(ctx: ToolContext, schedule: ProviderSchedule) -> tuple[int, list[Clash]]:
    """Bring future slots in line with a changed schedule: (slots removed, booked slots that clash)."""
    query = select(TimeSlot).where(TimeSlot.schedule_id == schedule.id, TimeSlot.starts_at > ctx.now).with_for_update()
    slots = list(await ctx.session.scalars(query.order_by(TimeSlot.starts_at)))
    if not slots:
        return 0, []
    wanted: dict[Any, Any] = {}
    if schedule.state == "active":
        zone = await _zone(ctx, schedule)
        days = (slots[0].local_date, slots[-1].local_date)
        wanted = {interval.starts_at: interval.ends_at for interval in intervals(schedule, zone, *days)}
    gone = [slot for slot in slots if wanted.get(slot.starts_at) != slot.ends_at]
    kept = {slot.id for slot in slots} - {slot.id for slot in gone}
    await ctx.session.execute(
        update(TimeSlot)
        .where(TimeSlot.id.in_(kept))
        .values(blocked=False, capacity=func.greatest(TimeSlot.taken, schedule.capacity))
        .execution_options(synchronize_session=False)
    )
    clashes = await clashes_of(ctx, [slot for slot in gone if slot.taken])
    await ctx.session.execute(
        update(TimeSlot).where(TimeSlot.id.in_([slot.id for slot in gone])).values(blocked=True)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    named = [
        exists().where(table.slot_id == TimeSlot.id) for table in (Appointment, SlotHold)
    ] + [exists().where(WaitlistEntry.offered_slot_id == TimeSlot.id)]  # fmt: skip
    removed = await ctx.session.execute(
        sql_delete(TimeSlot)
        .where(
            TimeSlot.id.in_([slot.id for slot in gone if not slot.taken and slot.closed_by is None]),
            *(~condition for condition in named),
        )
        .returning(TimeSlot.id)
        .execution_options(synchronize_session=False)
    )
    return len(removed.all()), clashes


async def clashes_of(ctx: ToolContext, slots: Sequence[TimeSlot]) -> list[Clash]:
    """The slots with live appointments, and these."""
    booked: dict[UUID, list[UUID]] = defaultdict(list)
    query = select(Appointment.slot_id, Appointment.id).where(
        Appointment.slot_id.in_([slot.id for slot in slots]), Appointment.state.in_(LIVE)
    )
    for slot_id, appointment_id in await ctx.session.execute(query.order_by(Appointment.id)):
        booked[slot_id].append(appointment_id)
    return [
        Clash(slot_id=one.id, local_date=one.local_date, local_time=one.local_time, appointment_ids=booked[one.id])
        for one in slots
        if one.id in booked
    ]


async def _check(ctx: ToolContext, row: ProviderSchedule) -> None:
    """Refuse hours that make no sense, or that overlap another schedule of the practitioner."""
    errors = []
    if any(not 0 <= day <= 6 for day in row.weekdays) or len(set(row.weekdays)) != len(row.weekdays):
        errors.append({"field": "weekdays", "rule": "must be different numbers from 0 (Monday) to 6 (Sunday)"})
    if row.local_start >= row.local_end:
        errors.append({"field": "local_end", "rule": "must be after local_start"})
    if row.valid_to is not None and row.valid_to < row.valid_from:
        errors.append({"field": "valid_to", "rule": "must not be before valid_from"})
    if errors:
        raise InvalidArguments(errors=errors)
    others = await ctx.session.scalars(
        select(ProviderSchedule).where(
            ProviderSchedule.practitioner_id == row.practitioner_id,
            ProviderSchedule.id != row.id,
            ProviderSchedule.state == "active",
        )
    )
    far = date.max
    for other in others:
        meet = set(row.weekdays) & set(other.weekdays)
        hours = row.local_start < other.local_end and other.local_start < row.local_end
        dates = row.valid_from <= (other.valid_to or far) and other.valid_from <= (row.valid_to or far)
        if row.state != "active":
            return
        if meet and hours and dates:
            raise ScheduleClash(f"Schedule {other.id} overlaps in hours and weekdays.", schedule_id=str(other.id))
        day = _extra_clash(row, other) or _extra_clash(other, row)
        if day is not None:
            why = f"An extra session on {day} overlaps hours of schedule {other.id}; give leave for them there first."
            raise ScheduleClash(why, schedule_id=str(other.id))


def _extra_clash(row: ProviderSchedule, other: ProviderSchedule) -> date | None:
    """The first day on which an extra session of one schedule falls into working hours of another."""
    for exception in row.exceptions:
        if exception["kind"] != "extra":
            continue
        day = date.fromisoformat(exception["date"])
        if not other.valid_from <= day <= (other.valid_to or date.max):
            continue
        start, end = (time.fromisoformat(exception[name]) for name in ("local_start", "local_end"))
        if any(start < b and a < end for a, b in hours_of(other, day)):
            return day
    return None


def _exceptions(exceptions: list[ScheduleException]) -> list[dict[str, Any]]:
    return [exception.model_dump(mode="json") for exception in exceptions]


def _horizon(ctx: ToolContext) -> tuple[date, date]:
    today = ctx.now.astimezone(ctx.tenant.zone).date()
    return today, today + timedelta(days=ctx.slot_horizon_days)


async def _zone(ctx: ToolContext, schedule: ProviderSchedule) -> ZoneInfo:
    location = await ctx.load(Location, schedule.location_id)
    return ZoneInfo(location.zone)
