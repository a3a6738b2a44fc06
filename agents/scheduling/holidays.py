"""The hospital's calendar, as patients are told of it."""

from __future__ import annotations

from datetime import date, datetime, time

from agents.turn.dialogue import Dialogue
from tools.conversations.texts import say_day
from tools.scheduling.holidays import HolidayOut

_TOLD, _ALL = 5, 200  # with the hours; looked through for a day


async def say_coming(d: Dialogue) -> None:
    """The next holidays, a line each; nothing where there are none."""
    for holiday in await _coming(d, limit=_TOLD):
        d.say("holiday", days=_days(d, holiday), name=_name(d, holiday))


async def say_why_closed(d: Dialogue, first: date, last: date | None) -> None:
    """The hospital's holiday that all the days wanted fall into, if one does."""
    if last is None:
        return
    for holiday in await _coming(d, limit=_ALL):
        if holiday.location_id is None and holiday.valid_from <= first and last <= holiday.valid_to:
            d.say("holiday", days=_days(d, holiday), name=holiday.name)
            return


async def _coming(d: Dialogue, *, limit: int) -> list[HolidayOut]:
    page = await d.call_as_service("scheduling.list_holidays", limit=limit)
    found: list[HolidayOut] = page.items
    return found


def _name(d: Dialogue, holiday: HolidayOut) -> str:
    """The holiday's name, and of which place it is where it is of one."""
    place = next((place.name for place in d.place.locations if place.id == holiday.location_id), None)
    return f"{holiday.name}, {place}" if place else holiday.name


def _days(d: Dialogue, holiday: HolidayOut) -> str:
    first, last = (
        say_day(datetime.combine(day, time(0)), d.language) for day in (holiday.valid_from, holiday.valid_to)
    )
    return first if first == last else f"{first} – {last}"
