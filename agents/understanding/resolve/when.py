"""Days, times and birth dates from words. The rules stand at the head of `days.py` and `clock.py`."""

from __future__ import annotations

import re
from datetime import date, datetime

from agents.understanding.resolve.births import read_birth_date
from agents.understanding.resolve.clock import TimeRange, find_times
from agents.understanding.resolve.days import DayRange, bare_day, find_days
from agents.understanding.resolve.spelling import plain

__all__ = ["DayRange", "TimeRange", "is_bound", "resolve_birth_date", "resolve_day", "resolve_time"]


def resolve_day(words: str, now: datetime, *, month_first: bool) -> DayRange | None:
    """The days that the words mean, seen from `now` at the hospital; None where they name no day.

    `month_first`: 11/12 is November the 12th, as in the United States.
    """
    text, today = plain(words).text, now.date()
    found = find_days(text, today, month_first=month_first)
    if found:
        return next((item.days for item in found if not item.days.asap), found[0].days)
    return bare_day(text, today)


def resolve_time(words: str) -> TimeRange | None:
    """The times of the day that the words mean; None where they name none."""
    text = plain(words).text.strip(" .!?,")
    spans = tuple(
        (item.start, item.end)
        for item in find_days(text, _ANY_DAY, month_first=False)
        if _is_date(text, item.start, item.end)
    )
    found = find_times(text, bare=_is_bare(text), claimed=spans)
    if not found:
        return None
    return next((item for item in found if item.times.exact), found[0]).times


def is_bound(words: str) -> bool:
    """Whether a time only says from when on, or until when ("4.30 or later")."""
    hours = resolve_time(words)
    return hours is not None and not hours.exact and _BOUND.search(plain(words).text) is not None


def resolve_birth_date(words: str, *, month_first: bool) -> tuple[date, ...]:
    """All sensible readings, the likelier first: "03/04/84" has two."""
    return read_birth_date(words, month_first=month_first)


_BOUND = re.compile(
    r"(?<!\w)(?:after|before|later|earlier|onwards?|from|past|till|until|by|baa?d|pehle)(?!\w)"
    r"(?! (?:lunch|breakfast|noon|work|school))"
)
_ANY_DAY = date(2024, 1, 1)


def _is_date(text: str, start: int, end: int) -> bool:
    """A span that times must not be looked for in: it holds a number."""
    return any(char.isdigit() for char in text[start:end])


def _is_bare(text: str) -> bool:
    """A number and nothing else, with or without a preposition."""
    left = text.removeprefix("at ").removeprefix("for ").removeprefix("by ").strip()
    words = left.split()
    return len(words) <= 2 and "one" not in words[1:] and not left.endswith(("th", "st", "nd", "rd"))
