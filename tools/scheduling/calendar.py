"""From a weekly schedule to intervals: local wall-clock time in the location's zone, right on days when clocks change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, WithJsonSchema

from tools.scheduling.tables import ProviderSchedule


def _of_wall_clock(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("must be a local time, without an offset")
    return value


def _of_calendar(value: date) -> date:
    if not 1970 <= value.year <= 2199:
        raise ValueError("must be between 1970 and 2199")
    return value


# JSON Schema's own format `time` has an offset
_SCHEMA = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$", "examples": ["09:30:00"]}
LocalTime = Annotated[time, AfterValidator(_of_wall_clock), WithJsonSchema(_SCHEMA)]
Day = Annotated[date, AfterValidator(_of_calendar)]


@dataclass(frozen=True, slots=True)
class Interval:
    """A slot to be: UTC start and end, and the local date and time they were made from."""

    starts_at: datetime
    ends_at: datetime
    local_date: date
    local_time: time


def intervals(schedule: ProviderSchedule, zone: ZoneInfo, first: date, last: date) -> Iterator[Interval]:
    """The schedule's slots from `first` to `last`, both included, exceptions applied, in order."""
    first = max(first, schedule.valid_from)
    last = min(last, schedule.valid_to) if schedule.valid_to else last
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        free_from = datetime.min.replace(tzinfo=UTC)
        for start, end in sorted(hours_of(schedule, day)):
            for interval in _cut(day, start, end, schedule.slot_minutes, zone):
                if interval.starts_at >= free_from:  # neither an extra session nor a skipped hour makes two at once
                    free_from = interval.ends_at
                    yield interval


def hours_of(schedule: ProviderSchedule, day: date) -> list[tuple[time, time]]:
    """Working hours of one day: the weekly ones, less leave, plus extra sessions."""
    hours = [(schedule.local_start, schedule.local_end)] if day.weekday() in schedule.weekdays else []
    for exception in schedule.exceptions:
        if exception["date"] != day.isoformat():
            continue
        start = time.fromisoformat(exception["local_start"]) if exception.get("local_start") else time.min
        end = time.fromisoformat(exception["local_end"]) if exception.get("local_end") else time.max
        if exception["kind"] == "leave":
            hours = [piece for a, b in hours for piece in ((a, min(b, start)), (max(a, end), b)) if piece[0] < piece[1]]
        else:
            hours.append((start, end))
    return hours


def _cut(day: date, start: time, end: time, minutes: int, zone: ZoneInfo) -> Iterator[Interval]:
    """Slots of equal length within local hours. A time that the clock skips has no slot; one that comes twice has one."""
    step = timedelta(minutes=minutes)
    at = datetime.combine(day, start)
    close = datetime.combine(day, end)
    while at + step <= close:
        starts = at.replace(tzinfo=zone).astimezone(UTC)
        if starts.astimezone(zone).replace(tzinfo=None) == at:
            yield Interval(starts, starts + step, day, at.time())
        at += step
