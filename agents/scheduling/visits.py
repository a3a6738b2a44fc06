"""The patient's existing visits: listing them, and picking the one to move or cancel."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

from pydantic import JsonValue

from agents.scheduling import book, seek
from agents.scheduling.data import VisitData
from agents.scheduling.options import on_days, pick
from agents.scheduling.referred import same_day, speak_of, starts_at
from agents.turn.conversation_state import Option, Pending, QueuedFlow
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.names import match_practitioners, match_specialty
from agents.understanding.resolve.shift import minutes_of, says_same_time, shift_of
from agents.understanding.resolve.specialty_words import parts_named
from agents.understanding.resolve.spelling import plain
from agents.understanding.resolve.when import resolve_day, resolve_time
from tools.runtime.errors import ToolError
from tools.scheduling.appointments import AppointmentOut, list_appointments

_ALL = re.compile(
    r"(?<!\w)(?:both|donon?|each of them|the two(?! (?:days|weeks|months|hours))|neither of (?:them|these)"
    r"|every (?:appointment|visit|booking|slot)|cancel\w* (?:it |them )?(?:all|everything)|(?:all|saare|sabhi?)"
    r"(?: of)?(?: (?:my|the|mere|our|these))? (?:\w+ )?(?:appointments?|visits?|bookings?|slots?)|all of them)(?!\w)"
    r"|^ ?(?:(?:yes|haan|ok|okay|ji|please)[ ,]+)*(?:all|everything|sab|sabhi|saare)"
    r"(?: (?:please|ji|kar do|of them))*[ .!]*$|^ ?1 (?:and|&|aur|,) ?2[ .!]*$"
)
_NONE = re.compile(r"(?<!\w)(?:neither(?! of)|none|keep|leave|koi nahi|not? (?:both|all)|don't|rakh\w*|rehne)(?!\w)")


async def list_visits(dialogue: Dialogue) -> None:
    """Tell the upcoming visits."""
    visits = await upcoming(dialogue)
    if not visits:
        dialogue.say("no_visits", name=dialogue.state.subject_name or dialogue.state.given)
    else:
        dialogue.say("visits", name=dialogue.state.subject_name or dialogue.state.given)
        dialogue.lines.extend(f"- {_label(dialogue, visit)}" for visit in visits)
        if len(visits) == 1:
            speak_of(dialogue, visits[0])
    dialogue.state.end_flow()


async def upcoming(dialogue: Dialogue) -> list[AppointmentOut]:
    page = await dialogue.call(list_appointments, patient_id=str(dialogue.subject_id), upcoming=True, limit=20)
    return page.items


async def pick_visit(dialogue: Dialogue) -> AppointmentOut | None:
    """The visit that is meant; asks where there are several, and ends the flow where there is none."""
    visits = [visit for visit in await upcoming(dialogue) if visit.state in ("booked", "confirmed")]
    data = dialogue.data(VisitData)
    if data.appointment_id is not None:
        found = [visit for visit in visits if visit.id == data.appointment_id]
        if found:
            return found[0]
    meant = _meant(dialogue, visits)
    if not visits:
        dialogue.say("no_visits", name=dialogue.state.subject_name or dialogue.state.given)
        dialogue.state.end_flow()
        return None
    if len(meant) == 1:
        data.appointment_id = meant[0].id
        return meant[0]
    if not meant:
        dialogue.say("visit_not_found")
    dialogue.say("which_visit")
    options = [_option(dialogue, visit) for visit in (meant or visits)]
    dialogue.state.ask("choice", kind="appointment", options=options)
    return None


def _meant(dialogue: Dialogue, visits: list[AppointmentOut]) -> list[AppointmentOut]:
    """The visits that the words fit: by day, doctor or specialty, or by what the list's words say."""
    left = visits
    words = " ".join(filter(None, [dialogue.data(VisitData).appointment, *_extra(dialogue)]))
    if not words:
        return left
    day = resolve_day(words, dialogue.now, month_first=dialogue.tenant.month_first)
    if day is not None and not day.asap:
        shown = [Option(id=str(visit.id), label="", at=starts_at(dialogue, visit)) for visit in left]
        near = {option.id for option in shown if option.at and day.start <= option.at.date() <= day.end}
        near = near or {
            option.id for option in on_days(words, shown, dialogue.now, month_first=dialogue.tenant.month_first)
        }
        left = [visit for visit in left if str(visit.id) in near]
    doctors = {str(known.id) for known in match_practitioners(words, dialogue.hospital.names.practitioners)}
    if doctors & {str(visit.practitioner_id) for visit in visits}:
        left = [visit for visit in left if str(visit.practitioner_id) in doctors]
    else:
        codes = {str(known.id) for known in match_specialty(words, dialogue.hospital.names.specialties)}
        codes = codes or set(parts_named(plain(words).text))
        if codes & {visit.specialty_code for visit in visits}:
            left = [visit for visit in left if visit.specialty_code in codes]
    if len(left) > 1:
        options = [_option(dialogue, visit) for visit in left]
        one = pick(words, options, dialogue.now, month_first=dialogue.tenant.month_first)
        left = [visit for visit in left if one is None or str(visit.id) == one.id]
    return left


