"""Who the doctors are, and on which days and at what hours they see patients, as the weekly schedules say."""

from __future__ import annotations

import re
from datetime import datetime, time

from agents.scheduling import departments
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.names import match_location, match_practitioners, match_specialty
from agents.understanding.resolve.specialty_words import parts_named, sex_of
from agents.understanding.resolve.spelling import plain
from agents.understanding.utterance import Known
from tools.conversations.texts import say_time
from tools.scheduling.schedules import list_schedules

_MOST = 4  # doctors an answer
_THEM = re.compile(r"(?<!\w)(?:them|these|those|the (?:three|two)|which one|(?:un|in) ?(?:me|mein))(?!\w)")


async def say_doctors(dialogue: Dialogue, words: str) -> None:
    """The doctors of the department that the words name, or of the one told last ("who among them?"), at the place that
    they name; else the departments."""
    hospital, state = dialogue.hospital, dialogue.state
    said = plain(words).text
    sex = sex_of(said)
    of_them = state.spoken_kind is not None and _THEM.search(said) is not None
    lady_of_them = of_them and sex is not None  # "which one is a lady doctor?" asks for no gynaecologist
    found = [] if lady_of_them else match_specialty(words, hospital.names.specialties)
    code = str(found[0].id) if found else next(iter(parts_named(said)), None)
    if code is None and of_them:
        code = state.spoken_kind
    if code is None:
        dialogue.say("specialties", names=", ".join(known.name for known in hospital.names.specialties))
        return
    doctors = [one for one in hospital.names.practitioners if hospital.specialty_of[str(one.id)] == code]
    places = match_location(words, hospital.names.locations)
    if len(places) == 1:
        doctors = [one for one in doctors if await _sits_at(dialogue, one, place=str(places[0].id))] or doctors
    doctors = [one for one in doctors if hospital.sex_of.get(str(one.id)) == sex] or doctors if sex else doctors
    state.spoken_kind, state.spoken_of = code, doctors[0].name if len(doctors) == 1 else None
    names = ", ".join(known.name for known in doctors)
    dialogue.say("doctors", specialty=hospital.specialty_name(code), names=names)


async def _sits_at(dialogue: Dialogue, doctor: Known, *, place: str) -> bool:
    page = await dialogue.call_as_service(list_schedules, practitioner_id=str(doctor.id), limit=10)
    return any(str(one.location_id) == place and one.state == "active" for one in page.items)


async def say_days(dialogue: Dialogue, words: str) -> None:
    """The days of the doctor that the words name, or of those of a department; else it is asked which is meant."""
    doctors = _meant(dialogue, words)
    if not doctors:
        dialogue.say("about_doctor_days")
        return
    dialogue.state.spoken_of = doctors[0].name if len(doctors) == 1 else None
    for doctor in doctors[:_MOST]:
        await _say(dialogue, doctor)


def _meant(dialogue: Dialogue, words: str) -> list[Known]:
    directory = dialogue.hospital.names
    named = match_practitioners(words, directory.practitioners)
    if named:
        return named
    code = departments.named(dialogue, words)
    return [one for one in directory.practitioners if code and dialogue.hospital.specialty_of[str(one.id)] == code]


async def _say(dialogue: Dialogue, doctor: Known) -> None:
    page = await dialogue.call_as_service(list_schedules, practitioner_id=str(doctor.id), limit=10)
    names = dialogue.phrase("weekday_names").split(", ")
    for schedule in page.items:
        if schedule.state != "active":
            continue
        place = next((one.name for one in dialogue.hospital.locations if one.id == schedule.location_id), "")
        hours = f"{_clock(schedule.local_start, dialogue.language)} – {_clock(schedule.local_end, dialogue.language)}"
        dialogue.worked_out.append(hours)
        days = ", ".join(names[day] for day in schedule.weekdays)
        dialogue.say("doctor_days", practitioner=doctor.name, days=days, hours=hours, location=place)


def _clock(at: time, language: str) -> str:
    return say_time(datetime.combine(datetime.min, at), language)
