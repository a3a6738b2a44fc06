"""From the patient's words to open slots: who, where, which days, which hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from pydantic import JsonValue

from agents.scheduling import departments
from agents.scheduling.avoided import avoided
from agents.scheduling.data import VisitData
from agents.turn.conversation_state import Option
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.names import find_anyone, match_location, match_practitioners
from agents.understanding.resolve.specialty_words import LADY, DoctorSex, sex_of
from agents.understanding.resolve.spelling import plain
from agents.understanding.resolve.when import resolve_day, resolve_time
from agents.understanding.utterance import Directory, Known
from tools.conversations.texts import say_day
from tools.scheduling.rules import SlotRules
from tools.scheduling.slots import SlotOut, find_slots

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
    sex: DoctorSex | None  # of the doctor, where it matters
    exact: bool  # a time of the clock was said, not a part of the day


class Unclear(Exception):
    """Something must be asked first; the question has been put."""


async def who(dialogue: Dialogue) -> tuple[Known | None, str | None]:
    """(practitioner, specialty) wanted. Asks, and raises Unclear, where the words leave it open."""
    data, directory = dialogue.data(VisitData), dialogue.hospital.names
    specialty = await _specialty(dialogue)
    words = data.practitioner
    if words and anyone(words, directory):
        forget_doctor(dialogue)
        words = None
    if not words:
        if specialty is not None:
            await _check_fit(dialogue, specialty)
        return None, specialty
    found = match_practitioners(words, directory.practitioners)
    if specialty is not None:
        found = [known for known in found if dialogue.hospital.specialty_of.get(str(known.id)) == specialty] or found
    if len(found) == 1:
        await _check_fit(dialogue, dialogue.hospital.specialty_of[str(found[0].id)])
        return found[0], dialogue.hospital.specialty_of[str(found[0].id)]
    data.practitioner = None
    if not found:
        if specialty is None and (place := await departments.place_for(dialogue, words)) is not None and place.sure:
            data.specialty = dialogue.hospital.specialty_name(place.code)
            return None, place.code
        dialogue.say("doctor_not_found", words=words)
        if specialty is None:
            dialogue.state.ask("practitioner")
            dialogue.say("ask_who")
            raise Unclear
        return None, specialty
    options = [
        Option(
            id=str(known.id),
            label=f"{known.name}, {dialogue.hospital.specialty_name(dialogue.hospital.specialty_of[str(known.id)])}",
        )
        for known in found[:6]
    ]
    dialogue.say("which_doctor")
    dialogue.state.ask("choice", kind="practitioner", options=options)
    raise Unclear


async def _check_fit(dialogue: Dialogue, specialty: str) -> None:
    """A doctor for women and a man or a girl, one for children and an adult: it is asked, once, for whom it is."""
    data = dialogue.data(VisitData)
    if data.fits or dialogue.state.flow == "reschedule" or specialty not in (departments.CHILDREN, departments.WOMEN):
        return
    years, sex = await departments.age_and_sex(dialogue)
    if (
        sex == "male"
        and specialty == departments.WOMEN
        and data.specialty
        and LADY.fullmatch(plain(data.specialty).text)
    ):
        data.practitioner_sex, data.specialty = data.specialty, None  # a man who wants a woman as his doctor
        dialogue.say("ask_who")
        dialogue.state.ask("specialty")
        raise Unclear
    young = years < departments.CHILD_UNDER
    if (specialty == departments.CHILDREN) == young and not (specialty == departments.WOMEN and sex == "male"):
        return
    data.fits = True
    name = dialogue.state.subject_name or dialogue.state.given
    dialogue.say("ask_fits", name=name, specialty=dialogue.hospital.specialty_name(specialty))
    dialogue.state.ask("for_whom")
    raise Unclear


def anyone(words: str, directory: Directory) -> bool:
    """Whether the words leave it open which doctor; a name of the hospital's in them wins."""
    return find_anyone(plain(words).text) is not None and not match_practitioners(words, directory.practitioners)


