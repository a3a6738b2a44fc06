"""Days, times and birth dates from words. Today is Wednesday, 18 November 2026."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from agents.understanding.resolve.when import resolve_birth_date, resolve_day, resolve_time

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=ZoneInfo("Asia/Kolkata"))


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("today", "11-18", "11-18"),
        ("aaj", "11-18", "11-18"),
        ("tmrw", "11-19", "11-19"),
        ("2moro", "11-19", "11-19"),
        ("kal", "11-19", "11-19"),
        ("कल", "11-19", "11-19"),
        ("parso", "11-20", "11-20"),
        ("day after tomorrow", "11-20", "11-20"),
        ("tuesday", "11-24", "11-24"),
        ("this tuesday", "11-24", "11-24"),
        ("next tuesday", "11-24", "11-24"),
        ("friday", "11-20", "11-20"),
        ("next friday", "11-27", "11-27"),
        ("tuesday next week", "11-24", "11-24"),
        ("this wednesday", "11-18", "11-18"),
        ("wednesday", "11-25", "11-25"),
        ("wendesday", "11-25", "11-25"),
        ("somvar", "11-23", "11-23"),
        ("सोमवार", "11-23", "11-23"),
        ("the 20th", "11-20", "11-20"),
        ("the 14th", "12-14", "12-14"),
        ("24", "11-24", "11-24"),
        ("20 tarikh", "11-20", "11-20"),
        ("24th nov", "11-24", "11-24"),
        ("Nov 24", "11-24", "11-24"),
        ("24/11", "11-24", "11-24"),
        ("11/24", "11-24", "11-24"),
        ("2026-12-01", "12-01", "12-01"),
        ("friday the 20th", "11-20", "11-20"),
        ("friday or saturday", "11-20", "11-21"),
        ("next week", "11-23", "11-29"),
        ("this weekend", "11-21", "11-22"),
        ("in two weeks", "12-02", "12-08"),
        ("in 3 days", "11-21", "11-21"),
        ("end of the month", "11-24", "11-30"),
        ("after the 20th", "11-21", "12-04"),
        ("before friday", "11-18", "11-19"),
        ("by monday", "11-18", "11-23"),
        ("any day", "11-18", "12-09"),
        ("the one with dr rao on tuesday", "11-24", "11-24"),
    ],
)
def test_days(words: str, start: str, end: str) -> None:
    found = resolve_day(words, NOW, month_first=False)
    assert found is not None
    assert (found.start, found.end) == (date.fromisoformat(f"2026-{start}"), date.fromisoformat(f"2026-{end}"))
    assert not found.asap


@pytest.mark.parametrize("words", ["asap", "as soon as possible", "earliest", "soonest", "first available", "jaldi"])
def test_as_soon_as_possible(words: str) -> None:
    found = resolve_day(words, NOW, month_first=False)
    assert found is not None and found.asap and found.start == NOW.date()


@pytest.mark.parametrize("words", ["dr rao", "hello there", "after lunch", "10:30", "may i come", "that one", "31/31"])
def test_no_day(words: str) -> None:
    assert resolve_day(words, NOW, month_first=False) is None


def test_month_first_decides_only_where_both_are_possible() -> None:
    found = [resolve_day("5/1", NOW, month_first=first) for first in (False, True)]
    assert [item.start for item in found if item] == [date(2027, 1, 5), date(2027, 5, 1)]


def test_a_past_date_without_year_is_the_next_one() -> None:
    found = resolve_day("14 nov", NOW, month_first=False)
    assert found is not None and found.start == date(2027, 11, 14)


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("morning", "06:00", "12:00"),
        ("after lunch", "13:00", "17:00"),
        ("tuesday after lunch", "13:00", "17:00"),
        ("before 11", "00:00", "11:00"),
        ("around 4", "15:30", "17:00"),
        ("5ish", "16:30", "18:00"),
        ("between 2 and 4", "14:00", "16:00"),
        ("2-4 pm", "14:00", "16:00"),
        ("10 to 12", "10:00", "12:00"),
        ("after 5", "17:00", "23:59"),
        ("4 baje ke baad", "16:00", "23:59"),
        ("after work", "17:00", "21:00"),
        ("shaam", "16:00", "21:00"),
        ("dopahar ke baad", "13:00", "17:00"),
        ("सुबह", "06:00", "12:00"),
    ],
)
def test_stretches_of_time(words: str, start: str, end: str) -> None:
    found = resolve_time(words)
    assert found is not None and not found.exact
    assert (found.start, found.end) == (time.fromisoformat(start), time.fromisoformat(end))


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("4", "16:00"),
        ("at 9", "09:00"),
        ("12", "12:00"),
        ("7 am", "07:00"),
        ("10.30", "10:30"),
        ("1030", "10:30"),
        ("16:30", "16:30"),
        ("half past nine", "09:30"),
        ("quarter to ten", "09:45"),
        ("ten thirty", "10:30"),
        ("noon", "12:00"),
        ("5 o'clock", "17:00"),
        ("4 in the evening", "16:00"),
        ("12 in the afternoon", "12:00"),
        ("evening 4", "16:00"),
        ("shaam 4 baje", "16:00"),
        ("saadhe char baje", "16:30"),
        ("the 10:30 one", "10:30"),
        ("friday at 5", "17:00"),
        ("5th of nov 10am", "10:00"),
    ],
)
def test_times_of_the_clock(words: str, at: str) -> None:
    found = resolve_time(words)
    assert found is not None and found.exact
    assert found.start == found.end == time.fromisoformat(at)


@pytest.mark.parametrize(
    "words", ["friday", "the 14th", "nov 14", "third", "that one", "dr rao", "good morning", "2 tablets"]
)
def test_no_time(words: str) -> None:
    assert resolve_time(words) is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("12 march 1984", ["1984-03-12"]),
        ("12th of mar 84", ["1984-03-12"]),
        ("March 12, 1984", ["1984-03-12"]),
        ("1984-03-12", ["1984-03-12"]),
        ("12/03/84", ["1984-03-12", "1984-12-03"]),
        ("13/04/2001", ["2001-04-13"]),
        ("120384", ["1984-03-12", "1984-12-03"]),
        ("30 feb 1990", []),
        ("hello", []),
    ],
)
def test_birth_dates(words: str, expected: list[str]) -> None:
    assert [day.isoformat() for day in resolve_birth_date(words, month_first=False)] == expected


def test_birth_dates_month_first() -> None:
    assert resolve_birth_date("03/12/1984", month_first=True)[0] == date(1984, 3, 12)


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("nothing before 2", "14:00", "23:59"), ("not earlier than 1 pm", "13:00", "23:59"),
        ("can't come before 11", "11:00", "23:59"), ("11 se pehle nahi", "11:00", "23:59"),
        ("not later than 3 o'clock", "00:00", "15:00"), ("nothing after 12", "00:00", "12:00"),
        ("3 baje ke baad nahi", "00:00", "15:00"), ("any time once it's past 4", "16:00", "23:59"),
        ("before 11", "00:00", "11:00"), ("no, before 11", "00:00", "11:00"), ("5 ke baad", "17:00", "23:59"),
    ],
)  # fmt: skip
def test_a_denied_bound_is_the_other_way_round(words: str, start: str, end: str) -> None:
    found = resolve_time(words)
    assert found is not None and (found.start, found.end) == (time.fromisoformat(start), time.fromisoformat(end))


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("not before friday", (11, 20), (12, 4)), ("friday se pehle nahi", (11, 20), (12, 4)),
        ("nothing before the 25th", (11, 25), (12, 9)), ("not after friday", (11, 18), (11, 20)),
        ("no, before friday", (11, 18), (11, 19)),
    ],
)  # fmt: skip
def test_a_denied_day_is_the_other_way_round(words: str, start: tuple[int, int], end: tuple[int, int]) -> None:
    found = resolve_day(words, NOW, month_first=False)
    assert found is not None and (found.start, found.end) == (date(2026, *start), date(2026, *end))