def _extra(dialogue: Dialogue) -> list[str | None]:
    """Words of other slots that name the visit: for a cancellation all of them, for a move the doctor's name only."""
    data = dialogue.data(VisitData)
    names = [data.practitioner, data.specialty]
    return [*names, data.day, data.time] if dialogue.state.flow == "cancel" else names


def all_are_meant(words: str) -> bool:
    """Whether the words mean every visit ("cancel both")."""
    said = plain(words).text
    return bool(_ALL.search(said)) and not _NONE.search(said)


async def cancel(dialogue: Dialogue) -> None:
    """Read back the visit to cancel, one after the other where all are meant; nothing is cancelled before the yes."""
    data = dialogue.data(VisitData)
    if data.appointment_id is None and all_are_meant(data.appointment or ""):
        visits = [visit for visit in await upcoming(dialogue) if visit.state in ("booked", "confirmed")]
        left = [QueuedFlow(flow="cancel", data=VisitData(appointment_id=visit.id)) for visit in visits[1:]]
        dialogue.state.queued[:0] = left
        data.appointment_id = visits[0].id if visits else None
        if left:
            dialogue.say("cancel_all")
            dialogue.lines.extend(f"- {_label(dialogue, visit)}" for visit in visits)
            dialogue.say("one_by_one")
    visit = await pick_visit(dialogue)
    if visit is None:
        return
    dialogue.read_back(_to_cancel(dialogue, visit, data.reason))


async def cancel_the_listed(dialogue: Dialogue) -> None:
    """ "Yes, both" to the first of several visits that were listed together: the others too."""
    state = dialogue.state
    listed = [one for one in state.queued if one.flow == "cancel" and isinstance(one.data, VisitData)]
    ids = [one.data.appointment_id for one in listed if isinstance(one.data, VisitData)]
    visits = [visit for visit in await upcoming(dialogue) if visit.id in ids and visit.state in ("booked", "confirmed")]
    state.queued = [one for one in state.queued if one not in listed]
    for visit in visits:
        pending = _to_cancel(dialogue, visit)
        try:
            await dialogue.act(pending)
        except ToolError as error:
            if error.remedy == "try_later":
                raise  # the turn runs again
            dialogue.say("kept", **pending.facts)  # the others are cancelled, and are said to be
            continue
        dialogue.say("done_cancel", **pending.facts)


def _to_cancel(dialogue: Dialogue, visit: AppointmentOut, reason: str | None = None) -> Pending:
    args: dict[str, JsonValue] = {"appointment_id": str(visit.id), "reason": reason}
    return Pending(action="cancel", tool="scheduling.cancel_appointment", args=args, facts=_facts(dialogue, visit))


async def other_visit(dialogue: Dialogue, pending: Pending) -> None:
    """Not the visit that was read back: the other one, or a choice where there are several."""
    data = dialogue.data(VisitData)
    dialogue.state.pending = data.appointment_id = None
    data.forget("appointment", "day", "time", "practitioner", "specialty")
    visits = [visit for visit in await upcoming(dialogue) if visit.state in ("booked", "confirmed")]
    others = [visit for visit in visits if str(visit.id) != pending.args["appointment_id"]]
    if len(others) == 1:
        data.appointment_id = others[0].id
    await cancel(dialogue)


