"""Booking and moving a visit: find, hold, read back, act on a yes to exactly what was read back."""

from __future__ import annotations

from dataclasses import replace

from pydantic import JsonValue

from agents.scheduling import referred, seek
from agents.scheduling.data import VisitData
from agents.scheduling.holidays import say_why_closed
from agents.scheduling.seek import Unclear
from agents.turn.conversation_state import Option, Pending
from agents.turn.dialogue import Dialogue
from agents.understanding.meaning.reader import Meaning
from agents.understanding.utterance import Known
from tools.conversations.texts import say_date
from tools.runtime.errors import ToolError
from tools.scheduling.appointments import AppointmentOut, list_appointments
from tools.scheduling.slots import SlotOut, hold_slot, release_hold

_INSTEAD = 0.5  # share from which the visit that there is is meant
ANOTHER, CANCEL = "another", "cancel:"  # of the options: not the visit that there is; to cancel it (its id follows)
_TYPES = {
    "tele": ("video", "tele", "online", "phone consult", "call"),
    "follow_up": ("follow", "review", "again"),
}


async def find_and_offer(dialogue: Dialogue) -> None:
    """The next step of booking: ask what is missing, or show slots, or read one back."""
    data = dialogue.data(VisitData)
    await referred.settle_day(dialogue)
    try:
        practitioner, specialty = await seek.who(dialogue)
        if practitioner is None and specialty is None:
            _ask_who(dialogue, data)
            return
        if practitioner is not None and await _has_one(dialogue, practitioner):
            return
        wanted = seek.wanted(dialogue, practitioner, specialty)
    except Unclear:
        return
    found = await seek.search(dialogue, wanted)
    if found and wanted.exact and len({slot.starts_at for slot in found}) == 1:
        await hold_and_read_back(dialogue, str(found[0].id))
        return
    if found:
        dialogue.say("offer")
    elif data.after or data.before:
        found = await _further(dialogue, wanted)
    elif data.other_than:
        data.other_than = None
        dialogue.say("no_more")
        found = await seek.search(dialogue, wanted)
    if not found:
        found, sentence = await seek.nearest(dialogue, wanted)
        if not found:
            await offer_waitlist(dialogue, wanted, specialty)
            return
        await say_why_closed(dialogue, wanted.first, wanted.last)
        dialogue.say(sentence)
    dialogue.state.ask("choice", kind="slot", options=[seek.slot_option(dialogue, slot) for slot in found])


async def _has_one(dialogue: Dialogue, practitioner: Known) -> bool:
    """Who has an appointment with this doctor already may mean that one: it is asked, once."""
    data = dialogue.data(VisitData)
    if dialogue.state.flow != "book" or data.existing:
        return False
    data.existing = True
    page = await dialogue.call(
        list_appointments,
        patient_id=str(dialogue.subject_id),
        practitioner_id=str(practitioner.id),
        upcoming=True,
        limit=20,
    )
    own = [
        visit
        for visit in page.items
        if visit.state in ("booked", "confirmed") and str(visit.id) not in dialogue.state.made
    ]
    if not own:
        return False
    if (instead := _wants_instead(dialogue, data)) is not None:
        await _with_what_there_is(dialogue, instead, own)
        return True
    referred.speak_of(dialogue, own[0])
    when = dialogue.when(referred.starts_at(dialogue, own[0]))
    name = dialogue.state.subject_name or dialogue.state.given
    dialogue.say("ask_existing", name=name, practitioner=practitioner.name, when=when)
    options = [
        Option(id=str(own[0].id), label=dialogue.phrase("existing_move")),
        Option(id=ANOTHER, label=dialogue.phrase("existing_another")),
        Option(id=f"{CANCEL}{own[0].id}", label=dialogue.phrase("existing_cancel")),
    ]
    dialogue.state.ask("choice", kind="existing", options=options)
    return True


def _wants_instead(dialogue: Dialogue, data: VisitData) -> str | None:
    """What is wanted of the visit that there is, by likeness: with the visit on record less of it is needed than
    without ("dr nair on tuesday, it clashes with my exam" is no second visit)."""
    meaning = dialogue.runtime.services.find(Meaning)
    if meaning is None or not data.begun_with or dialogue.state.queued:  # of several wishes likeness tells none apart
        return None
    share = {one.label: one.share for one in meaning.wants(data.begun_with)}
    cancel = share["cancel"] + share["cancel_all"]
    wanted = {"book": share["book"] + share["symptom"], "reschedule": share["move"], "cancel": cancel}
    likeliest = max(wanted, key=lambda flow: wanted[flow])
    return likeliest if likeliest != "book" and wanted[likeliest] >= _INSTEAD else None


async def _with_what_there_is(dialogue: Dialogue, flow: str, own: list[AppointmentOut]) -> None:
    from agents.scheduling import visits  # which books what is moved

    state, data = dialogue.state, dialogue.data(VisitData)
    state.flow = flow
    if len(own) == 1:
        data.appointment_id = own[0].id
    else:
        data.appointment = own[0].practitioner
    await (visits.cancel if flow == "cancel" else visits.reschedule)(dialogue)


