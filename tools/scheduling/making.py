"""The slots of a schedule: made ahead, brought in line with its changes, never dropped where they are booked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy import delete as sql_delete
from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from db.base import new_id
from db.json import JsonObject
from tools.facility.tables import Location
from tools.runtime.context import ToolContext
from tools.runtime.tool import Out
from tools.scheduling.calendar import Interval, LocalTime, intervals
from tools.scheduling.rules import SlotRules
from tools.scheduling.tables import LIVE, Appointment, Holiday, ProviderSchedule, SlotHold, TimeSlot, WaitlistEntry


class Clash(Out):
    """A booked slot that the schedule no longer has; it is kept, closed to new bookings."""

    slot_id: UUID
    local_date: date
    local_time: LocalTime
    appointment_ids: list[UUID]


class SlotsMade(Out):
    made: int
    existed: int


class SlotsChanged(Out):
    """What a change of hours or holidays did to the slots to come."""

    clashes: list[Clash] = Field([], description="Booked slots that are no more: their appointments still stand")
    slots_made: int = 0
    slots_removed: int = 0


async def make_slots(ctx: ToolContext, schedule: ProviderSchedule, first: date, last: date) -> SlotsMade:
    """Insert what is missing; a slot that was closed by an earlier change of the schedule is opened again."""
    days_off = await holidays_at(ctx, schedule.location_id)
    return await _insert(
        ctx, schedule, list(intervals(schedule, await _zone(ctx, schedule), first=first, last=last, holidays=days_off))
    )


async def _insert(ctx: ToolContext, schedule: ProviderSchedule, wanted: list[Interval]) -> SlotsMade:
    rows: list[JsonObject] = [
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
        for interval in wanted
    ]
    if not rows:
        return SlotsMade(made=0, existed=0)
    statement = insert(TimeSlot).on_conflict_do_nothing().returning(TimeSlot.id)
    made = list((await ctx.session.execute(statement, rows)).scalars())
    await _stay_closed(ctx, made)
    await _take_new_length(ctx, schedule, {interval.starts_at: interval.ends_at for interval in wanted})
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


async def _take_new_length(ctx: ToolContext, schedule: ProviderSchedule, wanted: dict[datetime, datetime]) -> None:
    """A free slot that could not go, since something names it or staff closed it, is of the schedule's new length."""
    query = select(TimeSlot).where(
        TimeSlot.schedule_id == schedule.id,
        TimeSlot.starts_at.between(min(wanted), max(wanted)),
        TimeSlot.blocked,
        TimeSlot.taken == 0,
    )
    for slot in await ctx.session.scalars(query.with_for_update().execution_options(populate_existing=True)):
        if slot.starts_at in wanted:
            slot.ends_at, slot.blocked, slot.capacity = wanted[slot.starts_at], False, schedule.capacity
    await ctx.session.flush()


async def follow(
    ctx: ToolContext, schedule: ProviderSchedule, first: date = date.min, last: date = date.max
) -> SlotsChanged:
    """Bring the slots to come, of these days, in line with a changed schedule or calendar: those that are no more go,
    or are closed where they are booked; what is missing on the horizon is made."""
    query = select(TimeSlot).where(
        TimeSlot.schedule_id == schedule.id, TimeSlot.starts_at > ctx.now, TimeSlot.local_date.between(first, last)
    )
    slots = list(await ctx.session.scalars(query.order_by(TimeSlot.starts_at).with_for_update()))
    today, ahead = horizon(ctx)
    begin, end = max(today, first), min(ahead, last)
    wanted: list[Interval] = []
    if schedule.state == "active":
        zone, days_off = await _zone(ctx, schedule), await holidays_at(ctx, schedule.location_id)
        days = (
            [begin, end, *(slot.local_date for slot in slots)] if begin <= end else [slot.local_date for slot in slots]
        )
        wanted = list(intervals(schedule, zone, first=min(days), last=max(days), holidays=days_off)) if days else []
    removed, clashes = await _close(ctx, schedule, slots=slots, wanted={one.starts_at: one.ends_at for one in wanted})
    made = await _insert(ctx, schedule, [one for one in wanted if begin <= one.local_date <= end])
    return SlotsChanged(clashes=clashes, slots_made=made.made, slots_removed=removed)


async def _close(
    ctx: ToolContext, schedule: ProviderSchedule, *, slots: list[TimeSlot], wanted: dict[datetime, datetime]
) -> tuple[int, list[Clash]]:
    """Close the slots that are not wanted any more: (how many went, the booked ones)."""
    if not slots:
        return 0, []
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


def horizon(ctx: ToolContext) -> tuple[date, date]:
    """The days for which slots are kept ahead."""
    today = ctx.now.astimezone(ctx.tenant.zone).date()
    return today, today + timedelta(days=ctx.service(SlotRules).horizon_days)


async def holidays_at(ctx: ToolContext, location_id: UUID) -> frozenset[date]:
    """The holidays of a location that are not over: its own, and those of the whole hospital."""
    query = select(Holiday.valid_from, Holiday.valid_to).where(
        or_(Holiday.location_id.is_(None), Holiday.location_id == location_id), Holiday.valid_to >= horizon(ctx)[0]
    )
    return frozenset(
        first + timedelta(days=offset)
        for first, last in await ctx.session.execute(query)
        for offset in range((last - first).days + 1)
    )


async def _zone(ctx: ToolContext, schedule: ProviderSchedule) -> ZoneInfo:
    location = await ctx.load(Location, schedule.location_id)
    return ZoneInfo(location.zone)
