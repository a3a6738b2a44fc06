"""What a caller's words say about the turn: whether they are whole, and whether they are meant for us at all.

Rules over the words alone, for English, Hindi and Hindi in Latin letters. They move the wait; they decide nothing that is
done: the words go to the turn as they are.
"""

from __future__ import annotations

import re
from typing import Literal

from voice.calls.events import Question

Wholeness = Literal["whole", "open", "unknown"]

_WORD = re.compile(r"[^\s.,;:!?…।|\"()\[\]]+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Sounds of listening, said while the other speaks; none of them asks for the turn (PriMock57: 27% of utterances in
# consultations have at most two words).
_LISTENING = _set(
    "mm mmm hm hmm mhm mmhm uhhuh uh huh um er erm ah oh yeah yes yep yup ya ok okay right sure fine good i see got it "
    "alright accha acha achha haan han ji theek thik hai hai sahi हाँ हां जी अच्छा ठीक है हम्म"
)
_FILLERS = _set("mm mmm hm hmm um umm uh er erm ah eh हम्म")
# A sentence that ends with one of these goes on.
_HANGING = _set(
    "and or but so because if when then with for to at on of from in the a an my is are was i we he she it's that which "
    "dr mr mrs miss about around between until after before by like um uh er erm "
    "aur ya lekin kyunki agar to mera meri mere ke ki ka ko se और या लेकिन क्योंकि अगर तो मेरा मेरी मेरे के की का को से"
)
_YES_NO = _set(
    "yes no yeah yep nope yup ok okay sure correct wrong right haan han nahi nahin ji हाँ हां नहीं जी cancel confirm"
)
_NUMBERS = _set(
    "zero oh o one two three four five six seven eight nine double triple nought nil ek do teen char paanch chhe saat aath nau "
    "शून्य एक दो तीन चार पाँच पांच छह सात आठ नौ"
)
_TENS = _set(
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy "
    "eighty ninety hundred thousand"
)
_MONTHS = _set(
    "january february march april may june july august september october november december jan feb mar apr jun jul aug sep "
    "sept oct nov dec जनवरी फ़रवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर सितम्बर अक्टूबर नवंबर नवम्बर दिसंबर दिसम्बर"
)
_PHONE_DIGITS = 10
_NUMBER_SOON = re.compile(
    r"(?i)\b(?:my|the|mera|meri)?\s*(?:phone |mobile |patient |file )?(?:number|mrn|id|code|नंबर)\s*(?:is|hai|है)?\b"
)


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
