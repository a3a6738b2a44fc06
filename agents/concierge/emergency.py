"""What is said and done at once on a red flag. The screens decide it, before anything else, with or without a model."""

from __future__ import annotations

from agents import flows
from agents.concierge.first_aid import while_waiting
from agents.concierge.identity import hand_over
from agents.screen.red_flags import RedFlag
from agents.turn.conversation_state import Sign, Suspicion
from agents.turn.dialogue import CRISIS, EMERGENCY, Dialogue
from governance.record import POLICY_DECISION
from tools.tickets.tools import SUSPECTED, create_ticket

# Of these somebody to talk to is named; of those who have hurt themselves, the emergency number before it.
_TO_TALK = frozenset({"suicide", "voices", "self_harm"})
_HURT = frozenset({"self_harm"})


async def raise_alarm(dialogue: Dialogue, flags: tuple[RedFlag, ...]) -> None:
    """Tell the patient to get emergency help now, open a critical ticket and alert a person."""
    codes = [flag.code for flag in flags]
    _note(dialogue, "emergency", codes)
    number, line = emergency_number(dialogue), CRISIS.get(dialogue.tenant.country, "112")
    if not _TO_TALK.intersection(codes) or _HURT.intersection(codes):
        dialogue.say("emergency", number=number)
    if _TO_TALK.intersection(codes):
        dialogue.say("crisis", number=number, line=line)
    dialogue.lines.extend(while_waiting(codes, dialogue.language))
    dialogue.state.suspicion = None
    await flows.release(dialogue)
    await hand_over(dialogue, f"Red flag in a message: {', '.join(codes)}", priority="critical", said=True)


async def ask_whether_now(dialogue: Dialogue, flags: tuple[RedFlag, ...]) -> None:
    """One calm question, with the number to call in the same message; a person is told, and nothing waits for the
    answer. What was under way stays as it was."""
    codes = [flag.code for flag in flags]
    _note(dialogue, "suspected", codes)
    talk = _TO_TALK.intersection(codes)
    dialogue.say(
        "suspected_crisis" if talk else "suspected",
        number=emergency_number(dialogue), line=CRISIS.get(dialogue.tenant.country, "112"),
    )  # fmt: skip
    signs = [Sign(code=flag.code, label=flag.label, source=flag.source) for flag in flags]
    dialogue.state.suspicion = Suspicion(text=dialogue.text, signs=signs)
    await dialogue.call_as_service(
        create_ticket, category=SUSPECTED, subject=f"Perhaps a red flag in a message: {', '.join(codes)}",
        priority="high", conversation_id=str(dialogue.conversation_id), once=f"suspected:{dialogue.turn}",
    )  # fmt: skip


def emergency_number(dialogue: Dialogue) -> str:
    """To be called at the hospital's place."""
    return EMERGENCY.get(dialogue.tenant.country, "112")


def _note(dialogue: Dialogue, decision: str, codes: list[str]) -> None:
    body = {"at": dialogue.work.now, "rule": "red_flag", "decision": decision, "flags": codes}
    dialogue.work.record.append(POLICY_DECISION, body)
