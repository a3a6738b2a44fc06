"""The hospital's calendar: days on which it, or one location, keeps no weekly hours."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from db.base import new_id
from tools.facility.tables import Location
from tools.runtime.context import ToolContext
from tools.runtime.errors import InvalidArguments
from tools.runtime.events import event_type
from tools.runtime.names import Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, delete, get, post, tool
from tools.scheduling.calendar import LONGEST_DAYS, Day
from tools.scheduling.making import SlotsChanged, follow, horizon
from tools.scheduling.tables import Holiday, ProviderSchedule

ADDED = event_type("Holiday.Added", "The hospital, or one location, keeps no weekly hours on some days")
REMOVED = event_type("Holiday.Removed", "A holiday was taken out of the calendar")
_READ, _WRITE = Permission("schedules:read"), Permission("schedules:write")


class AddHoliday(Args):
    name: Words = Field(max_length=120)
    valid_from: Day
    valid_to: Day | None = Field(None, description="The last day; one day where not given")
    location_id: UUID | None = Field(None, description="One location; the whole hospital where not given")


class HolidayId(Args):
    holiday_id: UUID


class ListHolidays(PageArgs):
    location_id: UUID | None = Field(None, description="Only those that hold there")
    past: bool = Field(False, description="Those that are over too")


class HolidayOut(Out):
    id: UUID
    name: str
    valid_from: date
    valid_to: date
    location_id: UUID | None


class HolidayChanged(HolidayOut, SlotsChanged):
    """A holiday, and what its coming or going did to the slots."""


@tool("scheduling.add_holiday", rest=post("/api/v1/scheduling/holidays", status=201), needs=_WRITE, effect=Effect.WRITE)
async def add_holiday(ctx: ToolContext, args: AddHoliday) -> HolidayChanged:
    """Put a holiday into the calendar. Free slots of those days go; booked ones are closed and reported, and stand
    until somebody moves or cancels them. Extra sessions, and schedules that work on holidays, are not touched."""
    last = args.valid_to or args.valid_from
    if not 0 <= (last - args.valid_from).days < LONGEST_DAYS:
        rule = f"must be on or after valid_from, within {LONGEST_DAYS} days"
        raise InvalidArguments(errors=[{"field": "valid_to", "rule": rule}])
    if args.location_id is not None:
        await ctx.load(Location, args.location_id)
    row = Holiday(id=new_id(), tenant_id=ctx.tenant.id, **{**args.model_dump(), "valid_to": last})
    ctx.session.add(row)
    await ctx.session.flush()
    changed = await _apply(ctx, row)
    ctx.emit(ADDED, row.id, clashes=len(changed.clashes))
    return changed


@tool(
    "scheduling.remove_holiday",
    rest=delete("/api/v1/scheduling/holidays/{holiday_id}"),
    needs=_WRITE,
    effect=Effect.WRITE,
)
async def remove_holiday(ctx: ToolContext, args: HolidayId) -> HolidayChanged:
    """Take a holiday out of the calendar: the slots of its days are made again."""
    row = await ctx.load(Holiday, args.holiday_id, lock=True)
    await ctx.session.delete(row)
    await ctx.session.flush()
    changed = await _apply(ctx, row)
    ctx.emit(REMOVED, row.id)
    return changed


@tool("scheduling.list_holidays", rest=get("/api/v1/scheduling/holidays"), needs=_READ, effect=Effect.READ)
async def list_holidays(ctx: ToolContext, args: ListHolidays) -> Page[HolidayOut]:
    """List the holidays, in order."""
    query = select(Holiday)
    if not args.past:
        query = query.where(Holiday.valid_to >= horizon(ctx)[0])
    if args.location_id is not None:
        query = query.where(Holiday.location_id.is_(None) | (Holiday.location_id == args.location_id))
    order = (Holiday.valid_from, Holiday.id)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=HolidayOut.model_validate)


async def _apply(ctx: ToolContext, row: Holiday) -> HolidayChanged:
    """Bring the slots of a holiday's days in line with the calendar as it is now."""
    query = select(ProviderSchedule).where(
        ProviderSchedule.state == "active",
        ProviderSchedule.works_holidays.is_(False),
        ProviderSchedule.valid_from <= row.valid_to,
    )
    if row.location_id is not None:
        query = query.where(ProviderSchedule.location_id == row.location_id)
    changed = HolidayChanged(**HolidayOut.model_validate(row).model_dump())
    for schedule in await ctx.session.scalars(query.order_by(ProviderSchedule.id)):
        of_one = await follow(ctx, schedule, row.valid_from, row.valid_to)
        changed.slots_removed += of_one.slots_removed
        changed.slots_made += of_one.slots_made
        changed.clashes += of_one.clashes
    return changed
