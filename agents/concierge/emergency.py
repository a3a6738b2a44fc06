"""What is said and done at once on a red flag. Rules decide it, before anything else, with or without a model."""

from __future__ import annotations

from agents import flows
from agents.concierge.identity import hand_over
from agents.screen.red_flags import RedFlag
from agents.turn.dialogue import CRISIS, EMERGENCY, Dialogue
from governance.record import POLICY_DECISION


async def raise_alarm(dialogue: Dialogue, flags: tuple[RedFlag, ...]) -> None:
    """Tell the patient to get emergency help now, open a critical ticket and alert a person."""
    codes = ", ".join(flag.code for flag in flags)
    dialogue.work.record.append(
        POLICY_DECISION,
        {"at": dialogue.work.now, "rule": "red_flag", "decision": "emergency", "flags": [flag.code for flag in flags]},
    )
    if any("suicid" in flag.code or "self_harm" in flag.code for flag in flags):
        dialogue.say(
            "crisis",
            number=EMERGENCY.get(dialogue.tenant.country, "112"),
            line=CRISIS.get(dialogue.tenant.country, "112"),
        )
    else:
        dialogue.say("emergency", number=EMERGENCY.get(dialogue.tenant.country, "112"))
    await flows.release(dialogue)
    await hand_over(dialogue, f"Red flag in a message: {codes}", priority="critical", said=True)
