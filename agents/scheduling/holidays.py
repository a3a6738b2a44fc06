"""The hospital's calendar, as patients are told of it."""

from __future__ import annotations

from datetime import date, datetime, time

from agents.turn.dialogue import Dialogue
from tools.conversations.texts import say_day
from tools.scheduling.holidays import HolidayOut, list_holidays

_TOLD, _ALL = 5, 200  # with the hours; looked through for a day


async def say_coming(dialogue: Dialogue) -> None:
    """The next holidays, a line each; nothing where there are none."""
    for holiday in await _coming(dialogue, limit=_TOLD):
        dialogue.say("holiday", days=_days(dialogue, holiday), name=_name(dialogue, holiday))


async def say_why_closed(dialogue: Dialogue, first: date, last: date | None) -> None:
    """The hospital's holiday that all the days wanted fall into, if one does."""
    if last is None:
        return
    for holiday in await _coming(dialogue, limit=_ALL):
        if holiday.location_id is None and holiday.valid_from <= first and last <= holiday.valid_to:
            dialogue.say("holiday", days=_days(dialogue, holiday), name=holiday.name)
            return


async def _coming(dialogue: Dialogue, *, limit: int) -> list[HolidayOut]:
    return (await dialogue.call_as_service(list_holidays, limit=limit)).items


def _name(dialogue: Dialogue, holiday: HolidayOut) -> str:
    """The holiday's name, and of which place it is where it is of one."""
    place = next((place.name for place in dialogue.hospital.locations if place.id == holiday.location_id), None)
    return f"{holiday.name}, {place}" if place else holiday.name


def _days(dialogue: Dialogue, holiday: HolidayOut) -> str:
    first, last = (
        say_day(datetime.combine(day, time(0)), dialogue.language) for day in (holiday.valid_from, holiday.valid_to)
    )
    return first if first == last else f"{first} – {last}"
