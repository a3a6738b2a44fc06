"""Figures in digits and units in short: "eighty milligrams" -> "80 mg", "one twenty over eighty" -> "120/80"."""

from __future__ import annotations

import re

from scribe.language.numbers import Number, numbers
from scribe.language.words import Token, tokenize

_UNITS = (
    (r"\bmilligrams?\b", "mg"), (r"\bmicrograms?\b", "mcg"), (r"\bmilliliters?\b|\bmillilitres?\b", "mL"),
    (r"\bcentimeters?\b|\bcentimetres?\b", "cm"), (r"\bmillimeters?\b|\bmillimetres?\b", "mm"),
    (r"\bkilograms?\b", "kg"), (r" ?\bper ?cent\b", "%"),
)  # fmt: skip
_COUNTED = re.compile(
    r"^\W*(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?|times?|mg|milligrams?|micrograms?|pounds?"
    r"|packs?|drinks?|beers?"
    r"|cups?|glasses|puffs?|tablets?|pills?|percent|%|inch(?:es)?|feet|centimeters?|millimeters?|grams?|units?"
    r"|degrees|out of|over|plus|by|children|kids|cigarettes)\b",
    re.I,
)


def write_figures(text: str) -> str:
    """The text with spelled figures in digits where they count or measure ("two weeks"; not "this one")."""
    tokens = tokenize(text)
    pieces: list[str] = []
    end = 0
    for number in numbers(tokens):
        first, last = tokens[number.first], tokens[number.last - 1]
        if not number.spelled or number.ordinal or not _counts(number, tokens, text[last.end :]):
            continue
        pieces += [text[end : first.start], f"{number.value.normalize():f}"]
        end = last.end
    return _shorten("".join([*pieces, text[end:]]))


def _counts(number: Number, tokens: list[Token], after: str) -> bool:
    return number.value > 1 or bool(_COUNTED.match(after))


def _shorten(text: str) -> str:
    for expression, short in _UNITS:
        text = re.sub(expression, short, text, flags=re.I)
    text = re.sub(r"\b(\d{2,3}) over (\d{2,3})\b", r"\1/\2", text)
    text = re.sub(r"\b((?:bp|pressure)\W(?:\w+ ){0,2})(\d{2,3}) by (\d{2,3})\b", r"\1\2/\3", text, flags=re.I)
    text = re.sub(r"\b(\d{1,2}) out of (\d{1,2})\b", r"\1/\2", text)
    text = re.sub(r"\b(\d) plus\b", r"\1+", text)
    text = re.sub(r"(\d) %", r"\1%", text)
    text = re.sub(r"\b(\d+) \1(?= (?:hours?|days?|weeks?|months?|years?)\b)", r"\1", text)
    text = re.sub(r"\b(\d+) ?-? ?years? ?-? ?old\b", r"\1-year-old", text)
    return re.sub(r"\b(\d{1,3}(?:\.\d+)?) by (\d{1,3}(?:\.\d+)?)\b", r"\1 x \2", text)