async def reschedule(dialogue: Dialogue) -> None:
    """Pick the visit to move, then find a new slot with the same doctor."""
    visit = await pick_visit(dialogue)
    if visit is None:
        return
    data = dialogue.data(VisitData)
    doctors = match_practitioners(data.practitioner or "", dialogue.hospital.names.practitioners)
    other = [known for known in doctors if str(known.id) != str(visit.practitioner_id)]
    if not other or len(other) < len(doctors):
        data.practitioner, data.specialty = visit.practitioner, None
    _count_from(dialogue, visit)
    _forget_its_own_day(dialogue, visit)
    if not data.day:
        dialogue.state.ask("day")
        dialogue.say("ask_new_day", when=dialogue.when(starts_at(dialogue, visit)), practitioner=visit.practitioner)
        return
    await book.find_and_offer(dialogue)


def _forget_its_own_day(dialogue: Dialogue, visit: AppointmentOut) -> None:
    """The day that the visit is on, and no other time with it, names the visit and not where it is to go."""
    data, at = dialogue.data(VisitData), starts_at(dialogue, visit)
    day = resolve_day(data.day or "", dialogue.now, month_first=dialogue.tenant.month_first)
    hours = resolve_time(data.time or "")
    same_time = hours is None or (hours.exact and hours.start == at.time())
    if day is not None and day.start == day.end == at.date() and same_time and not (data.before or data.after):
        data.day = data.time = None


def _count_from(dialogue: Dialogue, visit: AppointmentOut) -> None:
    """Read days and times that are said with the visit in mind: "push it by a week", "same time", "earlier"."""
    data, at = dialogue.data(VisitData), starts_at(dialogue, visit)
    if same_day(data.day or ""):
        data.day = at.date().isoformat()
    of_visit = resolve_day(data.day or "", dialogue.now, month_first=dialogue.tenant.month_first)
    nearby = None
    if not data.time and (of_visit is None or of_visit.start == of_visit.end == at.date()):
        nearby = minutes_of(data.said)
    if nearby is not None:
        data.day, data.time = at.date().isoformat(), f"{at + nearby:%H:%M}"
    shift = shift_of(data.day or "")
    same_time = says_same_time(f"{data.time or ''} {data.day or ''}")
    if shift is not None:
        data.day = (at + shift).date().isoformat()
    if same_time or (shift is not None and not data.time):
        data.time = f"{at:%H:%M}"
    if not data.day and data.time:
        data.day = at.date().isoformat()
    toward, data.toward = data.toward, None
    if toward is None or data.day:
        return
    if toward == "earlier":
        data.day, data.before, data.after = f"before {(at + timedelta(days=1)):%d %B %Y}", at, None
    else:
        data.day, data.after, data.before = f"from {at:%d %B %Y}", at, None


async def choose(dialogue: Dialogue, option: Option) -> None:
    """A visit was picked."""
    dialogue.data(VisitData).appointment_id = UUID(option.id)
    dialogue.state.ask(None)
    await (cancel(dialogue) if dialogue.state.flow == "cancel" else reschedule(dialogue))


def _facts(dialogue: Dialogue, visit: AppointmentOut) -> dict[str, str]:
    return {
        "when": dialogue.when(starts_at(dialogue, visit)),
        "practitioner": visit.practitioner,
        "location": visit.location,
        "name": dialogue.state.subject_name or dialogue.state.given,
    }


def _option(dialogue: Dialogue, visit: AppointmentOut) -> Option:
    return Option(id=str(visit.id), label=_label(dialogue, visit), at=starts_at(dialogue, visit))


def _label(dialogue: Dialogue, visit: AppointmentOut) -> str:
    return f"{dialogue.when(starts_at(dialogue, visit))}, {visit.practitioner}, {visit.location}"


async def waitlist(dialogue: Dialogue) -> None:
    """Join the waitlist of a specialty or doctor."""
    try:
        practitioner, specialty = await seek.who(dialogue)
    except seek.Unclear:
        return
    if practitioner is None and specialty is None:
        dialogue.say("ask_who")
        dialogue.state.ask("specialty")
        return
    data = dialogue.data(VisitData)
    data.day = data.day or "as soon as possible"
    try:
        wanted = seek.wanted(dialogue, practitioner, specialty)
    except seek.Unclear:
        return
    await book.offer_waitlist(dialogue, wanted, specialty)
