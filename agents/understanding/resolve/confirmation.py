"""Whether the patient's words are an explicit yes, and nothing that changes or doubts it.

This is the gate before anything is booked, moved or cancelled. A plain yes is one whose every word is known to belong
to a yes. People also say more beside it ("yes please, my wife will be so relieved"): that is a yes where one clause is
a plain yes by itself, and no word anywhere denies, doubts, asks, changes or adds something, and no figure or name of
the hospital's stands in it that was not read back.
"""

from __future__ import annotations

import re
from functools import cache

from agents.understanding.resolve.spelling import plain
from agents.vocabulary import FLOWS
from lexicon import beside

_WORDS = beside(__file__)
_YES = tuple(_WORDS.texts("phrases"))
_UNSURE, _LEADS = _WORDS.pattern("unsure"), _WORDS.pattern("leads")
# What may be said again of what was read back.
_FACTS = frozenset(
    ["dr", "doctor", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "am", "pm"]
)
_SOFT, _DOUBTFUL = _WORDS.text("soft"), _WORDS.words("doubtful")
_DOCTOR = re.compile(r"(?<!\w)(?:dr|doctor)\.? (?P<name>\w+)")
_PIECE = re.compile(r"[,.!;:\-]+")
_DOUBT = re.compile(r"\?")


def is_plain_yes(text: str, action: str | None = None) -> bool:
    """Whether the words are an explicit yes and nothing that changes or doubts it.

    `action`: what was read back, by the name of the flow whose action it is. "Yes cancel it" is a yes to a
    cancellation, and to nothing else."""
    if _DOUBT.search(text) or len(text) > 120:
        return False
    words = _joined(text)
    flow = FLOWS.get(action) if action else None
    if not words or words in _DOUBTFUL - (flow.agrees_in_a_word if flow else frozenset()):
        return False
    whole, within = _patterns(flow.agrees if flow else "")
    if not whole.fullmatch(words):
        return False
    left = re.sub(rf"(?<!\w){_SOFT}(?!\w)", " ", words) if words not in _YES else words
    return bool(within.search(left)) or words in _YES


def is_yes_among_other_words(text: str, read_back: str, action: str | None = None) -> bool:
    """Whether a longer message is an explicit yes. `read_back`: what the patient was told it would be a yes to. To be
    asked only where understanding found nothing in the message but a yes."""
    said, back = plain(text).text, plain(read_back).text
    if _DOUBT.search(text) or len(text) > 160:
        return False
    if any(
        match.group() not in _FACTS or match.group() not in re.findall(r"\w+", back) for match in _UNSURE.finditer(said)
    ):
        return False
    if any(match["name"] not in re.findall(r"\w+", back) for match in _DOCTOR.finditer(said)):
        return False
    told = set(re.findall(r"\d+", back.replace(",", " ")))
    if set(re.findall(r"\d+", said)) - told:
        return False
    clauses = [one for one in re.split(r"[,.!;\n]+", text) if one.strip()]
    leads = _LEADS.match(_joined(text))
    return bool(leads) or any(is_plain_yes(one, action) for one in clauses)


def _joined(text: str) -> str:
    return " ".join(_PIECE.sub(" ", plain(text).text).split())


@cache
def _patterns(agrees: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """(nothing but yeses, a yes somewhere). `agrees`: what is a yes to the action read back alone; empty for none."""
    phrases = "|".join(re.escape(phrase) for phrase in sorted(_YES, key=len, reverse=True))
    either = f"{phrases}|{agrees}" if agrees else phrases
    one = rf"(?>(?:{either}|{_SOFT})(?!\w))"  # atomic: no number of yeses makes it slow
    return re.compile(rf"{one}(?: {one})*+"), re.compile(rf"(?<!\w)(?:{either})(?!\w)")