def forget_unlike(dialogue: Dialogue, data: VisitData) -> None:
    """Where a woman or a man is wanted, a doctor who was named before and is not one gives way."""
    sex = sex_of(plain(data.practitioner_sex or "").text)
    found = match_practitioners(data.practitioner or "", dialogue.hospital.names.practitioners)
    if sex and len(found) == 1 and dialogue.hospital.sex_of.get(str(found[0].id), sex) != sex:
        data.practitioner = None
        data.specialty = data.specialty or dialogue.hospital.specialty_name(
            dialogue.hospital.specialty_of[str(found[0].id)]
        )


def _doctor_sex(dialogue: Dialogue, specialty: str | None) -> DoctorSex | None:
    """Whether a woman or a man is wanted, where one can be had; that none can is said, and the wish is let go."""
    data, hospital = dialogue.data(VisitData), dialogue.hospital
    sex = sex_of(plain(data.practitioner_sex or data.specialty or "").text)  # a "lady doctor" is a kind, and a woman
    if sex is None:
        return None
    known = [hospital.sex_of.get(doctor) for doctor, code in hospital.specialty_of.items() if code == specialty]
    if sex in known:
        return sex
    data.practitioner_sex = None
    name = hospital.specialty_name(specialty or "")
    dialogue.say("sex_not_on_record" if None in known else f"no_{sex}_doctor", specialty=name)
    return None


def forget_doctor(dialogue: Dialogue, *, other: bool = False) -> None:
    """Any doctor will do: the specialty of the one who was wanted stays. `other`: any but that one."""
    data = dialogue.data(VisitData)
    name, data.practitioner = data.practitioner, None
    found = match_practitioners(name, dialogue.hospital.names.practitioners) if name else []
    if len(found) != 1:
        return
    if other:
        data.other_than = str(found[0].id)
    if not data.specialty:
        data.specialty = dialogue.hospital.specialty_name(dialogue.hospital.specialty_of[str(found[0].id)])


async def _specialty(dialogue: Dialogue) -> str | None:
    """The department that is named, or that the complaint belongs to; of a complaint it is said once which and why."""
    data = dialogue.data(VisitData)
    if data.specialty and (code := departments.named(dialogue, data.specialty)) is not None:
        return code
    words = data.complaint or data.specialty
    if not words or data.practitioner:
        return None
    place = await departments.place_for(dialogue, words)
    if place is None:
        return None
    name = dialogue.hospital.specialty_name(place.code)
    data.complaint, data.specialty = words, name
    dialogue.say("complaint_to_specialty" if place.sure else "complaint_to_first", specialty=name)
    return place.code


def wanted(dialogue: Dialogue, practitioner: Known | None, specialty: str | None) -> Wanted:
    """The search that the words so far describe. Asks for a day where none was said."""
    data, today = dialogue.data(VisitData), dialogue.now.date()
    day = resolve_day(data.day, dialogue.now, month_first=dialogue.tenant.month_first) if data.day else None
    hours = resolve_time(data.time) if data.time else None
    if hours is None and day is not None and data.day and not data.day.strip().isdigit():
        hours = resolve_time(data.day)
    if day is None:
        if data.day:
            data.day = None
            dialogue.say("day_not_clear")
        dialogue.state.ask("day")
        dialogue.say("ask_day")
        raise Unclear
    if day.end < today:
        raise _refused(dialogue, "day_past")
    rules = dialogue.runtime.services.find(SlotRules) or SlotRules()
    last_day = today + timedelta(days=rules.horizon_days)
    if day.start > last_day:
        until = say_day(datetime.combine(last_day, time(0)), dialogue.language)
        dialogue.worked_out.append(until)
        raise _refused(dialogue, "day_far", last=until)
    location = None
    if data.location:
        places = match_location(data.location, dialogue.hospital.names.locations)
        everywhere = len(places) == len(dialogue.hospital.names.locations) > 1  # the city of all
        location = places[0] if places and not everywhere else None
        if not places:
            dialogue.say("location_not_found", words=data.location)
            data.location = None
    first = max(day.start, today)
    last = None if day.asap else day.end
    exact = hours is not None and hours.exact
    sex = _doctor_sex(dialogue, specialty) if practitioner is None else None
    return Wanted(
        practitioner, None if practitioner else specialty, location, first, last,
        hours.start if hours else None, hours.end if hours else None, sex, exact,
    )  # fmt: skip


