"""What "with her", "the same day", "at the same time" refer to: what was spoken of last."""

from __future__ import annotations

import re
from datetime import datetime

from agents.commands import Command, Correct, Fill, Start
from agents.scheduling import departments
from agents.scheduling.data import VisitData
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.names import match_practitioners
from agents.understanding.resolve.spelling import plain
from tools.scheduling.appointments import AppointmentOut, list_appointments

_HER = re.compile(
    r"(?i)(?<!\w)(?:book|see|meet|with|take|consult|want) (?:her|him|them|that (?:doctor|one))(?!\w)"
    r"|(?<!\w)(?:unse|unke|unka|unko|inse|inke|inka)(?!\w)"
)
_SAME_DAY = re.compile(r"(?<!\w)(?:the )?same (?:day|date)(?!\w)|(?<!\w)usi (?:din|tareekh|tarikh)(?!\w)")
# Before the name of a doctor whom one sees already: "i am coming for dr carter anyway, ... the same day".
_SEES = re.compile(
    r"(?<!\w)(?:same (?:day|date) (?:as|of|when|with)|(?<!can )(?<!may )(?<!could )(?:i|we)"
    r"(?:'m| am|'re| are| will be)? ?(?:already )?(?:have|got|see|coming|come|seeing|visiting|meeting|there|going)"
    r"|my|our|mera|meri)"
    r"(?: (?:i|we|see|in|down|for|to|an?|my|the|visit|appointment|booking|one|with|of|other|already|ka|ki"
    r"|on|\w+day|tomorrow|today|kal|parso))* ?$"
)
_BESIDE = re.compile(r"(?<!\w)(?P<way>before|after|pehle|baa?d)(?: (?:it|that|this|her|him|dr|mein|me)(?!\w)|[ .!?]*$)")

_EARLIER = ("before", "pehle")


def resolve(dialogue: Dialogue, commands: tuple[Command, ...]) -> tuple[Command, ...]:
    """The commands, with the doctor and the day that the words refer to."""
    return _same_day(dialogue, _doctor(dialogue, commands))


def _doctor(dialogue: Dialogue, commands: tuple[Command, ...]) -> tuple[Command, ...]:
    """ "Ok book her": the doctor who was just told of."""
    named = any(isinstance(one, Fill) and one.slot in ("practitioner", "specialty") for one in commands)
    if named or dialogue.state.spoken_of is None or not _HER.search(dialogue.text):
        return commands
    started = commands if Start(flow="book") in commands else (Start(flow="book"), *commands)
    place = started.index(Start(flow="book")) + 1
    return (*started[:place], Fill(slot="practitioner", value=dialogue.state.spoken_of), *started[place:])


def _same_day(dialogue: Dialogue, commands: tuple[Command, ...]) -> tuple[Command, ...]:
    """ "The same day", where no day was said: in its own words, with the doctor of the visit that it is the day of."""
    said = plain(dialogue.text).text
    flow = next((one.flow for one in reversed(commands) if isinstance(one, Start)), dialogue.state.flow)
    dated = any(isinstance(one, Fill | Correct) and one.slot == "day" for one in commands)
    if flow not in ("book", "reschedule") or not _SAME_DAY.search(said):
        return commands
    seen = next((one for one in commands if isinstance(one, Fill) and _is_seen(said, one)), None)
    if seen is None and (dated or (_looks_at_a_day(dialogue) and dialogue.state.flow == flow)):
        return commands
    others = tuple(one for one in commands if one is not seen and not (isinstance(one, Fill) and one.slot == "day"))
    if seen is not None and flow == "book" and not any(isinstance(one, Fill) for one in others):
        return commands
    beside = _BESIDE.search(said)
    day = f"{beside['way'] if beside else ''} same day as {seen.value if seen is not None else ''}".strip()
    return (*others, Fill(slot="day", value=day))


def _looks_at_a_day(dialogue: Dialogue) -> bool:
    return isinstance(dialogue.state.data, VisitData) and dialogue.state.data.day is not None


def _is_seen(said: str, fill: Fill) -> bool:
    """Whether a doctor or department is that of a visit that there is."""
    if fill.slot not in ("practitioner", "specialty"):
        return False
    place = said.find(plain(fill.value).text.strip())
    return place >= 0 and _SEES.search(said[:place]) is not None


async def settle_day(dialogue: Dialogue) -> None:
    """Put the date in the place of "the same day": of the doctor's visit that was named, or of the one spoken of last,
    or of the only one; before or after it, where that was said. Where none is, no day was said."""
    data = dialogue.data(VisitData)
    if not same_day(data.day or ""):
        return
    way, _, named = plain(data.day or "").text.partition("same day as")
    at = await _meant(dialogue, named.strip())
    data.day = at.date().isoformat() if at is not None else None
    if at is not None and way.strip() and not any(char.isdigit() for char in data.time or ""):
        data.time = f"{'before' if way.strip() in _EARLIER else 'after'} {at:%I:%M %p}"


def same_day(words: str) -> bool:
    """Whether a day is that of a visit that there is."""
    return _SAME_DAY.search(plain(words).text) is not None


async def _meant(dialogue: Dialogue, named: str) -> datetime | None:
    if not named and dialogue.state.spoken_at is not None:
        return dialogue.state.spoken_at
    page = await dialogue.call(list_appointments, patient_id=str(dialogue.subject_id), upcoming=True, limit=20)
    visits = [visit for visit in page.items if visit.state in ("booked", "confirmed")]
    if named:
        doctors = {str(known.id) for known in match_practitioners(named, dialogue.hospital.names.practitioners)}
        code = departments.named(dialogue, named)
        fits = [one for one in visits if str(one.practitioner_id) in doctors or one.specialty_code == code]
        visits = fits or visits
    return starts_at(dialogue, visits[0]) if len(visits) == 1 else None


def speak_of(dialogue: Dialogue, visit: AppointmentOut) -> None:
    """A visit was told."""
    dialogue.state.spoken_at, dialogue.state.spoken_of = starts_at(dialogue, visit), visit.practitioner


def starts_at(dialogue: Dialogue, visit: AppointmentOut) -> datetime:
    """The visit's start, as the clock of its place has it."""
    return dialogue.local(visit.starts_at, visit.location_id)
