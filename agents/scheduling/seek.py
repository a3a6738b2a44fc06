"""From the patient's words to open slots: who, where, which days, which hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from agents.turn.conversation_state import Option
from agents.turn.dialogue import Dialogue
from agents.understanding.hearing import Directory, Known
from agents.understanding.resolve.names import find_anyone, match_location, match_practitioners, match_specialty
from agents.understanding.resolve.spelling import plain
from agents.understanding.resolve.when import resolve_day, resolve_time
from tools.scheduling.slots import SlotOut

SHOWN = 4  # slots a message
LOOK_AHEAD = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What slots are looked for. Dates and times are local to the hospital."""

    practitioner: Known | None
    specialty: str | None
    location: Known | None
    first: date
    last: date | None
    time_from: time | None
    time_to: time | None
    exact: bool  # a time of the clock was said, not a part of the day


class Unclear(Exception):
    """Something must be asked first; the question has been put."""


def who(d: Dialogue) -> tuple[Known | None, str | None]:
    """(practitioner, specialty) wanted. Asks, and raises Unclear, where the words leave it open."""
    slots, directory = d.state.slots, d.place.directory
    specialty = _specialty(d, slots.get("specialty")) or _specialty(d, slots.get("complaint"))
    words = slots.get("practitioner")
    if words and anyone(words, directory):
        forget_doctor(d)
        words = None
    if not words:
        return None, specialty
    found = match_practitioners(words, directory.practitioners)
    if specialty is not None:
        found = [known for known in found if d.place.specialty_of.get(str(known.id)) == specialty] or found
    if len(found) == 1:
        return found[0], d.place.specialty_of[str(found[0].id)]
    slots.pop("practitioner")
    if not found:
        d.say("doctor_not_found", words=words)
        if specialty is None:
            d.state.ask("practitioner")
            d.say("ask_who")
            raise Unclear
        return None, specialty
    options = [
        Option(id=str(known.id), label=f"{known.name}, {d.place.specialty_name(d.place.specialty_of[str(known.id)])}")
        for known in found[:6]
    ]
    d.say("which_doctor")
    d.state.ask("choice", kind="practitioner", options=options)
    raise Unclear


def anyone(words: str, directory: Directory) -> bool:
    """Whether the words leave it open which doctor; a name of the hospital's in them wins."""
    return find_anyone(plain(words).text) is not None and not match_practitioners(words, directory.practitioners)


def forget_doctor(d: Dialogue, *, other: bool = False) -> None:
    """Any doctor will do: the specialty of the one who was wanted stays. `other`: any but that one."""
    slots = d.state.slots
    name = slots.pop("practitioner", None)
    found = match_practitioners(name, d.place.directory.practitioners) if name else []
    if len(found) != 1:
        return
    if other:
        slots["other_than"] = str(found[0].id)
    if not slots.get("specialty"):
        slots["specialty"] = d.place.specialty_name(d.place.specialty_of[str(found[0].id)])


def _specialty(d: Dialogue, words: str | None) -> str | None:
    if not words:
        return None
    found = match_specialty(words, d.place.directory.specialties)
    return str(found[0].id) if found else None


def wanted(d: Dialogue, practitioner: Known | None, specialty: str | None) -> Wanted:
    """The search that the words so far describe. Asks for a day where none was said."""
    slots, today = d.state.slots, d.now.date()
    day = resolve_day(slots["day"], d.now, month_first=d.tenant.month_first) if slots.get("day") else None
    hours = resolve_time(slots["time"]) if slots.get("time") else None
    if hours is None and slots.get("day"):
        hours = resolve_time(slots["day"]) if day is not None and not slots["day"].strip().isdigit() else None
    if day is None:
        if slots.pop("day", None):
            d.say("day_not_clear")
        d.state.ask("day")
        d.say("ask_day")
        raise Unclear
    if day.end < today:
        d.say("day_past")
        slots.pop("day", None)
        d.state.ask("day")
        raise Unclear
    location = None
    if slots.get("location"):
        places = match_location(slots["location"], d.place.directory.locations)
        location = places[0] if places else None
        if location is None:
            d.say("location_not_found", words=slots.pop("location"))
    first = max(day.start, today)
    last = None if day.asap else day.end
    exact = hours is not None and hours.exact
    return Wanted(
        practitioner, None if practitioner else specialty, location, first, last,
        hours.start if hours else None, hours.end if hours else None, exact,
    )  # fmt: skip