def _refused(dialogue: Dialogue, name: str, **facts: object) -> Unclear:
    """A day that cannot be had is forgotten with its time, and another is asked for."""
    dialogue.say(name, **facts)
    dialogue.data(VisitData).forget("day", "time")
    dialogue.state.ask("day")
    return Unclear()


async def search(dialogue: Dialogue, seek: Wanted, *, limit: int = SHOWN) -> list[SlotOut]:
    """Open slots, earliest first, after the place where the patient asked for later ones."""
    data = dialogue.data(VisitData)
    args: dict[str, JsonValue] = {
        "practitioner_id": str(seek.practitioner.id) if seek.practitioner else None,
        "specialty": seek.specialty,
        "practitioner_sex": seek.sex,
        "location_id": str(seek.location.id) if seek.location else None,
        "date_from": seek.first.isoformat(),
        "date_to": seek.last.isoformat() if seek.last else None,
        "time_from": seek.time_from.isoformat() if seek.time_from else None,
        "time_to": _up_to(seek),
        "patient_id": str(dialogue.state.subject_id) if dialogue.state.subject_id else None,
        "moving": str(data.appointment_id) if data.appointment_id else None,
        "limit": 200 if data.after or data.before or data.avoid else 60,
    }
    page = await dialogue.call(find_slots, **args)
    suits = avoided(dialogue).suits
    found = [
        slot
        for slot in page.items
        if (data.after is None or slot.starts_at > data.after)
        and str(slot.practitioner_id) != data.other_than
        and suits(slot)
    ]
    if data.before is not None:
        return [slot for slot in found if slot.starts_at < data.before][-limit:]
    return spread(found, limit)


def _up_to(seek: Wanted) -> str | None:
    if seek.exact and seek.time_from:  # the clock time asked for, and no later
        return (datetime.combine(date.min, seek.time_from) + timedelta(minutes=1)).time().isoformat()
    return seek.time_to.isoformat() if seek.time_to else None


def spread(found: list[SlotOut], limit: int) -> list[SlotOut]:
    """A few slots to show: of one time the first doctor only, and not all within the same hour where there is
    choice."""
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


async def nearest(dialogue: Dialogue, seek: Wanted) -> tuple[list[SlotOut], str]:
    """Slots near what was wanted, when there is none: (slots, the sentence that says how they differ)."""
    tries = [
        (replace(seek, exact=False, time_from=None, time_to=None), "none_then_same_day"),
        (replace(seek, first=seek.first, last=seek.first + LOOK_AHEAD, exact=False), "none_then_other_day"),
        (replace(seek, last=seek.first + LOOK_AHEAD, exact=False, time_from=None, time_to=None), "none_then_other_day"),
    ]
    if dialogue.data(VisitData).latest == "time":
        tries[0], tries[1] = tries[1], tries[0]
    if seek.location is not None:
        tries.append(
            (replace(seek, location=None, last=seek.first + LOOK_AHEAD, exact=False, time_from=None, time_to=None),
             "none_then_other_place")
        )  # fmt: skip
    if seek.sex is not None:
        other = replace(seek, sex=None, exact=False)
        tries.append((other, f"none_then_no_{seek.sex}"))
    if seek.practitioner is not None:
        code = dialogue.hospital.specialty_of[str(seek.practitioner.id)]
        other = replace(seek, practitioner=None, specialty=code, last=seek.first + LOOK_AHEAD, exact=False)
        tries.append((other, "none_then_other_doctor"))
    if dialogue.data(VisitData).insists:
        tries = [(wish, name) for wish, name in tries if _keeps(wish, seek)] or tries
    for attempt, sentence in tries:
        found = await search(dialogue, attempt)
        if found:
            return found, sentence
    return [], "none_at_all"


def _keeps(attempt: Wanted, seek: Wanted) -> bool:
    """Whether an attempt keeps the hours, the place and the doctor's sex that were wanted."""
    kept = ((one.time_from, one.time_to, one.location, one.sex) for one in (attempt, seek))
    return next(kept) == next(kept)


def slot_option(dialogue: Dialogue, slot: SlotOut) -> Option:
    at = dialogue.local(slot.starts_at, slot.location_id)
    return Option(id=str(slot.id), label=f"{dialogue.when(at)}, {slot.practitioner}, {slot.location}", at=at)
