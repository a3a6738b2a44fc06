"""What the time that was told last is in another city: "what is that in Dubai time?"."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.clock import find_times
from agents.understanding.resolve.days import find_days
from agents.understanding.resolve.spelling import plain

# Cities and lands that the zone database calls by another name.
_ALSO = {
    "uk": "London", "usa": "New York", "us": "New York", "uae": "Dubai", "bangalore": "Kolkata", "delhi": "Kolkata",
    "mumbai": "Kolkata", "saudi": "Riyadh", "nepal": "Kathmandu", "san francisco": "Los Angeles", "california":
    "Los Angeles", "abu dhabi": "Dubai", "doha": "Qatar", "muscat": "Dubai", "germany": "Berlin", "boston": "New York",
}  # fmt: skip

_CONTINENTS = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Pacific/")
_NO_CITIES = {"Australia/North", "Australia/South", "Australia/West", "Pacific/Easter"}


@cache
def _zones() -> dict[str, str]:
    keys = sorted(key for key in available_timezones() if key.count("/") == 1 and key.startswith(_CONTINENTS))
    return {key.partition("/")[2].replace("_", " ").lower(): key for key in keys if key not in _NO_CITIES}


def say_there(dialogue: Dialogue, words: str) -> bool:
    """Say it; False where no city, or no time that was told, is to be seen."""
    found = (_elsewhere(plain(said).text, dialogue.tenant.zone) for said in (words, dialogue.text))
    city, zone = next((one for one in found if one[1] is not None), ("", None))
    told = _told(dialogue)
    if zone is None or told is None:
        return False
    there = dialogue.when(told.astimezone(ZoneInfo(zone)))
    dialogue.worked_out.append(there)
    dialogue.say("about_time_there", city=city.title(), when=there)
    return True


def _elsewhere(text: str, ours: ZoneInfo) -> tuple[str, str | None]:
    """(the city or land that is named, its zone) of the first that is not in the hospital's own."""
    words = re.findall(r"[a-z]+", text)
    for place, word in enumerate(words):
        for city in (" ".join(words[place : place + 2]), word):
            zone = _zones().get(_ALSO.get(city, city).lower())
            if zone is not None and zone != ours.key:
                return city, zone
    return "", None


def _told(dialogue: Dialogue) -> datetime | None:
    """The first day and time of the answer before, as the hospital's clock has it."""
    text, today = plain(dialogue.state.last_answer).text, dialogue.now.date() - timedelta(days=1)
    times = [one for one in find_times(text) if one.times.exact]
    days = [one for one in find_days(text, today, month_first=False) if one.days.start == one.days.end]
    if not times or not days:
        return None
    return datetime.combine(days[0].days.start, times[0].times.start, dialogue.now.tzinfo)
