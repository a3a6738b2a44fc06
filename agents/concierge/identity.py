"""Who is writing: known by number, verified by birth date before anything personal is said or changed."""

from __future__ import annotations

from datetime import timedelta

from agents.commands import Fill
from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.when import resolve_birth_date
from tools.patients.tools import PatientOut

TRIES = 3
VALID_FOR = timedelta(hours=24)


async def verified(d: Dialogue) -> bool:
    """Is it known who writes? Asks for the birth date, and hands over after three wrong ones."""
    state = d.state
    if state.patient_id is not None and state.verified_at is not None and d.work.now - state.verified_at < VALID_FOR:
        return True
    patients = await _of_number(d)
    if not patients:
        d.say("number_not_known")
        await hand_over(d, "The number is not in any patient's record", said=True)
        return False
    words = _birth_date_said(d)
    if words is None:
        if d.state.awaiting == "birth_date" and not d.lines:
            state.misses += 1
            if state.misses >= TRIES:
                await hand_over(d, "No birth date could be read")
                return False
            d.say("birth_date_not_clear")
        d.say("ask_birth_date")
        state.ask("birth_date")
        return False
    given = resolve_birth_date(words, month_first=d.tenant.month_first)
    matching = [patient for patient in patients if patient.birth_date in given]
    if len(matching) == 1:
        _welcome(d, matching[0])
        return True
    state.tries += 1
    d.work.record.append(
        "policy_decision", {"at": d.work.now, "rule": "second_fact", "decision": "refused", "try": state.tries}
    )
    if state.tries >= TRIES or len(matching) > 1:
        await hand_over(d, "The patient could not be verified")
        return False
    d.say("birth_date_wrong")
    state.ask("birth_date")
    return False


async def hand_over(d: Dialogue, reason: str, *, priority: str = "normal", said: bool = False) -> None:
    """Give the conversation to a person, tell the patient, and stop the agent."""
    await d.call_as_service(
        "conversations.hand_over", conversation_id=str(d.conversation_id), reason=reason, priority=priority
    )
    d.handed_over = True
    d.state.tries = d.state.misses = 0
    d.state.wishes.clear()
    d.state.end_flow()
    if not said:
        d.say("handed_over")


async def _of_number(d: Dialogue) -> list[PatientOut]:
    page = await d.call_as_service("patients.search_patients", phone=d.address)
    items: list[PatientOut] = page.items
    return items


def _welcome(d: Dialogue, patient: PatientOut) -> None:
    state = d.state
    state.patient_id, state.given = patient.id, patient.given
    state.verified_at, state.tries, state.misses = d.work.now, 0, 0
    d.work.record.append(
        "policy_decision", {"at": d.work.now, "rule": "second_fact", "decision": "allowed", "patient_id": patient.id}
    )
    state.ask(None)
    d.say("verified", given=patient.given)


def _birth_date_said(d: Dialogue) -> str | None:
    """The words of a birth date: as understood, or the whole message where one was asked for."""
    said = next((c.value for c in d.commands if isinstance(c, Fill) and c.slot == "birth_date"), None)
    if said is not None and resolve_birth_date(said, month_first=d.tenant.month_first):
        return said
    if d.state.awaiting == "birth_date" and resolve_birth_date(d.text, month_first=d.tenant.month_first):
        return d.text
    return None
