"""A yes to what the hospital wrote first: a freed seat that was offered, or a reminder of a visit."""

from __future__ import annotations

from datetime import timedelta

from agents.commands import Thank
from agents.concierge.scope import AnyTool
from agents.scheduling import book
from agents.scheduling.data import VisitData
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.confirmation import is_plain_yes
from tools.runtime.errors import ToolError
from tools.scheduling.appointments import confirm_appointment, list_appointments
from tools.scheduling.waitlist import list_waitlist

TOOLS: set[AnyTool] = {list_appointments, list_waitlist, confirm_appointment}
FRESH = timedelta(hours=1)  # so long "anything else?" is what a yes answers


async def may_answer(dialogue: Dialogue) -> bool:
    """Whether a yes may answer what we wrote first: always, but not right after words that were not understood, and
    after "anything else?" only where a seat is offered, or where that question is old."""
    state = dialogue.state
    lately = state.last_answer_at is not None and dialogue.work.now - state.last_answer_at < FRESH
    if state.misses and lately:  # it answers what was not understood just now
        return False
    if not is_plain_yes(dialogue.text, action="book"):
        return False
    if dialogue.has(Thank) and state.last_answer:
        return False  # "ok, thanks" ends what we were talking of
    if not is_plain_yes(dialogue.text) and (state.patient_id is None or state.verified_at is None):
        return False  # "book it", and it is not known yet what could be meant
    if state.awaiting != "anything_else" or state.patient_id is None or state.verified_at is None:
        return True
    if dialogue.work.now - state.verified_at > FRESH:
        return True
    offered = await dialogue.call(list_waitlist, patient_id=str(dialogue.subject_id))
    return any(entry.state == "offered" for entry in offered.items)


async def answer(dialogue: Dialogue) -> None:
    """Take the seat that was offered as chosen, or confirm the next visit."""
    offered = await dialogue.call(list_waitlist, patient_id=str(dialogue.subject_id))
    entry = next((entry for entry in offered.items if entry.state == "offered" and entry.offered_slot_id), None)
    if entry is not None:
        specialty = dialogue.hospital.specialty_name(entry.specialty_code)
        dialogue.state.begin("book", VisitData(specialty=specialty, day="as soon as possible"))
        await book.hold_and_read_back(dialogue, str(entry.offered_slot_id))
        return
    page = await dialogue.call(list_appointments, patient_id=str(dialogue.subject_id), upcoming=True, limit=5)
    visit = next((visit for visit in page.items if visit.state == "booked"), None)
    if visit is None:
        dialogue.say("what_can_i_do")
        return
    try:
        await dialogue.call(confirm_appointment, appointment_id=str(visit.id))
    except ToolError:
        dialogue.say("not_possible")
        return
    when = dialogue.when(dialogue.local(visit.starts_at, visit.location_id))
    dialogue.say("confirmed", when=when, practitioner=visit.practitioner, location=visit.location)
