"""Days that have a name and move from year to year."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from agents.understanding.resolve.when import resolve_day


def _read(words: str, today: date) -> date | None:
    now = datetime(today.year, today.month, today.day, 10, tzinfo=ZoneInfo("Asia/Kolkata"))
    found = resolve_day(words, now, month_first=False)
    return found.start if found else None


# Diwali: 8 November 2026; Holi: 22 March 2027; Thanksgiving: 26 November 2026, by the calendars of both governments.
@pytest.mark.parametrize(
    ("words", "today", "start"),
    [
        ("after diwali", date(2026, 10, 20), date(2026, 11, 9)),
        ("diwali ke baad", date(2026, 10, 20), date(2026, 11, 9)),
        ("दिवाली के बाद", date(2026, 10, 20), date(2026, 11, 9)),
        ("the day before holi", date(2027, 3, 1), date(2027, 3, 1)),
        ("on thanksgiving", date(2026, 11, 20), date(2026, 11, 26)),
        ("after christmas", date(2026, 11, 20), date(2026, 12, 26)),
        ("after new year's day", date(2026, 11, 20), date(2027, 1, 2)),
        ("after new year's eve", date(2026, 11, 20), date(2027, 1, 1)),
        ("republic day", date(2026, 11, 20), date(2027, 1, 26)),
        ("after diwali", date(2026, 11, 23), None),  # it was a fortnight ago
        ("cough since diwali", date(2026, 10, 20), None),
        ("happy diwali", date(2026, 10, 20), None),
        ("eid mubarak", date(2027, 3, 1), None),
        ("rakhi sharma", date(2026, 8, 1), None),
        ("after raksha bandhan", date(2026, 8, 1), date(2026, 8, 29)),
    ],
)
def test_a_feast_is_the_next_one_that_is_near(words: str, today: date, start: date | None) -> None:
    assert _read(words, today) == start
