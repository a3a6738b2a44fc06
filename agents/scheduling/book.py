"""Booking and moving a visit: find, hold, read back, act on a yes to exactly what was read back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agents.scheduling import seek
from agents.scheduling.holidays import say_why_closed
from agents.scheduling.seek import Unclear
from agents.turn.conversation_state import Option, Pending
from agents.turn.dialogue import Dialogue
from tools.runtime.errors import ToolError
from tools.scheduling.slots import SlotOut

_TYPES = {
    "tele": ("video", "tele", "online", "phone consult", "call"),
    "follow_up": ("follow", "review", "again"),
}


async def find_and_offer(d: Dialogue) -> None:
    """The next step of booking: ask what is missing, or show slots, or read one back."""
    try:
        practitioner, specialty = seek.who(d)
        if practitioner is None and specialty is None:
            if d.state.slots.pop("specialty", None) or d.state.slots.get("complaint"):
                d.say("specialty_not_found", names=_names(d))
            elif d.state.awaiting in ("specialty", "practitioner"):
                d.say("ask_kind", names=_names(d))
            else:
                d.say("ask_who")
            d.state.ask("specialty")
            return
        _note_specialty(d, specialty)
        wanted = seek.wanted(d, practitioner, specialty)
    except Unclear:
        return
    found = await seek.search(d, wanted)
    if found and wanted.exact and len({slot.starts_at for slot in found}) == 1:
        await hold_and_read_back(d, str(found[0].id))
        return
    if found:
        d.say("offer")
    elif d.state.after or d.state.before:
        found = await _further(d, wanted)
    elif d.state.slots.pop("other_than", None):
        d.say("no_more")
        found = await seek.search(d, wanted)
    if not found:
        found, sentence = await seek.nearest(d, wanted)
        if not found:
            await offer_waitlist(d, wanted, specialty)
            return
        await say_why_closed(d, wanted.first, wanted.last)
        d.say(sentence)
    d.state.ask("choice", kind="slot", options=[seek.slot_option(d, slot) for slot in found])


async def _further(d: Dialogue, wanted: seek.Wanted) -> list[SlotOut]:
    """None is left on the days asked for: earlier or later days, or else what there is."""
    today, state = d.now.date(), d.state
    if state.before is not None:
        wider = replace(wanted, first=today, last=state.before.date(), time_from=None, time_to=None, exact=False)
    else:
        last = wanted.first + seek.LOOK_AHEAD
        wider = replace(wanted, last=last, time_from=None, time_to=None, exact=False)
    found = await seek.search(d, wider)
    if found:
        d.say("offer")
        return found
    state.after = state.before = None
    d.say("no_more")
    return await seek.search(d, wanted)


def _note_specialty(d: Dialogue, specialty: str | None) -> None:
    """Say once which specialty a complaint was taken to."""
    slots = d.state.slots
    if specialty and slots.get("complaint") and not slots.get("specialty") and not slots.get("practitioner"):
        slots["specialty"] = d.place.specialty_name(specialty)
        d.say("complaint_to_specialty", specialty=d.place.specialty_name(specialty))


def _names(d: Dialogue) -> str:
    return ", ".join(known.name for known in d.place.directory.specialties)


async def hold_and_read_back(d: Dialogue, slot_id: str) -> None:
    """Hold the seat and read the details back; nothing is booked before the yes."""
    await let_go(d)
    try:
        held = await d.call("scheduling.hold_slot", slot_id=slot_id, patient_id=str(d.subject_id))
    except ToolError as error:
        d.say("slot_past" if error.code == "slot_in_past" else "seat_gone")
        await find_and_offer(d)
        return
    slot = held.slot
    d.state.held_slot = slot.id
    at = d.local(slot.starts_at, slot.location_id)
    facts = {
        "when": d.when(at),
        "at": at.isoformat(),
        "practitioner": slot.practitioner,
        "location": slot.location,
        "name": d.state.subject_name or d.state.given,
    }
    if d.state.flow == "reschedule":
        moved = {"appointment_id": str(d.state.appointment_id), "slot_id": slot_id}
        pending = Pending(deed="reschedule", tool="scheduling.reschedule_appointment", args=moved, facts=facts)
    else:
        args: dict[str, Any] = {
            "patient_id": str(d.subject_id),
            "slot_id": slot_id,
            "visit_type": _visit_type(d.state.slots.get("visit_type", "")),
            "reason": d.state.slots.get("complaint"),
            "source": "phone" if d.channel == "phone" else "whatsapp",
        }  # fmt: skip
        pending = Pending(deed="book", tool="scheduling.book_appointment", args=args, facts=facts)
    read_back(d, pending)


def read_back(d: Dialogue, pending: Pending) -> None:
    """Say exactly what a yes will do, and wait for it."""
    d.state.pending = pending
    d.state.ask("confirm")
    d.read_back = True
    d.say(f"read_back_{pending.deed}", **pending.facts)


async def let_go(d: Dialogue) -> None:
    """Give back the seat that was held, and forget what was read back."""
    d.state.pending = None
    if d.state.held_slot is not None:
        await d.call("scheduling.release_hold", slot_id=str(d.state.held_slot), patient_id=str(d.subject_id))
        d.state.held_slot = None


async def offer_waitlist(d: Dialogue, wanted: seek.Wanted, specialty: str | None) -> None:
    """Nothing is free: offer the waitlist, read back."""
    code = specialty or ""
    last = wanted.last or wanted.first + seek.LOOK_AHEAD
    last = max(last, wanted.first + seek.LOOK_AHEAD)
    args = {
        "patient_id": str(d.subject_id),
        "specialty": code,
        "practitioner_id": str(wanted.practitioner.id) if wanted.practitioner else None,
        "date_from": wanted.first.isoformat(),
        "date_to": last.isoformat(),
    }
    facts = {
        "what": wanted.practitioner.name if wanted.practitioner else d.place.specialty_name(code),
        "first": wanted.first.strftime("%d.%m.%Y"),
        "last": last.strftime("%d.%m.%Y"),
        "name": d.state.subject_name or d.state.given,
    }
    if d.state.flow != "waitlist":
        d.say("none_at_all")
    read_back(d, Pending(deed="waitlist", tool="scheduling.join_waitlist", args=args, facts=facts))


async def choose(d: Dialogue, option: Option) -> None:
    """An option was picked."""
    kind = d.state.kind
    if kind == "slot":
        await hold_and_read_back(d, option.id)
    elif kind == "practitioner":
        known = d.place.practitioner(option.id)
        d.state.slots["practitioner"] = known.name if known else option.label
        d.state.ask(None)
        await find_and_offer(d)


def _visit_type(words: str) -> str:
    lowered = words.lower()
    return next((kind for kind, cues in _TYPES.items() if any(cue in lowered for cue in cues)), "new")
