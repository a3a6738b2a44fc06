"""Numbers as they are said, in figures: a birth date or a row of digits that a recogniser wrote in words.

Only for an answer to a question for a date or for digits, where every number word is meant as a number.
"""

from __future__ import annotations

import re

from voice.calls.events import Question

_UNITS = {
    "zero": 0, "oh": 0, "o": 0, "nought": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_REPEATED = {"double": 2, "triple": 3}
_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]+|_")
_NUMBERS = _UNITS.keys() | _TENS.keys() | _ORDINALS.keys() | _REPEATED.keys() | {"hundred", "thousand"}


def in_figures(text: str, question: Question) -> str:
    """The words with their numbers in figures, where the question asks for some; else as they are."""
    if question not in ("date", "digits"):
        return text
    said = _WORD.findall(text.lower().replace("-", " "))
    if not any(word in _NUMBERS for word in said):
        return _as_date(text) if question == "date" else text
    out: list[str] = []
    place = 0
    while place < len(said):
        if said[place] not in _NUMBERS:
            out.append(said[place])
            place += 1
            continue
        found, place = _run(said, place)
        out += found
    joined = " ".join(out)
    return _as_date(joined) if question == "date" else re.sub(r"(?<=\d) (?=\d)", "", joined)


def _run(said: list[str], place: int) -> tuple[list[str], int]:
    """The figures of a run of number words, and the place after it."""
    found: list[str] = []
    while place < len(said) and (said[place] in _NUMBERS or said[place] == "and"):
        word, after = said[place], said[place + 1] if place + 1 < len(said) else ""
        if word == "and":
            if not found or after not in _NUMBERS:
                break
        elif word in _REPEATED:
            found += [str(_UNITS[after])] * _REPEATED[word] if after in _UNITS else []
            place += 1
        elif word in _TENS and (_UNITS.get(after, 0) in range(1, 10) or _ORDINALS.get(after, 0) in range(1, 10)):
            found.append(str(_TENS[word] + _UNITS.get(after, _ORDINALS.get(after, 0))))
            place += 1
        elif word in ("hundred", "thousand"):
            found[-1:] = [str(int(found[-1]) * (100 if word == "hundred" else 1000))] if found else []
        else:
            found.append(str(_UNITS.get(word, _TENS.get(word, _ORDINALS.get(word, 0)))))
        place += 1
    return _years(found), place


def _years(numbers: list[str]) -> list[str]:
    """nineteen eighty four -> 1984, two thousand (and) five -> 2005, at the end of the run."""
    if len(numbers) >= 2 and numbers[-2] in ("19", "20") and len(numbers[-1]) == 2:
        return [*numbers[:-2], numbers[-2] + numbers[-1]]
    if len(numbers) >= 3 and numbers[-3] in ("19", "20") and numbers[-2] == "0" and len(numbers[-1]) == 1:
        return [*numbers[:-3], numbers[-3] + "0" + numbers[-1]]
    if len(numbers) >= 2 and numbers[-2] == "2000" and len(numbers[-1]) <= 2:
        return [*numbers[:-2], str(2000 + int(numbers[-1]))]
    return numbers


def _as_date(text: str) -> str:
    """Eight digits in a row are day, month and year."""
    digits = re.sub(r"(?<=\d)[\s,]+(?=\d)", "", text).strip(" .,")
    if re.fullmatch(r"\d{8}", digits):
        return f"{digits[:2]}/{digits[2:4]}/{digits[4:]}"
    return re.sub(r"\b(\d{1,2})\s+of\s+", r"\1 ", re.sub(r"(?i)\bthe\s+(?=\d)", "", text.strip()))
