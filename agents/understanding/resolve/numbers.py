"""Numbers as words, in English and in romanised Hindi."""

from __future__ import annotations

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_HINDI = {
    "ek": 1, "do": 2, "teen": 3, "char": 4, "chaar": 4, "paanch": 5, "panch": 5, "chhe": 6, "che": 6, "chhah": 6,
    "chah": 6, "saat": 7, "aath": 8, "nau": 9, "das": 10, "dus": 10, "gyarah": 11, "gyaarah": 11, "barah": 12,
    "baarah": 12,
}  # fmt: skip
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]

CARDINALS: dict[str, int] = {word: value for value, word in enumerate(_UNITS)} | _TENS
CARDINALS |= {
    f"{tens}{gap}{_UNITS[unit]}": value + unit for tens, value in _TENS.items() for unit in range(1, 10) for gap in " -"
}
ORDINALS: dict[str, int] = {word: value for value, word in enumerate(_ORDINALS, 1)}
ORDINALS |= {f"twenty{gap}{_ORDINALS[unit - 1]}": 20 + unit for unit in range(1, 10) for gap in " -"}
ORDINALS |= {"thirtieth": 30, "thirty first": 31, "thirty-first": 31}
HINDI_NUMBERS: dict[str, int] = _HINDI


def either(words: object) -> str:
    """A pattern of alternatives, the longest first."""
    return "|".join(sorted((str(word) for word in words), key=len, reverse=True))  # type: ignore[attr-defined]


def number(word: str) -> int | None:
    """The value of digits, a cardinal, an ordinal or a Hindi number word; None for anything else."""
    word = word.strip().lower()
    digits = word.rstrip("stndrh ")
    if digits.isdigit():
        return int(digits)
    for table in (CARDINALS, ORDINALS, HINDI_NUMBERS):
        if word in table:
            return table[word]
    return None


# "Nothing before 2", "can't come before friday": the other way round.
NEVER = r"(?:not?|nothing|never|cannot|can't|couldn't|won't|don't|doesn't|isn't|nahi|nahin)(?: \w+){0,3}?"
