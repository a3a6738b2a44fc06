"""Whether the patient's words are an explicit yes, and nothing that changes or doubts it.

This is the gate before anything is booked, moved or cancelled. A plain yes is one whose every word is known to belong
to a yes. People also say more beside it ("yes please, my wife will be so relieved"): that is a yes where one clause is
a yes in which no word denies, doubts, asks, changes or adds something, no other clause denies or changes, and no
figure or name of the hospital's stands in it that was not read back.
"""

from __future__ import annotations

import re
from functools import cache

from rapidfuzz.distance import OSA

from agents.understanding.resolve.spelling import plain
from agents.vocabulary import FLOWS
from lexicon import beside

_WORDS = beside(__file__)
_YES = tuple(_WORDS.texts("phrases"))
_UNSURE, _DENIES, _ANYWHERE = (_WORDS.pattern(name) for name in ("unsure", "denies", "anywhere"))
_CLAUSES = re.compile(r"[,.!;\n]+|(?<!\w)(?:because|since|coz|cuz|cos|kyunki|kyonki|taaki|so that)(?!\w)")
_HARMLESS = _WORDS.text("harmless")
# What may be said again of what was read back.
_FACTS = frozenset(
    ["dr", "doctor", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "am", "pm"]
)
_SOFT, _DOUBTFUL = _WORDS.text("soft"), _WORDS.words("doubtful")
_DOCTOR = re.compile(r"(?<!\w)(?:dr|doctor)\.? (?P<name>\w+)")
_PIECE = re.compile(r"[,.!;:\-]+")
_DOUBT = re.compile(r"\?")
_SHORT = 4  # letters: what is not longer has no letter to spare


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
        return _misspelt(words)
    left = re.sub(rf"(?<!\w){_SOFT}(?!\w)", " ", words) if words not in _YES else words
    return bool(within.search(left)) or words in _YES


def is_yes_among_other_words(text: str, read_back: str, action: str | None = None) -> bool:
    """Whether a longer message is an explicit yes. `read_back`: what the patient was told it would be a yes to. To be
    asked only where understanding found nothing in the message but a yes."""
    flow = FLOWS.get(action) if action else None
    if not keeps_to(text, read_back) or _joined(text) in _DOUBTFUL - (flow.agrees_in_a_word if flow else frozenset()):
        return False
    beside, agrees = _beside(flow.beside if flow else "", flow.agrees if flow else "")
    said, told = beside.sub(" ", plain(text).text), re.findall(r"\w+", plain(read_back).text)
    clauses = [one.strip() for one in _CLAUSES.split(said) if one.strip()]
    agreeing = [one for one in clauses if _agrees_in(one, agrees, told) or is_plain_yes(one, action)]
    return bool(agreeing) and not any(_DENIES.search(one) for one in clauses if one not in agreeing)


def keeps_to(text: str, read_back: str) -> bool:
    """Whether a message asks nothing, and has no figure and no doctor's name that was not read back."""
    if _DOUBT.search(text) or len(text) > 160:
        return False
    said, back = plain(text).text, plain(read_back).text
    told = re.findall(r"\w+", back)
    if any(match["name"] not in told for match in _DOCTOR.finditer(said)):
        return False
    return set(re.findall(r"\d+", said)) <= set(re.findall(r"\d+", back.replace(",", " ")))


def doubts(text: str) -> bool:
    """Whether a word denies, doubts, asks or changes, wherever it stands."""
    return _DENIES.search(plain(text).text) is not None


def agrees_by_name(text: str, action: str | None) -> bool:
    """Whether words agree to the action by its name ("you can cancel that")."""
    flow = FLOWS.get(action) if action else None
    return flow is not None and _beside("", flow.agrees)[1].search(plain(text).text) is not None


def _agrees_in(clause: str, agrees: re.Pattern[str], told: list[str]) -> bool:
    """Whether a clause says yes, or agrees to the action by its name, and holds no doubt but in words read back."""
    doubts = (match.group() for match in _UNSURE.finditer(agrees.sub(" ", clause)))
    if any(doubt not in _FACTS or doubt not in told for doubt in doubts):
        return False
    return bool(_ANYWHERE.search(clause) or agrees.search(clause))


def _misspelt(words: str) -> bool:
    """A yes with one letter wrong ("confrim", "i agre")."""
    return (
        len(words) > _SHORT
        and words.isascii()
        and not re.search(r"\d", words)
        and not _DENIES.search(words)  # "theek nai"
        and any(
            phrase[0] == words[0] and OSA.distance(phrase, words, score_cutoff=1) <= 1
            for phrase in _YES
            if len(phrase) > _SHORT and abs(len(phrase) - len(words)) < 2
        )
    )


def _joined(text: str) -> str:
    return " ".join(_PIECE.sub(" ", plain(text).text).split())


@cache
def _patterns(agrees: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """(nothing but yeses, a yes somewhere). `agrees`: what is a yes to the action read back alone; empty for none."""
    phrases = "|".join(re.escape(phrase) for phrase in sorted(_YES, key=len, reverse=True))
    either = f"{phrases}|{agrees}" if agrees else phrases
    one = rf"(?>(?:{either}|{_SOFT})(?!\w))"  # atomic: no number of yeses makes it slow
    return re.compile(rf"(?:{one}(?: |$))++"), re.compile(rf"(?<!\w)(?:{either})(?!\w)")


@cache
def _beside(beside: str, agrees: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """(what may be said beside a yes though a word of it denies or asks, what agrees to the action by its name)."""
    one = rf"(?<!\w)(?:{_HARMLESS}{'|' + beside if beside else ''})(?!\w)"
    return re.compile(one), re.compile(rf"(?<!\w)(?:{agrees or '(?!)'})(?!\w)")
