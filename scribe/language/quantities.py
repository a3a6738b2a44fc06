"""Numbers with their units, in UCUM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise

from scribe.language.numbers import Number, numbers
from scribe.language.phrases import Phrases, read_list
from scribe.language.words import Token, tokenize

_SYSTOLIC, _DIASTOLIC = (60, 280), (20, 160)
"""mm[Hg]: what "X over Y" must lie between to be read as a blood pressure. Wider than any living person's usual
range."""
_WARMEST_CELSIUS = 45
"""Cel. "101 degrees" above this is Fahrenheit: no body is warmer in Celsius."""
_ONES = {"week": "wk", "month": "mo", "year": "a", "hour": "h", "day": "d", "minute": "min", "decade": "{decade}"}
_RATE_BEFORE = {"twice", "once", "times", "time", "per", "milligrams", "mg", "packs", "pack", "half", "thrice"}


@dataclass(frozen=True, slots=True)
class Found:
    """`unit` as said and `code` in UCUM, None where none was said or it is not known. `ordinal`: "third", "31st".
    `spelled`: in words."""

    value: Decimal
    unit: str | None
    code: str | None
    start: int
    end: int
    ordinal: bool = False
    spelled: bool = False


@cache
def _units() -> Phrases:
    return Phrases((name, code) for code, names in read_list("units").items() for name in names)


@cache
def known_codes() -> frozenset[str]:
    """The UCUM codes that can come out."""
    return frozenset(read_list("units"))


def quantities(text: str) -> list[Found]:
    """Every quantity of the text in order. A blood pressure is two; "a week" is one week."""
    return quantities_of(tokenize(text), text)


def quantities_of(tokens: Sequence[Token], text: str) -> list[Found]:
    """As `quantities`, for a text that is already in tokens."""
    found = numbers(tokens)
    units = {first: (code, last) for code, first, last in _units().find(tokens)}
    pressures = _pressures(tokens, found)
    made: list[Found] = []
    for number in found:
        if not made or made[-1].end <= tokens[number.first].start:
            made.append(_quantity(tokens, text, number=number, units=units, pressures=pressures))
    made += _single(tokens, text, {number.first for number in found})
    return _shared_units(tokens, sorted(made, key=lambda one: one.start))


def _quantity(
    tokens: Sequence[Token], text: str, *, number: Number, units: dict[int, tuple[str, int]], pressures: set[int]
) -> Found:
    start, end = tokens[number.first].start, tokens[number.last - 1].end
    shape = {"ordinal": number.ordinal, "spelled": number.spelled}
    if number.first in pressures:
        return Found(number.value, "mmHg", "mm[Hg]", start, end, **shape)
    if _out_of_ten(tokens, number):
        return Found(
            number.value, "out of 10", "{score}", start, tokens[number.last + _out_of_ten(tokens, number) - 1].end
        )
    place = _unit_place(tokens, number)
    code_last = units.get(place)
    if code_last is None or number.ordinal:
        return Found(number.value, None, None, start, end, **shape)
    code, last = code_last
    if code == "{score}" or (tokens[place].word in ("in", "f", "l", "g", "m") and tokens[place].start - end > 1):
        return Found(number.value, None, None, start, end, **shape)
    if tokens[place].word == "in" and not _really_inches(tokens, place):
        return Found(number.value, None, None, start, end, **shape)
    if code == "degree":
        code = "[degF]" if number.value > _WARMEST_CELSIUS else "Cel"
        code = "deg" if number.value > 115 or number.value < 30 else code
    unit = text[tokens[place].start : tokens[last - 1].end]
    return Found(number.value, unit, code, start, tokens[last - 1].end, **shape)


def _really_inches(tokens: Sequence[Token], place: int) -> bool:
    following = tokens[place + 1].word if place + 1 < len(tokens) else "."
    return following in (".", ",", ";", "x", "by") or tokens[place].start == tokens[place - 1].end


def _unit_place(tokens: Sequence[Token], number: Number) -> int:
    """Where the unit may begin: past a hyphen, past "a" or "an" after "half", past "of a"."""
    place = number.last
    words = [token.word for token in tokens[place : place + 2]]
    if words[:1] == ["-"]:
        return place + 1
    if number.value < 1 and words[:1] in (["a"], ["an"]):
        return place + 1
    if number.value < 1 and words == ["of", "a"]:
        return place + 2
    return place + 1 if words[:1] == ["more"] else place


def _out_of_ten(tokens: Sequence[Token], number: Number) -> int:
    """How many tokens "out of ten" or "/10" takes after a score from 0 to 10, 0 if it is not there."""
    words = tuple(token.word for token in tokens[number.last : number.last + 3])
    if number.value > 10:
        return 0
    if words[:2] == ("out", "of") and words[2:] in (("ten",), ("10",)):
        return 3
    return 2 if words[:2] == ("/", "10") and words[2:] != ("/",) else 0


_PRESSURE_WORDS = 4
"""Tokens before a figure in which its name makes "100 by 60" a blood pressure."""


def _pressures(tokens: Sequence[Token], found: Sequence[Number]) -> set[int]:
    """First tokens of the numbers that are blood pressures: "120/80", "one twenty over eighty", "BP 120 by 80"."""
    places: set[int] = set()
    for upper, lower in pairwise(found):
        between = tuple(token.word for token in tokens[upper.last : lower.first])
        after = tokens[lower.last].word if lower.last < len(tokens) else ""
        named = {token.word for token in tokens[max(0, upper.first - _PRESSURE_WORDS) : upper.first]} & {
            "bp",
            "pressure",
        }
        if (between not in (("/",), ("over",)) and not (between == ("by",) and named)) or after == "/":
            continue
        likely = _SYSTOLIC[0] <= upper.value <= _SYSTOLIC[1] and _DIASTOLIC[0] <= lower.value <= _DIASTOLIC[1]
        if likely and lower.value < upper.value:
            places |= {upper.first, lower.first}
    return places


def _single(tokens: Sequence[Token], text: str, used: set[int]) -> list[Found]:
    """ "a week", "an hour": one of it, unless it is a rate ("twice a week", "milligrams a day")."""
    made = []
    for place, token in enumerate(tokens[:-1]):
        code = _ONES.get(tokens[place + 1].word)
        if token.word not in ("a", "an") or code is None or place in used:
            continue
        before = tokens[place - 1].word if place else ""
        if (
            before in _RATE_BEFORE
            or before in ("of", "such", "what", "many", "much", "few", "day")
            or place - 1 in used
        ):
            continue
        following = tokens[place + 2].word if place + 2 < len(tokens) else ""
        if following in ("or", "and", "-") and _half_or_two(tokens, place + 3):
            continue
        end = tokens[place + 1].end
        made.append(Found(Decimal(1), text[tokens[place + 1].start : end], code, token.start, end, spelled=True))
    return made


def _half_or_two(tokens: Sequence[Token], place: int) -> bool:
    return place < len(tokens) and tokens[place].word in ("two", "a")


def _shared_units(tokens: Sequence[Token], found: list[Found]) -> list[Found]:
    """ "two to three weeks", "10-15 mg": the first takes the unit of the second."""
    places = {token.start: index for index, token in enumerate(tokens)}
    ends = {token.end: index for index, token in enumerate(tokens)}
    shared = list(found)
    for index in range(len(found) - 2, -1, -1):
        one, two = shared[index], shared[index + 1]
        if one.code or one.unit or not two.code or one.ordinal or two.start not in places or one.end not in ends:
            continue
        between = [token.word for token in tokens[ends[one.end] + 1 : places[two.start]]]
        if between in (["to"], ["or"], ["-"], [","], ["and"], ["maybe"], [",", "maybe"], []) and two.code != "mm[Hg]":
            shared[index] = Found(one.value, two.unit, two.code, one.start, one.end, spelled=one.spelled)
    return shared
