"""A message in a language that is not offered: one prepared sentence in it, and a person."""

from __future__ import annotations

from agents import flows
from agents.concierge.identity import hand_over
from agents.screen.languages import OtherLanguage
from agents.turn.dialogue import EMERGENCY, Dialogue


async def answer_in(dialogue: Dialogue, language: OtherLanguage) -> None:
    """Say in that language that a colleague will answer, with the emergency number, and give the conversation to a
    person; at once where words of an emergency stand in it."""
    before = dialogue.state.waiting
    said = language.still if before is not None and before.language == language.code else language.sentence
    dialogue.lines.append(said.format(number=EMERGENCY.get(dialogue.tenant.country, "112")))
    await flows.release(dialogue)
    await hand_over(
        dialogue,
        f"A message in {language.name}",
        priority="critical" if is_urgent(language, dialogue.text) else "normal",
        said=True,
    )
    assert dialogue.state.waiting is not None
    dialogue.state.waiting.language = language.code


def is_urgent(language: OtherLanguage, text: str) -> bool:
    """Whether words of an emergency stand in a message in that language."""
    return language.urgent is not None and bool(language.urgent.search(text))
