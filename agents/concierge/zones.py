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


@cache
def _zones() -> dict[str, str]:
    keys = sorted(key for key in available_timezones() if "/" in key and not key.startswith("Etc/"))
    return {key.rsplit("/", 1)[1].replace("_", " ").lower(): key for key in keys}


def say_there(dialogue: Dialogue, words: str) -> bool:
    """Say it; False where no city, or no time that was told, is to be seen."""
    match = re.search(r"(?<!\w)(?:in|by|as per|at) (?P<city>[a-z]+(?: [a-z]+)?) time(?!\w)", plain(words).text)
    city = match["city"] if match else ""
    zone = _zones().get(_ALSO.get(city, city).lower())
    told = _told(dialogue)
    if zone is None or told is None:
        return False
    there = dialogue.when(told.astimezone(ZoneInfo(zone)))
    dialogue.worked_out.append(there)
    dialogue.say("about_time_there", city=city.title(), when=there)
    return True


def _told(dialogue: Dialogue) -> datetime | None:
    """The first day and time of the answer before, as the hospital's clock has it."""
    text, today = plain(dialogue.state.last_answer).text, dialogue.now.date() - timedelta(days=1)
    times = [one for one in find_times(text) if one.times.exact]
    days = [one for one in find_days(text, today, month_first=False) if one.days.start == one.days.end]
    if not times or not days:
        return None
    return datetime.combine(days[0].days.start, times[0].times.start, dialogue.now.tzinfo)