async def search(d: Dialogue, seek: Wanted, *, limit: int = SHOWN) -> list[SlotOut]:
    """Open slots, earliest first, after the place where the patient asked for later ones."""
    args: dict[str, Any] = {
        "practitioner_id": str(seek.practitioner.id) if seek.practitioner else None,
        "specialty": seek.specialty,
        "location_id": str(seek.location.id) if seek.location else None,
        "date_from": seek.first.isoformat(),
        "date_to": seek.last.isoformat() if seek.last else None,
        "time_from": seek.time_from.isoformat() if seek.time_from else None,
        "time_to": _up_to(seek),
        "patient_id": str(d.state.subject_id) if d.state.subject_id else None,
        "moving": str(d.state.appointment_id) if d.state.appointment_id else None,
        "limit": 200 if d.state.after or d.state.before else 60,
    }
    page = await d.call("scheduling.find_slots", **args)
    other_than = d.state.slots.get("other_than")  # the doctor who is not wanted
    found = [
        slot
        for slot in page.items
        if (d.state.after is None or slot.starts_at > d.state.after) and str(slot.practitioner_id) != other_than
    ]
    if d.state.before is not None:
        return [slot for slot in found if slot.starts_at < d.state.before][-limit:]
    return spread(found, limit)


def _up_to(seek: Wanted) -> str | None:
    if seek.exact and seek.time_from:  # the clock time asked for, and no later
        return (datetime.combine(date.min, seek.time_from) + timedelta(minutes=1)).time().isoformat()
    return seek.time_to.isoformat() if seek.time_to else None


def spread(found: list[SlotOut], limit: int) -> list[SlotOut]:
    """A few slots to show: of one time the first doctor only, and not all within the same hour where there is choice."""
    by_time: dict[datetime, SlotOut] = {}
    for slot in found:
        by_time.setdefault(slot.starts_at, slot)
    slots = list(by_time.values())
    hourly: dict[tuple[date, int], SlotOut] = {}
    for slot in slots:
        hourly.setdefault((slot.local_date, slot.local_time.hour), slot)
    few = list(hourly.values())[:limit]
    for slot in slots:
        if len(few) >= limit:
            break
        if slot not in few:
            few.append(slot)
    return sorted(few, key=lambda slot: slot.starts_at)


async def nearest(d: Dialogue, seek: Wanted) -> tuple[list[SlotOut], str]:
    """Slots near what was wanted, when there is none: (slots, the sentence that says how they differ)."""
    tries = [
        (replace(seek, exact=False, time_from=None, time_to=None), "none_then_same_day"),
        (replace(seek, first=seek.first, last=seek.first + LOOK_AHEAD, exact=False), "none_then_other_day"),
        (replace(seek, last=seek.first + LOOK_AHEAD, exact=False, time_from=None, time_to=None), "none_then_other_day"),
    ]
    if seek.location is not None:
        tries.append(
            (replace(seek, location=None, last=seek.first + LOOK_AHEAD, exact=False, time_from=None, time_to=None),
             "none_then_other_place")
        )  # fmt: skip
    if seek.practitioner is not None:
        code = d.place.specialty_of[str(seek.practitioner.id)]
        other = replace(seek, practitioner=None, specialty=code, last=seek.first + LOOK_AHEAD, exact=False)
        tries.append((other, "none_then_other_doctor"))
    for attempt, sentence in tries:
        found = await search(d, attempt)
        if found:
            return found, sentence
    return [], "none_at_all"


def slot_option(d: Dialogue, slot: SlotOut) -> Option:
    at = d.local(slot.starts_at, slot.location_id)
    return Option(id=str(slot.id), label=f"{d.when(at)}, {slot.practitioner}, {slot.location}", at=at)
