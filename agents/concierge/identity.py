"""Who is writing: known by number, verified by birth date before anything personal is said or changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from agents import flows
from agents.turn.conversation_state import QueuedFlow, Waiting
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.when import resolve_birth_date
from governance.record import POLICY_DECISION
from tools.patients.tools import PatientOut, search_patients
from tools.tickets import hand_over as tickets

TRIES = 3
_NOBODYS = "+888"  # what callers who withhold their number get instead (api/telephone/webhooks.py)
VALID_FOR = timedelta(hours=24)


def is_verified(dialogue: Dialogue) -> bool:
    """Whether it is known who writes."""
    state = dialogue.state
    known = state.patient_id is not None and state.verified_at is not None
    return known and dialogue.work.now - cast(datetime, state.verified_at) < VALID_FOR


async def verified(dialogue: Dialogue) -> bool:
    """Is it known who writes? Asks for the birth date, and hands over after three wrong ones."""
    state = dialogue.state
    if is_verified(dialogue):
        return True
    patients = await _of_number(dialogue)
    if not patients and dialogue.address.startswith(_NOBODYS):
        dialogue.say("number_not_known")
        await hand_over(dialogue, "The caller withholds the number", said=True)
        return False
    if not patients:
        await _register(dialogue)
        return False
    asked = state.awaiting == "birth_date"
    words = _birth_date_said(dialogue)
    if words is None:
        await _ask_birth_date(dialogue)
        return False
    given = resolve_birth_date(words, month_first=dialogue.tenant.month_first)
    matching = [patient for patient in patients if patient.birth_date in given]
    if len(matching) == 1:
        _welcome(dialogue, matching[0])
        return True
    state.noted.pop("birth_date", None)
    if not asked and not matching:  # said by the way: it may be somebody else's
        await _ask_birth_date(dialogue)
        return False
    state.tries += 1
    dialogue.work.record.append(
        POLICY_DECISION, {"at": dialogue.work.now, "rule": "second_fact", "decision": "refused", "try": state.tries}
    )
    if state.tries >= TRIES or len(matching) > 1:
        await hand_over(dialogue, "The patient could not be verified")
        return False
    dialogue.say("birth_date_wrong")
    state.ask("birth_date")
    return False


async def _ask_birth_date(dialogue: Dialogue) -> None:
    """Ask for the birth date: shortly where something else was said and understood, in other words where an answer
    could not be read, and after three such answers by a person."""
    state = dialogue.state
    if state.awaiting != "birth_date":
        dialogue.say("ask_birth_date")
    elif dialogue.lines or dialogue.commands:
        dialogue.say("ask_birth_date_again")
    else:
        state.misses += 1
        if state.misses >= TRIES:
            await hand_over(dialogue, "No birth date could be read")
            return
        digits = any(char.isdigit() for char in dialogue.text)
        dialogue.say("birth_date_not_clear" if digits else "not_understood")
        dialogue.say("ask_birth_date_again" if state.misses == 1 else "ask_birth_date_why")
    state.ask("birth_date")


async def hand_over(dialogue: Dialogue, reason: str, *, priority: str = "normal", said: bool = False) -> None:
    """Give the conversation to a person, tell the patient, and stop the agent."""
    made = await dialogue.call_as_service(
        tickets.hand_over, conversation_id=str(dialogue.conversation_id), reason=reason, priority=priority
    )
    dialogue.handed_over = True
    urgent = priority == "critical" or bool(dialogue.state.waiting and dialogue.state.waiting.urgent)
    dialogue.state.waiting = Waiting(since=dialogue.work.now, due_at=made.answer_due_at, urgent=urgent)
    dialogue.state.tries = dialogue.state.misses = 0
    dialogue.state.queued.clear()
    dialogue.state.end_flow()
    if not said:
        dialogue.say("handed_over", when=dialogue.soon(made.answer_due_at))


async def _of_number(dialogue: Dialogue) -> list[PatientOut]:
    return (await dialogue.call_as_service(search_patients, phone=dialogue.address)).items


async def _register(dialogue: Dialogue) -> None:
    """Register whom the number is of; what was under way waits behind that."""
    state, register = dialogue.state, flows.registration()
    begun = [one for one in state.queued if one.flow == register.name]
    again = [one for one in state.queued if one.flow == state.flow]
    state.queued = [one for one in state.queued if one.flow not in (register.name, state.flow)]
    if state.flow is not None:
        data = state.data.for_later()
        for one in again:  # asked for before: what was said then stays, where nothing else was said now
            data = one.data.model_copy(update=data.model_dump(exclude_defaults=True))
        state.queued.insert(0, QueuedFlow(flow=state.flow, data=data))
    await flows.release(dialogue)
    state.end_flow()
    state.answering = None
    state.begin(register.name, begun[0].data if begun else None)
    await register.does.step(dialogue, changed=True)


def _welcome(dialogue: Dialogue, patient: PatientOut) -> None:
    become(dialogue, patient)
    dialogue.say("verified", given=patient.given)


def become(dialogue: Dialogue, patient: PatientOut) -> None:
    """From here on the writer is that patient."""
    state = dialogue.state
    if state.patient_id != patient.id:
        state.vouched.clear()
    state.patient_id, state.given = patient.id, patient.given
    state.verified_at, state.tries, state.misses = dialogue.work.now, 0, 0
    dialogue.work.record.append(
        POLICY_DECISION,
        {"at": dialogue.work.now, "rule": "second_fact", "decision": "allowed", "patient_id": patient.id},
    )
    state.noted.clear()
    state.ask(None)


def _birth_date_said(dialogue: Dialogue) -> str | None:
    """The words of a birth date: as noted before or now, or the whole message where one was asked for."""
    said = dialogue.state.noted.get("birth_date")
    if said is not None:
        return said
    if dialogue.state.awaiting == "birth_date" and resolve_birth_date(
        dialogue.text, month_first=dialogue.tenant.month_first
    ):
        return dialogue.text
    return None
