"""What a caller's words say about the turn: whether they are whole, and whether they are meant for us at all.

Rules over the words alone, for English, Hindi and Hindi in Latin letters. They move the wait; they decide nothing that
is done: the words go to the turn as they are.
"""

from __future__ import annotations

import re
from typing import Literal

from lexicon import beside
from voice.calls.events import Question

_WORDS = beside(__file__)

Wholeness = Literal["whole", "open", "unknown"]

_WORD = re.compile(r"[^\s.,;:!?…।|\"()\[\]]+")


_LISTENING = _WORDS.words("listening")
_FILLERS = _WORDS.words("fillers")
_HANGING = _WORDS.words("hanging")
_YES_NO = _WORDS.words("yes_no")
_NUMBERS = _WORDS.words("numbers")
_TENS = _WORDS.words("tens")
_MONTHS = _WORDS.words("months")
_PHONE_DIGITS = 10
_NUMBER_SOON = _WORDS.pattern("number_soon")


def words_of(text: str) -> list[str]:
    """The words, in small letters: "Uh-huh." is one."""
    return _WORD.findall(text.lower().replace("-", "").replace("’", "'"))


def only_listening(text: str) -> bool:
    """Whether the words only say "I am listening" (at most three of them)."""
    said = words_of(text)
    return 0 < len(said) <= 3 and all(word in _LISTENING for word in said)


def only_filler(text: str) -> bool:
    """Whether the caller only drew breath: "um"."""
    said = words_of(text)
    return all(word in _FILLERS for word in said)


def wholeness(text: str, question: Question) -> Wholeness:
    """Whether the words look whole as an answer to the question."""
    said = words_of(text)
    if not said:
        return "unknown"
    if text.rstrip().endswith(("...", "…", ",", "-")) or (said[-1] in _HANGING and question != "spelling"):
        return "open"
    if question == "yes_no" and len(said) <= 3 and said[0] in _YES_NO:
        return "whole"
    if question == "date":
        return _date(said)
    if question == "digits" or _NUMBER_SOON.search(text):
        return _digits(said, whole_at=_PHONE_DIGITS)
    if question == "choice" and len(said) <= 3:
        return "whole"
    return "whole" if text.rstrip().endswith(("?", "!")) else "unknown"


def _digits(said: list[str], *, whole_at: int) -> Wholeness:
    count = sum(len(word) if word.isdigit() else 1 for word in said if word.isdigit() or word in _NUMBERS)
    if not count:
        return "open" if said[-1] in ("number", "mrn", "id", "code", "hai", "नंबर", "है") else "unknown"
    return "whole" if count >= whole_at else "open"


def _date(said: list[str]) -> Wholeness:
    """A birth date is whole with its year."""
    digits = [word for word in said if word.isdigit()]
    year = any(len(word) == 4 or len(word) >= 8 for word in digits) or _spoken_year(said)
    if year and (any(word in _MONTHS for word in said) or sum(map(len, digits)) >= 6):
        return "whole"
    return "open" if digits or any(word in _MONTHS or word in _NUMBERS or word in _TENS for word in said) else "unknown"


def _spoken_year(said: list[str]) -> bool:
    """nineteen eighty four, two thousand five, twenty ten: the century and something after it, at the end."""
    for place, word in enumerate(said[:-1]):
        if word in ("nineteen", "twenty") and said[place + 1] in _TENS:
            return True
        if word == "two" and said[place + 1] == "thousand":
            return True
    return False
