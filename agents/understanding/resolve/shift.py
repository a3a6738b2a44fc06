"""How far a visit is to be moved, in words that count from the visit: "push it by a week", "same time next week"."""

from __future__ import annotations

import re
from datetime import timedelta

from agents.understanding.resolve.numbers import CARDINALS, HINDI_NUMBERS, either, number
from agents.understanding.resolve.spelling import plain
from lexicon import beside

_WORDS = beside(__file__)

_COUNT = rf"(?P<count>a couple of|couple of|a few|few|an?|one|\d{{1,2}}|{either([*CARDINALS, *HINDI_NUMBERS])})"
_UNIT = _WORDS.part("unit")
_BY = re.compile(rf"(?<!\w)(?:by|back|ahead|forward|out|up)(?: by)? {_COUNT}(?: more)? {_UNIT}(?!\w)")
_LATER = _WORDS.pattern("later", count=_COUNT)
_SAME = re.compile(
    r"(?<!\w)same (?:time|day|slot|hour)(?: and (?:time|day))?\W.*(?:next|following|agle|coming) (?:week|hafte)(?!\w)"
)
_SAME_TIME = re.compile(r"(?<!\w)(?:same (?:time|hour|slot|timing)|usi (?:time|samay|waqt))(?!\w)")
_MINUTES = re.compile(
    r"(?<!\w)(?P<count>half(?: an?)?|an?|one|two|three|ek|do|aadh[ae]|adh[ae]|\d{1,2})(?: -)?"
    r" ?(?P<unit>hours?|ghant[ae]|minutes?|mins?|minat)"
    r"(?: ka| ki)? (?P<way>later|earlier|after|before|sooner|baa?d|pehle)(?!\w)"
)
_NEXT_DAY = re.compile(r"(?<!\w)(?:the )?(?:next|following) day(?!\w)|(?<!\w)(?:agle|dusre|doosre) din(?!\w)")
_BACKWARD = ("earlier", "before", "sooner", "ahead", "pehle", "up", "forward")


def shift_of(words: str) -> timedelta | None:
    """The distance from the visit's day; None where the words count from today or name a day."""
    text = plain(words).text
    if _SAME.search(text):
        return timedelta(weeks=1)
    if _NEXT_DAY.search(text):
        return timedelta(days=1)
    match = _LATER.search(text) or _BY.search(text)
    if match is None:
        return None
    said = match["count"]
    count = 2 if "couple" in said else 3 if "few" in said else 1 if said in ("a", "an") else number(said)
    if not count:
        return None
    days = count * (1 if match["unit"].startswith(("day", "din")) else 7)
    backward = any(word in match.group().split() or word in text[match.end() :].split()[:1] for word in _BACKWARD)
    return timedelta(days=-days if backward else days)


def minutes_of(words: str) -> timedelta | None:
    """How much later (or earlier) on the same day: "half an hour later"; None where the words say no such thing."""
    match = _MINUTES.search(plain(words).text)
    if match is None:
        return None
    said = match["count"]
    hours = match["unit"].startswith(("hour", "ghant"))
    count = 0.5 if said.startswith(("half", "aadh", "adh")) else float(number(said) or 1)
    minutes = count * 60 if hours else count
    backward = match["way"] in ("earlier", "before", "sooner", "pehle")
    return timedelta(minutes=-minutes if backward else minutes)


def find_shift(text: str) -> tuple[int, int] | None:
    """Where a plain text says such a distance."""
    match = _SAME.search(text) or _NEXT_DAY.search(text) or _LATER.search(text) or _BY.search(text)
    return match.span() if match else None


def says_same_time(words: str) -> bool:
    """Whether the time of the day is to stay as it is."""
    return bool(_SAME_TIME.search(plain(words).text))
