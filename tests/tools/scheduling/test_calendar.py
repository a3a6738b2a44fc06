"""From weekly hours to slots, on days when clocks change and on days with exceptions."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tools.scheduling.calendar import intervals
from tools.scheduling.tables import ProviderSchedule

NEW_YORK = ZoneInfo("America/New_York")


def weekly(start: str, end: str, minutes: int, *exceptions: dict[str, str]) -> ProviderSchedule:
    return ProviderSchedule(
        weekdays=list(range(7)), local_start=time.fromisoformat(start), local_end=time.fromisoformat(end),
        slot_minutes=minutes, valid_from=date(2020, 1, 1), valid_to=None, exceptions=list(exceptions),
    )  # fmt: skip


def made(schedule: ProviderSchedule, day: str, zone: ZoneInfo = NEW_YORK) -> list[tuple[str, str]]:
    """(local start, UTC start) of a day's slots."""
    that = date.fromisoformat(day)
    found = list(intervals(schedule, zone, first=that, last=that))
    assert all(slot.ends_at - slot.starts_at == timedelta(minutes=schedule.slot_minutes) for slot in found)
    return [(f"{slot.local_time:%H:%M}", f"{slot.starts_at:%H:%M}") for slot in found]


def test_an_hour_that_the_clock_skips_has_no_slots() -> None:
    """8 March 2026 in New York: 2:00 becomes 3:00."""
    assert made(weekly("01:00", "04:00", 30), "2026-03-08") == [
        ("01:00", "06:00"), ("01:30", "06:30"), ("03:00", "07:00"), ("03:30", "07:30"),
    ]  # fmt: skip
    assert made(weekly("02:00", "03:00", 30), "2026-03-08") == []
    assert len(made(weekly("02:00", "03:00", 30), "2026-03-09")) == 2


def test_an_hour_that_comes_twice_has_its_slots_once() -> None:
    """1 November 2026 in New York: 2:00 becomes 1:00."""
    assert made(weekly("00:30", "03:00", 30), "2026-11-01") == [
        ("00:30", "04:30"), ("01:00", "05:00"), ("01:30", "05:30"), ("02:00", "07:00"), ("02:30", "07:30"),
    ]  # fmt: skip


def test_working_hours_stay_on_the_wall_clock() -> None:
    assert made(weekly("09:00", "09:30", 30), "2026-03-07") == [("09:00", "14:00")]
    assert made(weekly("09:00", "09:30", 30), "2026-03-08") == [("09:00", "13:00")]


def test_no_two_slots_overlap_around_the_gap() -> None:
    """45 minutes from 1:45 end at 3:30 on the clock: the slot of 3:15 would begin before."""
    assert made(weekly("01:00", "05:00", 45), "2026-03-08") == [
        ("01:00", "06:00"),
        ("01:45", "06:45"),
        ("04:00", "08:00"),
    ]


def test_midnight_that_does_not_exist() -> None:
    """Beirut skipped midnight to 1:00 on 26 March 2023; Lord Howe moves by half an hour."""
    assert made(weekly("00:00", "02:00", 60), "2024-03-31", ZoneInfo("Asia/Beirut")) == [("01:00", "22:00")]
    assert [local for local, _ in made(weekly("01:30", "03:00", 30), "2026-10-04",
        ZoneInfo("Australia/Lord_Howe"))] == [
        "01:30", "02:30",
    ]  # fmt: skip


@given(
    st.sampled_from(["America/New_York", "Asia/Kolkata", "Asia/Beirut", "Australia/Lord_Howe", "America/St_Johns"]),
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    st.sampled_from([5, 15, 20, 45, 90]),
    st.times(),
)
def test_slots_of_any_day(zone: str, day: date, minutes: int, extra: time) -> None:
    """In order, never two at once, each at its own time on the wall clock, and of full length."""
    end = min(datetime.combine(day, extra) + timedelta(hours=2), datetime.combine(day, time.max)).time()
    session = {
        "valid_from": day.isoformat(),
        "valid_to": day.isoformat(),
        "kind": "extra",
        "local_start": extra.isoformat(),
        "local_end": end.isoformat(),
    }
    schedule = weekly("00:00", "23:00", minutes, session)
    slots = list(intervals(schedule, ZoneInfo(zone), first=day, last=day))
    for before, after in pairwise(slots):
        assert before.ends_at <= after.starts_at
    for slot in slots:
        local = slot.starts_at.astimezone(ZoneInfo(zone))
        assert (local.date(), local.time()) == (day, slot.local_time)
        assert slot.starts_at.tzinfo is UTC


def test_leave_and_extra_sessions() -> None:
    day = "2026-11-24"
    leave = {"valid_from": day, "valid_to": day, "kind": "leave", "local_start": "10:00:00", "local_end": "11:00:00"}
    extra = {"valid_from": day, "valid_to": day, "kind": "extra", "local_start": "11:30:00", "local_end": "13:00:00"}
    hours = ("09:00", "12:00", 60)
    assert [local for local, _ in made(weekly(*hours), day)] == ["09:00", "10:00", "11:00"]
    assert [local for local, _ in made(weekly(*hours, leave), day)] == ["09:00", "11:00"]
    assert made(weekly(*hours, {"valid_from": day, "valid_to": day, "kind": "leave"}), day) == []
    assert [local for local, _ in made(weekly(*hours, extra), day)] == ["09:00", "10:00", "11:00"]
    assert [
        local for local, _ in made(weekly(*hours, {"valid_from": day, "valid_to": day, "kind": "leave"}, extra), day)
    ] == ["11:30"]
