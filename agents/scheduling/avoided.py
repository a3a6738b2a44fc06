"""What does not suit a patient: days, times and doctors, in the words that were said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from agents.scheduling.data import VisitData
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.clock import TimeRange
from agents.understanding.resolve.days import find_days, weekday_of
from agents.understanding.resolve.names import match_practitioners
from agents.understanding.resolve.spelling import plain
from agents.understanding.resolve.when import resolve_time
from tools.scheduling.slots import SlotOut


@dataclass(frozen=True, slots=True)
class Avoided:
    weekdays: frozenset[int]
    days: tuple[tuple[date, date], ...]
    times: tuple[TimeRange, ...]
    practitioners: frozenset[str]

    def suits(self, slot: SlotOut) -> bool:
        """Whether a slot is none of them."""
        clock = slot.local_time
        in_time = any(clock == one.start if one.exact else one.start <= clock < one.end for one in self.times)
        in_days = any(first <= slot.local_date <= last for first, last in self.days)
        on_weekday = slot.local_date.weekday() in self.weekdays
        return not (in_time or in_days or on_weekday or str(slot.practitioner_id) in self.practitioners)


def avoided(dialogue: Dialogue) -> Avoided:
    """What the words so far say does not suit."""
    weekdays: set[int] = set()
    days: list[tuple[date, date]] = []
    times: list[TimeRange] = []
    practitioners: set[str] = set()
    for words in (dialogue.data(VisitData).avoid or "").split("; "):
        text = plain(words).text
        found = find_days(text, dialogue.now.date(), month_first=dialogue.tenant.month_first)
        for one in found:
            weekday = weekday_of(text[one.start : one.end])
            if weekday is not None:
                weekdays.add(weekday)
            else:
                days.append((one.days.start, one.days.end))
        time = resolve_time(words) if words and not found else None
        if time is not None:
            times.append(time)
        elif not found:
            named = match_practitioners(words, dialogue.hospital.names.practitioners)
            practitioners |= {str(known.id) for known in named[:1]}
    return Avoided(frozenset(weekdays), tuple(days), tuple(times), frozenset(practitioners))
