"""Schedules, and the slots made from them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, time
from itertools import pairwise
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from db.base import new_id
from db.json import JsonObject
from tools.facility.tables import Location, Practitioner
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, InvalidArguments
from tools.runtime.events import event_type
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, patch, post, tool
from tools.scheduling.calendar import LONGEST_DAYS, Day, LocalTime, ScheduleException, days_of, hours_of
from tools.scheduling.making import SlotsChanged, SlotsMade, follow, holidays_at, horizon, make_slots
from tools.scheduling.tables import ProviderSchedule

CREATED = event_type("Schedule.Created", "A practitioner's schedule was made")
UPDATED = event_type("Schedule.Updated", "A practitioner's schedule was changed")
MATERIALIZED = event_type("Slots.Materialized", "Slots were made from a schedule")
_READ, _WRITE = Permission("schedules:read"), Permission("schedules:write")


class ScheduleClash(Conflict):
    code = "schedule_clash"
    title = "The practitioner already has a schedule in these hours"


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
    works_holidays: bool = Field(False, description="Slots are made on the hospital's holidays too")
    exceptions: list[ScheduleException] = Field(default=[], max_length=366)


class UpdateSchedule(Args):
    schedule_id: UUID
    weekdays: list[int] | None = Field(None, min_length=1, max_length=7)
    local_start: LocalTime | None = None
    local_end: LocalTime | None = None
    slot_minutes: int | None = Field(None, ge=5, le=480)
    capacity: int | None = Field(None, ge=1, le=500)
    valid_to: Day | None = None
    works_holidays: bool | None = None
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
    works_holidays: bool
    exceptions: list[JsonObject]
    state: str
    version: int


class ScheduleChanged(ScheduleOut, SlotsChanged):
    """A schedule, and what its change did to the slots."""


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
    await make_slots(ctx, row, *horizon(ctx))
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
    changed = await follow(ctx, row)
    ctx.emit(UPDATED, row.id, clashes=len(changed.clashes))
    return ScheduleChanged(**ScheduleOut.model_validate(row).model_dump(), **dict(changed))


@tool(
    "scheduling.materialize_slots",
    rest=post("/api/v1/scheduling/schedules/{schedule_id}/materialize"),
    needs=_WRITE,
    effect=Effect.WRITE,
)
async def materialize_slots(ctx: ToolContext, args: Materialize) -> SlotsMade:
    """Make the slots of a date range. What exists already is not made again."""
    if not 0 <= (args.date_to - args.date_from).days < LONGEST_DAYS:
        rule = f"must be on or after date_from, within {LONGEST_DAYS} days"
        raise InvalidArguments(errors=[{"field": "date_to", "rule": rule}])
    row = await ctx.load(ProviderSchedule, args.schedule_id)
    if row.state != "active":
        raise Conflict("The schedule is inactive; only an active one makes slots.")
    made = await make_slots(ctx, row, args.date_from, args.date_to)
    if made.made:
        ctx.emit(MATERIALIZED, row.id, date_from=str(args.date_from), date_to=str(args.date_to), made=made.made)
    return made


async def _check(ctx: ToolContext, row: ProviderSchedule) -> None:
    """Refuse hours that make no sense, or that overlap another schedule of the practitioner."""
    errors = []
    if any(not 0 <= day <= 6 for day in row.weekdays) or len(set(row.weekdays)) != len(row.weekdays):
        errors.append({"field": "weekdays", "rule": "must be different numbers from 0 (Monday) to 6 (Sunday)"})
    if row.local_start >= row.local_end:
        errors.append({"field": "local_end", "rule": "must be after local_start"})
    if row.valid_to is not None and row.valid_to < row.valid_from:
        errors.append({"field": "valid_to", "rule": "must not be before valid_from"})
    holidays = await holidays_at(ctx, row.location_id)
    if not errors:
        errors = _useless_extras(row, holidays, horizon(ctx)[0])
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
        day = _extra_clash(row, other, await holidays_at(ctx, other.location_id))
        day = day or _extra_clash(other, row, holidays)
        if day is not None:
            why = f"An extra session on {day} overlaps hours of schedule {other.id}; give leave for them there first."
            raise ScheduleClash(why, schedule_id=str(other.id))


def _useless_extras(row: ProviderSchedule, holidays: Collection[date], today: date) -> list[dict[str, str]]:
    """Extra sessions to come that would make no slots: outside the schedule's dates, or over its own hours."""
    errors = []
    for number, exception in enumerate(row.exceptions):
        for day in days_of(exception) if exception["kind"] == "extra" else ():
            rule = None
            if not row.valid_from <= day <= (row.valid_to or date.max):
                rule = f"{day} is outside the schedule's valid_from and valid_to"
            elif any(earlier[1] > later[0] for earlier, later in pairwise(sorted(hours_of(row, day, holidays)))):
                rule = f"overlaps the schedule's own hours on {day}; give leave for them there first"
            if rule is not None and day >= today:
                errors.append({"field": f"exceptions.{number}", "rule": rule})
                break
    return errors


def _extra_clash(row: ProviderSchedule, other: ProviderSchedule, holidays: Collection[date]) -> date | None:
    """The first day on which an extra session of one schedule falls into working hours of another."""
    for exception in row.exceptions:
        if exception["kind"] != "extra":
            continue
        start, end = (time.fromisoformat(exception[name]) for name in ("local_start", "local_end"))
        for day in days_of(exception):
            if not other.valid_from <= day <= (other.valid_to or date.max):
                continue
            if any(start < closes and opens < end for opens, closes in hours_of(other, day, holidays)):
                return day
    return None


def _exceptions(exceptions: list[ScheduleException]) -> list[JsonObject]:
    return [exception.stored() for exception in exceptions]