def _ask_who(dialogue: Dialogue, data: VisitData) -> None:
    if data.specialty or data.complaint:
        data.specialty = None
        dialogue.say("specialty_not_found", names=_names(dialogue))
    elif dialogue.state.awaiting in ("specialty", "practitioner"):
        dialogue.say("ask_kind", names=_names(dialogue))
    else:
        dialogue.say("ask_who")
    dialogue.state.ask("specialty")


async def _further(dialogue: Dialogue, wanted: seek.Wanted) -> list[SlotOut]:
    """None is left on the days asked for: earlier or later days, or else what there is."""
    today, data = dialogue.now.date(), dialogue.data(VisitData)
    if data.before is not None:
        wider = replace(wanted, first=today, last=data.before.date(), time_from=None, time_to=None, exact=False)
    else:
        last = wanted.first + seek.LOOK_AHEAD
        wider = replace(wanted, last=last, time_from=None, time_to=None, exact=False)
    found = await seek.search(dialogue, wider)
    if found:
        dialogue.say("offer")
        return found
    data.search_afresh()
    dialogue.say("no_more")
    return await seek.search(dialogue, wanted)


def _names(dialogue: Dialogue) -> str:
    return ", ".join(known.name for known in dialogue.hospital.names.specialties)


async def hold_and_read_back(dialogue: Dialogue, slot_id: str) -> None:
    """Hold the seat and read the details back; nothing is booked before the yes."""
    await release(dialogue)
    try:
        held = await dialogue.call(hold_slot, slot_id=slot_id, patient_id=str(dialogue.subject_id))
    except ToolError as error:
        dialogue.say("slot_past" if error.code == "slot_in_past" else "seat_gone")
        await find_and_offer(dialogue)
        return
    slot, data = held.slot, dialogue.data(VisitData)
    data.held_slot = slot.id
    at = dialogue.local(slot.starts_at, slot.location_id)
    facts = {
        "when": dialogue.when(at),
        "at": at.isoformat(),
        "practitioner": slot.practitioner,
        "location": slot.location,
        "name": dialogue.state.subject_name or dialogue.state.given,
    }
    if dialogue.state.flow == "reschedule":
        moved: dict[str, JsonValue] = {"appointment_id": str(data.appointment_id), "slot_id": slot_id}
        pending = Pending(action="reschedule", tool="scheduling.reschedule_appointment", args=moved, facts=facts)
    else:
        args: dict[str, JsonValue] = {
            "patient_id": str(dialogue.subject_id),
            "slot_id": slot_id,
            "visit_type": _visit_type(data.visit_type or ""),
            "reason": data.complaint,
            "source": "phone" if dialogue.channel == "phone" else "whatsapp",
        }  # fmt: skip
        pending = Pending(action="book", tool="scheduling.book_appointment", args=args, facts=facts)
    dialogue.read_back(pending)


async def release(dialogue: Dialogue) -> None:
    """Give back the seat that was held, and forget what was read back."""
    dialogue.state.pending = None
    data = dialogue.data(VisitData)
    if data.held_slot is not None:
        await dialogue.call(release_hold, slot_id=str(data.held_slot), patient_id=str(dialogue.subject_id))
        data.held_slot = None


async def offer_waitlist(dialogue: Dialogue, wanted: seek.Wanted, specialty: str | None) -> None:
    """Nothing is free: offer the waitlist, read back."""
    code = specialty or ""
    last = wanted.last or wanted.first + seek.LOOK_AHEAD
    last = max(last, wanted.first + seek.LOOK_AHEAD)
    args: dict[str, JsonValue] = {
        "patient_id": str(dialogue.subject_id),
        "specialty": code,
        "practitioner_id": str(wanted.practitioner.id) if wanted.practitioner else None,
        "date_from": wanted.first.isoformat(),
        "date_to": last.isoformat(),
    }
    facts = {
        "what": wanted.practitioner.name if wanted.practitioner else dialogue.hospital.specialty_name(code),
        "first": say_date(wanted.first, dialogue.language),
        "last": say_date(last, dialogue.language),
        "name": dialogue.state.subject_name or dialogue.state.given,
    }
    if dialogue.state.flow != "waitlist":
        dialogue.say("none_at_all")
    dialogue.read_back(Pending(action="waitlist", tool="scheduling.join_waitlist", args=args, facts=facts))


async def choose(dialogue: Dialogue, option: Option) -> None:
    """An option was picked."""
    kind = dialogue.state.kind
    if kind == "slot":
        await hold_and_read_back(dialogue, option.id)
    elif kind == "practitioner":
        known = dialogue.hospital.practitioner(option.id)
        dialogue.data(VisitData).practitioner = known.name if known else option.label
        dialogue.state.ask(None)
        await find_and_offer(dialogue)


def _visit_type(words: str) -> str:
    lowered = words.lower()
    return next((kind for kind, cues in _TYPES.items() if any(cue in lowered for cue in cues)), "new")
