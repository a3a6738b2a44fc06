"""From a weekly schedule to intervals: local wall-clock time in the location's zone, right on days when clocks
change."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from db.json import JsonObject
from tools.runtime.tool import Args
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


LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Interval:
    """A slot to be: UTC start and end, and the local date and time they were made from."""

    starts_at: datetime
    ends_at: datetime
    local_date: date
    local_time: time


class ScheduleException(Args):
    """Leave (no local times: the whole days) or an extra session, on one date or on each from `valid_from` to
    `valid_to`."""

    date: Day | None = Field(None, description="One day; the same as valid_from and valid_to on that day")
    valid_from: Day | None = None
    valid_to: Day | None = None
    kind: Literal["leave", "extra"]
    local_start: LocalTime | None = None
    local_end: LocalTime | None = None

    @model_validator(mode="after")
    def _days(self) -> ScheduleException:
        if (self.date is None) == (self.valid_from is None and self.valid_to is None):
            raise ValueError("needs either date, or valid_from and valid_to")
        first, last = self.days()
        if first is None or last is None:
            raise ValueError("needs both valid_from and valid_to")
        if not 0 <= (last - first).days < LONGEST_DAYS:
            raise ValueError(f"valid_to must be on or after valid_from, within {LONGEST_DAYS} days")
        return self

    @model_validator(mode="after")
    def _hours(self) -> ScheduleException:
        if self.kind == "extra" and (self.local_start is None or self.local_end is None):
            raise ValueError("an extra session needs local_start and local_end")
        if self.local_start and self.local_end and self.local_start >= self.local_end:
            raise ValueError("local_start must be before local_end")
        return self

    def days(self) -> tuple[Day | None, Day | None]:
        return (self.valid_from, self.valid_to) if self.date is None else (self.date, self.date)

    def stored(self) -> JsonObject:
        """As it is kept: always with both dates."""
        first, last = self.days()
        hours = self.model_dump(mode="json", include={"kind", "local_start", "local_end"})
        return {"valid_from": str(first), "valid_to": str(last), **hours}


def intervals(
    schedule: ProviderSchedule, zone: ZoneInfo, *, first: date, last: date, holidays: Collection[date] = ()
) -> Iterator[Interval]:
    """The schedule's slots from `first` to `last`, both included, exceptions and holidays applied, in order."""
    first = max(first, schedule.valid_from)
    last = min(last, schedule.valid_to) if schedule.valid_to else last
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        free_from = datetime.min.replace(tzinfo=UTC)
        for start, end in sorted(hours_of(schedule, day, holidays)):
            for interval in _cut(day, start, end=end, minutes=schedule.slot_minutes, zone=zone):
                if interval.starts_at >= free_from:  # neither an extra session nor a skipped hour makes two at once
                    free_from = interval.ends_at
                    yield interval


def hours_of(schedule: ProviderSchedule, day: date, holidays: Collection[date] = ()) -> list[tuple[time, time]]:
    """Working hours of one day: the weekly ones, unless the place has a holiday that the schedule keeps, less leave,
    plus extra sessions."""
    works = day.weekday() in schedule.weekdays and (schedule.works_holidays or day not in holidays)
    hours = [(schedule.local_start, schedule.local_end)] if works else []
    for exception in schedule.exceptions:
        if not exception["valid_from"] <= day.isoformat() <= exception["valid_to"]:
            continue
        start = time.fromisoformat(exception["local_start"]) if exception.get("local_start") else time.min
        end = time.fromisoformat(exception["local_end"]) if exception.get("local_end") else time.max
        if exception["kind"] == "leave":
            hours = [
                piece
                for opens, closes in hours
                for piece in ((opens, min(closes, start)), (max(opens, end), closes))
                if piece[0] < piece[1]
            ]
        else:
            hours.append((start, end))
    return hours


def days_of(exception: JsonObject) -> Iterator[date]:
    """Each day of an exception as it is kept."""
    first, last = date.fromisoformat(exception["valid_from"]), date.fromisoformat(exception["valid_to"])
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def _cut(day: date, start: time, *, end: time, minutes: int, zone: ZoneInfo) -> Iterator[Interval]:
    """Slots of equal length within local hours. A time that the clock skips has no slot; one that comes twice has
    one."""
    step = timedelta(minutes=minutes)
    at = datetime.combine(day, start)
    close = datetime.combine(day, end)
    while at + step <= close:
        starts = at.replace(tzinfo=zone).astimezone(UTC)
        if starts.astimezone(zone).replace(tzinfo=None) == at:
            yield Interval(starts, starts + step, day, at.time())
        at += step
