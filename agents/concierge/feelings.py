"""One human sentence where a patient tells of fear, pain, anger, sorrow or of having waited; never twice in a
conversation's stretch of some turns."""

from __future__ import annotations

import re

from agents.turn.dialogue import Dialogue
from agents.understanding.resolve.spelling import plain
from lexicon import beside

_ILL = re.compile(r"(?<!\w)(?:pain\w*|hurt\w*|ach(?:e|es|ing)|dard|can't sleep|fever|cough)(?!\w)")
_FEELINGS = {name: beside(__file__).at("feelings").pattern(name) for name in beside(__file__).at("feelings")}


def feel_with(dialogue: Dialogue) -> None:
    """Say the sentence that belongs to what is felt, where none was said since the flow began."""
    text = plain(dialogue.text).text
    felt = next((name for name, pattern in _FEELINGS.items() if pattern.search(text)), None)
    if felt == "anger" and _ILL.search(text):
        felt = "pain"
    if felt is not None and dialogue.state.felt is None:
        dialogue.say(f"feel_{felt}")
        dialogue.state.felt = felt
