"""The patient's existing visits: listing them, and picking the one to move or cancel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from agents.scheduling import book, seek
from agents.scheduling.options import on_days, pick
from agents.turn.conversation_state import Option, Pending
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.names import match_practitioners, match_specialty
from agents.understanding.resolve.shift import says_same_time, shift_of
from agents.understanding.resolve.when import resolve_day
from tools.scheduling.appointments import AppointmentOut


async def list_visits(d: Dialogue) -> None:
    """Tell the upcoming visits."""
    visits = await upcoming(d)
    if not visits:
        d.say("no_visits", name=d.state.subject_name or d.state.given)
    else:
        d.say("visits", name=d.state.subject_name or d.state.given)
        d.lines.extend(f"- {_label(d, visit)}" for visit in visits)
    d.state.end_flow()


async def upcoming(d: Dialogue) -> list[AppointmentOut]:
    page = await d.call(
        "scheduling.list_appointments", patient_id=str(d.subject_id), upcoming=True, limit=20
    )  # fmt: skip
    items: list[AppointmentOut] = page.items
    return items


async def pick_visit(d: Dialogue) -> AppointmentOut | None:
    """The visit that is meant; asks where there are several, and ends the flow where there is none."""
    visits = [visit for visit in await upcoming(d) if visit.state in ("booked", "confirmed")]
    if d.state.appointment_id is not None:
        found = [visit for visit in visits if visit.id == d.state.appointment_id]
        if found:
            return found[0]
    meant = _meant(d, visits)
    if not visits:
        d.say("no_visits", name=d.state.subject_name or d.state.given)
        d.state.end_flow()
        return None
    if len(meant) == 1:
        d.state.appointment_id = meant[0].id
        return meant[0]
    if not meant:
        d.say("visit_not_found")
    d.say("which_visit")
    options = [Option(id=str(visit.id), label=_label(d, visit), at=_at(d, visit)) for visit in (meant or visits)]
    d.state.ask("choice", kind="appointment", options=options)
    return None


def _meant(d: Dialogue, visits: list[AppointmentOut]) -> list[AppointmentOut]:
    """The visits that the words fit: by day, doctor or specialty, or by what the list's words say."""
    slots = d.state.slots
    left = visits
    words = " ".join(filter(None, [slots.get("appointment"), *_extra(d)]))
    if not words:
        return left
    day = resolve_day(words, d.now, month_first=d.tenant.month_first)
    if day is not None and not day.asap:
        shown = [Option(id=str(v.id), label="", at=_at(d, v)) for v in left]
        near = {o.id for o in shown if o.at and day.start <= o.at.date() <= day.end}
        near = near or {o.id for o in on_days(words, shown, d.now, month_first=d.tenant.month_first)}
        left = [v for v in left if str(v.id) in near]
    doctors = {str(known.id) for known in match_practitioners(words, d.place.directory.practitioners)}
    if doctors & {str(visit.practitioner_id) for visit in visits}:
        left = [v for v in left if str(v.practitioner_id) in doctors]
    else:
        codes = {str(known.id) for known in match_specialty(words, d.place.directory.specialties)}
        if codes & {visit.specialty_code for visit in visits}:
            left = [v for v in left if v.specialty_code in codes]
    if len(left) > 1:
        options = [Option(id=str(v.id), label=_label(d, v), at=_at(d, v)) for v in left]
        one = pick(words, options, d.now, month_first=d.tenant.month_first)
        left = [v for v in left if one is None or str(v.id) == one.id]
    return left


def _extra(d: Dialogue) -> list[str | None]:
    """Words of other slots that name the visit: for a cancellation all of them, for a move the doctor's name only."""
    slots = d.state.slots
    names = [slots.get("practitioner"), slots.get("specialty")]
    return [*names, slots.get("day"), slots.get("time")] if d.state.flow == "cancel" else names


