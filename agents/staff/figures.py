"""Figures: which numbers a text holds, in digits or words, so that an answer can be held against what it rests on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

from agents.understanding.resolve.numbers import CARDINALS

_ID = re.compile(r"(?i)\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")
_GROUPED = re.compile(r"(?<!\d)\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)")  # 1,250,000 and 12,50,000
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WORD = re.compile(r"[a-z]+")
_TENS = frozenset(word for word, value in CARDINALS.items() if value >= 20 and value % 10 == 0 and " " not in word)
# "One" is as often a pronoun; the others are numbers that cannot be told from what stands beside them.
_LEFT_OUT = frozenset({"one"})
_QUANTITIES = frozenset(
    {"hundred", "thousand", "lakh", "crore", "million", "billion", "dozen", "half", "quarter", "twice", "double"}
)


def figures_in(text: str) -> frozenset[str]:
    """Every figure of a text, each in one spelling: "1,250.50", "1250.5" -> "1250.5"; "twenty-five" -> "25"; "half" as
    it is. Ids are none."""
    plain = "".join(_digit(char) for char in unicodedata.normalize("NFKC", _ID.sub(" ", text))).lower()
    plain = _GROUPED.sub(lambda match: match[0].replace(",", ""), plain)
    found = {_spelled(match[0]) for match in _NUMBER.finditer(plain)}
    words = _WORD.findall(plain)
    for place, word in enumerate(words):
        if word in _QUANTITIES:
            found.add(word)
        elif word in CARDINALS and word not in _LEFT_OUT:
            before = words[place - 1] if place else ""
            ones = CARDINALS[word] < 10 and before in _TENS
            found.discard(str(CARDINALS[before]) if ones else "")
            found.add(str(CARDINALS[word] + (CARDINALS[before] if ones else 0)))
    return frozenset(found)


def unheld(text: str, grounds: Iterable[str]) -> frozenset[str]:
    """The figures of an answer that no ground holds."""
    wanted = figures_in(text)
    return wanted - frozenset().union(*(figures_in(ground) for ground in grounds)) if wanted else wanted


def _digit(char: str) -> str:
    """The digits of other scripts as 0 to 9."""
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


def _spelled(number: str) -> str:
    value = Decimal(number)
    return str(value.quantize(Decimal(1))) if value == value.to_integral_value() else str(value.normalize())
