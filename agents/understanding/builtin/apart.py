"""A message of several sentences taken apart: what each of them asks for, and where one wish ends and the next begins.
What is told beside a wish outweighs it in a long message, and two wishes blur each other; a sentence says one thing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.understanding.meaning.heads import Likely
from agents.understanding.meaning.reader import Meaning
from agents.understanding.resolve.spelling import plain

_LONG, _SAYS = 14, 3  # words of a sentence that holds several; of a part that says something
_AT_MOST = 8  # sentences of a message and clauses of a sentence that are looked at, the last ones: each costs a vector
_SENTENCE = re.compile(r"(?<!\bdr)(?<!\bmr)(?<!\bmrs)(?<!\bms)(?<!\bno)[.!?;\n।|]+\s*", re.IGNORECASE)
_CLAUSE = re.compile(
    r",\s*|\s+(?=(?:and|but|also|then|plus|aur|lekin|phir)\s)|\s+(?:\+|&|-|–)\s+|\.\.+\s*", re.IGNORECASE
)
_ASKS = re.compile(
    r"please|kindly|pls|plz|\bcan\b|could|\bmay\b|would|want|wish|need|tell|ask|request|cancel|give|book|fix|shift|move"
    r"|chang|register|enrol|stop|remove|take|send|arrang|renew|advise|inform|enquir|inquir|oblige|confirm|when|where"
    r"|which|what|instead|chahi|dijiye|bata|karna|karo|kijiye|nivedan|kripya|how|is there|are you|drop|appointment"
    r"|[ऀ-ॿ]"
)
# From which share what a part asks for is believed.
_LEAST = {"symptom": 0.8, "complaint": 0.9, "lost_property": 0.85, "stop": 0.9, "person": 0.95}
_ENOUGH = 0.7
# "We had fixed an appointment", "you have changed the time": told, and not asked for.
_TOLD = re.compile(
    r"(?i)(?<!\w)(?:had|have|has|'ve|'d|was|were|been)(?: \w+)? "
    r"(?:fixed|booked|taken|changed|shifted|moved|cancelled|canceled|made|given|postponed)(?!\w)"
)
# "My son's ear hurts, can somebody see him": a trouble for which a visit is wanted.
_TO_BE_SEEN = re.compile(
    r"(?i)(?<!\w)(?:see|seen|doctor|dr|appointment|appt|slot|check\w*|book|show|consult\w*|come|dikha\w*|somebody"
    r"|someone)(?!\w)"
)
_OF_A_VISIT = ("book", "move", "cancel", "cancel_all")
_TELLS = 0.4  # from which share a part tells what is wrong, beside another that does so more surely
_WHEN_ALONE = re.compile(
    r"\W*(?:(?:\w+day|\w+va?r|subah|shaam|dopahar|raat|baje|morning|afternoon|evening|noon|am|pm|ko|on|at|\d[\d:.]*\w*)"
    r"\W*)+"
)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}")
NO_WISH = ("chat", "leave", "symptom", "person")


@dataclass(frozen=True, slots=True)
class Asked:
    """A part of a message that asks for something; places in the text as it was written."""

    start: int
    end: int
    likely: Likely


def asked_for(text: str, meaning: Meaning) -> list[Asked]:
    """The parts of a message of several that surely ask for something, in order; of one part none."""
    found: list[Asked] = []
    sentences = _sentences(text)
    parts = [(sentence, _clauses(text, *sentence)) for sentence in sentences]
    if len(sentences) > 1 or any(clauses for _, clauses in parts):
        meaning.ahead([said for one, clauses in parts for said in _asking(text, clauses or [one])])
    for (start, end), clauses in parts:
        apart = [one for one in (_asked(text, *clause, meaning) for clause in clauses) if one is not None]
        whole = _asked(text, start, end, meaning) if not apart and len(sentences) > 1 else None
        found += apart or ([whole] if whole is not None else [])
    return found


def trouble(text: str, meaning: Meaning) -> tuple[str, float]:
    """The parts of a message that tell what is wrong, and how surely the surest does; of one part the message
    itself."""
    parts = [clause for sentence in _sentences(text) for clause in _clauses(text, *sentence) or [sentence]]
    said = [text[start:end].strip() for start, end in parts if not _says_when_or_who(text[start:end])]
    if len(said) < 2:
        return (said or [text.strip()])[0], tells(text, meaning)
    meaning.ahead(said)
    told = {one: tells(one, meaning) for one in said}
    surest = max(told.values())
    return ", ".join(one for one in said if told[one] >= min(_TELLS, surest)), surest


def _says_when_or_who(said: str) -> bool:
    """Whether a part says when one can come, or who one is with a date of birth."""
    return _is_when_alone(said) or _DATE.search(said) is not None


def _is_when_alone(said: str) -> bool:
    return _WHEN_ALONE.fullmatch(plain(said).text) is not None


def tells(text: str, meaning: Meaning) -> float:
    """How surely it tells a trouble."""
    return next((one.share for one in meaning.wants(text) if one.label == "symptom"), 0.0)


def _sentences(text: str) -> list[tuple[int, int]]:
    return _joined(text, _between(_SENTENCE, text, 0, len(text)))[-_AT_MOST:]


def _clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Of a long sentence."""
    long = len(text[start:end].split()) > _LONG
    return _joined(text, _between(_CLAUSE, text, start, end))[-_AT_MOST:] if long else []


def _asking(text: str, parts: list[tuple[int, int]]) -> list[str]:
    return [text[start:end] for start, end in parts if _ASKS.search(text[start:end].lower())]


def _asked(text: str, start: int, end: int, meaning: Meaning) -> Asked | None:
    said = text[start:end]
    if not _ASKS.search(said.lower()) or _is_when_alone(said):
        return None
    likely = best(meaning.wants(said))
    if likely.label in _OF_A_VISIT and _TOLD.search(said):
        return None
    no_wish = likely.label in NO_WISH and not (likely.label == "symptom" and _TO_BE_SEEN.search(said))
    sure = not no_wish and likely.share >= _LEAST.get(likely.label, _ENOUGH)
    return Asked(start, end, likely) if sure else None


def best(likely: list[Likely]) -> Likely:
    """The likeliest; a wish to be seen and a trouble that is told count as one, since they come together."""
    share = {one.label: one.share for one in likely}
    seen = share.get("book", 0) + share.get("symptom", 0)
    if seen <= likely[0].share:
        return likely[0]
    return Likely("symptom" if share["symptom"] >= share["book"] else "book", seen)


def _joined(text: str, parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is too short to say something goes with what follows."""
    joined: list[tuple[int, int]] = []
    short: int | None = None
    for start, end in parts:
        start = start if short is None else short
        if len(text[start:end].split()) < _SAYS:
            short = start
            continue
        joined.append((start, end))
        short = None
    if short is not None and joined:
        joined[-1] = (joined[-1][0], parts[-1][1])
    return joined


def _between(pattern: re.Pattern[str], text: str, start: int, end: int) -> list[tuple[int, int]]:
    edges = [start, *(place for match in pattern.finditer(text, start, end) for place in match.span()), end]
    return [(low, high) for low, high in zip(edges[::2], edges[1::2], strict=True) if text[low:high].strip()]
