"""What is said and done at once on a red flag. Rules decide it, before anything else, with or without a model."""

from __future__ import annotations

from agents.concierge.identity import hand_over
from agents.screen.red_flags import RedFlag
from agents.turn.dialogue import CRISIS, EMERGENCY, Dialogue


async def raise_alarm(d: Dialogue, flags: tuple[RedFlag, ...]) -> None:
    """Tell the patient to get emergency help now, open a critical ticket and alert a person."""
    codes = ", ".join(flag.code for flag in flags)
    d.work.record.append(
        "policy_decision",
        {"at": d.work.now, "rule": "red_flag", "decision": "emergency", "flags": [flag.code for flag in flags]},
    )
    if any("suicid" in flag.code or "self_harm" in flag.code for flag in flags):
        d.say("crisis", number=EMERGENCY.get(d.tenant.country, "112"), line=CRISIS.get(d.tenant.country, "112"))
    else:
        d.say("emergency", number=EMERGENCY.get(d.tenant.country, "112"))
    if d.state.held_slot is not None:
        from agents.scheduling.book import let_go

        await let_go(d)
    await hand_over(d, f"Red flag in a message: {codes}", priority="critical", said=True)