async def cancel(d: Dialogue) -> None:
    """Read back the visit to cancel; nothing is cancelled before the yes."""
    visit = await pick_visit(d)
    if visit is None:
        return
    args = {"appointment_id": str(visit.id), "reason": d.state.slots.get("reason")}
    facts = _facts(d, visit)
    book.read_back(d, Pending(deed="cancel", tool="scheduling.cancel_appointment", args=args, facts=facts))


async def other_visit(d: Dialogue, pending: Pending) -> None:
    """Not the visit that was read back: the other one, or a choice where there are several."""
    d.state.pending = d.state.appointment_id = None
    for name in ("appointment", "day", "time", "practitioner", "specialty"):
        d.state.slots.pop(name, None)
    visits = [visit for visit in await upcoming(d) if visit.state in ("booked", "confirmed")]
    others = [visit for visit in visits if str(visit.id) != pending.args["appointment_id"]]
    if len(others) == 1:
        d.state.appointment_id = others[0].id
    await cancel(d)


async def reschedule(d: Dialogue) -> None:
    """Pick the visit to move, then find a new slot with the same doctor."""
    visit = await pick_visit(d)
    if visit is None:
        return
    slots = d.state.slots
    doctors = match_practitioners(slots.get("practitioner", ""), d.place.directory.practitioners)
    other = [k for k in doctors if str(k.id) != str(visit.practitioner_id)]
    if not other or len(other) < len(doctors):
        slots["practitioner"] = visit.practitioner
        slots.pop("specialty", None)
    _count_from(d, visit)
    if not slots.get("day"):
        d.state.ask("day")
        d.say("ask_new_day", when=d.when(_at(d, visit)), practitioner=visit.practitioner)
        return
    await book.find_and_offer(d)


def _count_from(d: Dialogue, visit: AppointmentOut) -> None:
    """Read days and times that are said with the visit in mind: "push it by a week", "same time", "earlier"."""
    slots, at = d.state.slots, _at(d, visit)
    shift = shift_of(slots.get("day", ""))
    same_time = says_same_time(f"{slots.get('time', '')} {slots.get('day', '')}")
    if shift is not None:
        slots["day"] = (at + shift).date().isoformat()
    if same_time or (shift is not None and not slots.get("time")):
        slots["time"] = f"{at:%H:%M}"
    if not slots.get("day") and slots.get("time"):
        slots["day"] = at.date().isoformat()
    toward = slots.pop("toward", None)
    if toward is None or slots.get("day"):
        return
    if toward == "earlier":
        slots["day"], d.state.before, d.state.after = f"before {(at + timedelta(days=1)):%d %B %Y}", at, None
    else:
        slots["day"], d.state.after, d.state.before = f"from {at:%d %B %Y}", at, None


async def choose(d: Dialogue, option: Option) -> None:
    """A visit was picked."""
    from uuid import UUID

    d.state.appointment_id = UUID(option.id)
    d.state.ask(None)
    await (cancel(d) if d.state.flow == "cancel" else reschedule(d))


def _facts(d: Dialogue, visit: AppointmentOut) -> dict[str, Any]:
    return {
        "when": d.when(_at(d, visit)),
        "practitioner": visit.practitioner,
        "location": visit.location,
        "name": d.state.subject_name or d.state.given,
    }


def _at(d: Dialogue, visit: AppointmentOut) -> Any:
    return d.local(visit.starts_at, visit.location_id)


def _label(d: Dialogue, visit: AppointmentOut) -> str:
    return f"{d.when(_at(d, visit))}, {visit.practitioner}, {visit.location}"


async def waitlist(d: Dialogue) -> None:
    """Join the waitlist of a specialty or doctor."""
    try:
        practitioner, specialty = seek.who(d)
    except seek.Unclear:
        return
    if practitioner is None and specialty is None:
        d.say("ask_who")
        d.state.ask("specialty")
        return
    d.state.slots.setdefault("day", "as soon as possible")
    try:
        wanted = seek.wanted(d, practitioner, specialty)
    except seek.Unclear:
        return
    await book.offer_waitlist(d, wanted, specialty)
