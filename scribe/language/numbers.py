"""Numbers as they are said and written: digits, words, "one twenty", "two and a half", ordinals, years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from scribe.language.words import Token

_SMALL = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
         "ninety": 90}  # fmt: skip
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_HALVES = {"half": Decimal("0.5"), "quarter": Decimal("0.25")}
_FRACTIONS = {("1", "2"), ("1", "3"), ("1", "4"), ("3", "4"), ("2", "3")}
_LONGEST = 15
"""Digits. A longer figure is an identifier or noise, not a quantity."""


@dataclass(frozen=True, slots=True)
class Number:
    """`first` and `last` (exclusive) are places in the token list. `ordinal`: "third". `spelled`: in words, not
    digits."""

    value: Decimal
    first: int
    last: int
    ordinal: bool = False
    spelled: bool = False


def numbers(tokens: Sequence[Token]) -> list[Number]:
    """Every number of the text in order, none overlapping."""
    found: list[Number] = []
    place = 0
    while place < len(tokens):
        number = _digits(tokens, place) or _spelled(tokens, place)
        if number is None:
            place += 1
            continue
        found.append(number)
        place = number.last
    return found


def _word(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].word if 0 <= place < len(tokens) else ""


@lru_cache(maxsize=4096)
def _decimal(word: str) -> Decimal:
    return Decimal(word.replace(",", ""))


def _digits(tokens: Sequence[Token], place: int) -> Number | None:
    word = tokens[place].word
    if not (word[0].isascii() and word[0].isdigit()) or len(word) > _LONGEST or not word.replace(",", "").isascii():
        return None
    pair = (word, _word(tokens, place + 2))
    pointed = _pointed_digits(tokens, place)
    if pointed:
        return pointed
    if _word(tokens, place + 1) == "/" and pair in _FRACTIONS and _word(tokens, place + 3) != "/":
        return Number((_decimal(pair[0]) / _decimal(pair[1])).quantize(Decimal("0.01")).normalize(), place, place + 3)
    value, last = _decimal(word), place + 1
    scale = _SCALES.get(_word(tokens, last))
    if scale:
        return Number(value * scale, place, last + 1)
    if _word(tokens, last) in ("st", "nd", "rd", "th") and tokens[last].start == tokens[place].end:
        return Number(value, place, last + 1, ordinal=True)
    return _with_half(tokens, Number(value, place, last))


def _spelled(tokens: Sequence[Token], place: int) -> Number | None:
    word = tokens[place].word
    if word in _HALVES:
        return Number(_HALVES[word], place, place + 1, spelled=True)
    if word in _ORDINALS:
        return Number(Decimal(_ORDINALS[word]), place, place + 1, ordinal=True, spelled=True)
    hundred = word == "a" and _word(tokens, place + 1) in _SCALES
    if word not in _SMALL and word not in _TENS and not hundred and word != "hundred":
        return None
    if word == "hundred" or hundred:
        value, last = Decimal(1), place + hundred
    else:
        value, last = _below_hundred(tokens, place)
    value, last = _scaled(tokens, value, last)
    value, last = _run_on(tokens, value, last)
    if _word(tokens, last) == "point" and _is_digit_word(_word(tokens, last + 1)):
        return _pointed(tokens, value, place=place, first=last + 1)
    if _is_spoken_stop(tokens, value, last):
        return _pointed(tokens, value, place=place, first=last + 1)
    ordinal = _ORDINALS.get(_word(tokens, last))
    if ordinal and value >= 20 and ordinal < 10 and value % 10 == 0 and not _word(tokens, last + 1).startswith("of"):
        return Number(value + ordinal, place, last + 1, ordinal=True, spelled=True)
    return _with_half(tokens, Number(value, place, last, spelled=True))


def _below_hundred(tokens: Sequence[Token], place: int) -> tuple[Decimal, int]:
    word = tokens[place].word
    if word in _SMALL:
        return Decimal(_SMALL[word]), place + 1
    after = place + 2 if _word(tokens, place + 1) == "-" else place + 1
    unit = _SMALL.get(_word(tokens, after), 0)
    if 0 < unit < 10:
        return Decimal(_TENS[word] + unit), after + 1
    return Decimal(_TENS[word]), place + 1


def _scaled(tokens: Sequence[Token], value: Decimal, last: int) -> tuple[Decimal, int]:
    """Past "hundred", "thousand", "million" and what is added to them."""
    total = Decimal(0)
    while (scale := _SCALES.get(_word(tokens, last))) is not None:
        value, last = value * scale, last + 1
        after = last + 1 if _word(tokens, last) == "and" else last
        nxt = _word(tokens, after)
        if nxt not in _SMALL and nxt not in _TENS:
            return total + value, last
        added, end = _below_hundred(tokens, after)
        following = _SCALES.get(_word(tokens, end))
        if following and following < scale:
            total, value, last = total + value, added, end
            continue
        if following:
            return total + value, last
        return total + value + added, end
    return total + value, last


def _run_on(tokens: Sequence[Token], value: Decimal, last: int) -> tuple[Decimal, int]:
    """ "one twenty" is 120, "one oh five" 105, "nineteen ninety" 1990, "twenty nineteen" 2019."""
    word = _word(tokens, last)
    if word in ("oh", "o") and 0 < value < 21 and 0 <= _SMALL.get(_word(tokens, last + 1), 10) < 10:
        return value * 100 + _SMALL[tokens[last + 1].word], last + 2
    if word not in _SMALL and word not in _TENS:
        return value, last
    following, end = _below_hundred(tokens, last)
    if following < 10 or _word(tokens, end) in _SCALES:
        return value, last
    if 0 < value < 10 and value == int(value):
        return value * 100 + following, end
    if value in (18, 19) or (value == 20 and following < 30):
        return value * 100 + following, end
    return value, last


def _is_digit_word(word: str) -> bool:
    return word in ("oh", "o") or _SMALL.get(word, 10) < 10


def _pointed_digits(tokens: Sequence[Token], place: int) -> Number | None:
    """ "98 . 6" and "98 point 6", as some recognisers write a decimal."""
    whole, mark, part = (_word(tokens, place + offset) for offset in range(3))
    if not (whole.isdecimal() and part.isdecimal() and len(part) <= 2 and mark in (".", "point")):
        return None
    spaced = mark == "point" or tokens[place].end < tokens[place + 1].start < tokens[place + 2].start - 1
    if not spaced or (mark == "." and not _ends_a_clause(tokens, place + 3)):
        return None
    return Number(Decimal(f"{whole}.{part}"), place, place + 3)


def _is_spoken_stop(tokens: Sequence[Token], value: Decimal, last: int) -> bool:
    """ "a hundred . four": a stop that stands for "point", between a figure of two places or more and one digit."""
    if value < 10 or _word(tokens, last) != "." or not _is_digit_word(_word(tokens, last + 1)):
        return False
    return _ends_a_clause(tokens, last + 2)


_AFTER_DECIMAL = {"", ".", ",", "?", "!", ";", "and", "degrees", "degree", "percent", "%", "fahrenheit", "celsius",
    "mg",
                  "milligrams", "f", "c", "today", "kg", "kilograms", "pounds", "over", "which", "so", "this", "last",
                  "at",
                  "on", "in", "yesterday", "but", "or", "when", "is", "was"}  # fmt: skip


def _ends_a_clause(tokens: Sequence[Token], place: int) -> bool:
    """Whether a figure can end here: "it is 12 . 6 weeks ago i fell" begins a sentence with its 6."""
    return _word(tokens, place) in _AFTER_DECIMAL


def _pointed(tokens: Sequence[Token], value: Decimal, *, place: int, first: int) -> Number:
    """ "ninety eight point six": the digits after the point."""
    digits, last = "", first
    while _is_digit_word(_word(tokens, last)):
        digits, last = digits + str(_SMALL.get(tokens[last].word, 0)), last + 1
    if not digits:
        return Number(value, place, first - 1, spelled=True)
    return Number(value + Decimal(f"0.{digits}"), place, last, spelled=True)


def _with_half(tokens: Sequence[Token], number: Number) -> Number:
    """Past "and a half"."""
    words = tuple(_word(tokens, number.last + offset) for offset in range(3))
    if words[0] == "and" and words[1] in ("a", "one") and words[2] in _HALVES:
        return Number(number.value + _HALVES[words[2]], number.first, number.last + 3, spelled=number.spelled)
    return number
