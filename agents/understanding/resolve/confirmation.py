"""Whether the patient's words are an explicit yes, and nothing besides.

This is the gate before anything is booked, moved or cancelled: every word must be known to belong to a yes. One word
that is not ("friday", "maybe", "but", a question mark) and it is no plain yes.
"""

from __future__ import annotations

import re
from functools import cache

from agents.understanding.resolve.spelling import plain
from agents.vocabulary import FLOWS
from lexicon import beside

_WORDS = beside(__file__)
_YES = tuple(_WORDS.texts("phrases"))
_SOFT, _DOUBTFUL = _WORDS.text("soft"), _WORDS.words("doubtful")
_PIECE = re.compile(r"[,.!;:\-]+")
_DOUBT = re.compile(r"\?")


def is_plain_yes(text: str, action: str | None = None) -> bool:
    """Whether the words are an explicit yes and nothing that changes or doubts it.

    `action`: what was read back, by the name of the flow whose action it is. "Yes cancel it" is a yes to a
    cancellation, and to nothing else."""
    if _DOUBT.search(text) or len(text) > 120:
        return False
    words = " ".join(_PIECE.sub(" ", plain(text).text).split())
    flow = FLOWS.get(action) if action else None
    if not words or words in _DOUBTFUL - (flow.agrees_in_a_word if flow else frozenset()):
        return False
    whole, within = _patterns(flow.agrees if flow else "")
    if not whole.fullmatch(words):
        return False
    left = re.sub(rf"(?<!\w){_SOFT}(?!\w)", " ", words) if words not in _YES else words
    return bool(within.search(left)) or words in _YES


@cache
def _patterns(agrees: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """(nothing but yeses, a yes somewhere). `agrees`: what is a yes to the action read back alone; empty for none."""
    phrases = "|".join(re.escape(phrase) for phrase in sorted(_YES, key=len, reverse=True))
    either = f"{phrases}|{agrees}" if agrees else phrases
    one = rf"(?>(?:{either}|{_SOFT})(?!\w))"  # atomic: no number of yeses makes it slow
    return re.compile(rf"{one}(?: {one})*+"), re.compile(rf"(?<!\w)(?:{either})(?!\w)")
