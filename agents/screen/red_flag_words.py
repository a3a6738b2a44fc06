"""The rules of the red flags, from their patterns in `red_flag_words.yaml`: English and romanised Hindi, read on plain
text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lexicon import Lexicon, beside

_RULES = beside(__file__).at("rules")


@dataclass(frozen=True, slots=True)
class Rule:
    """`deniable`: "no chest pain" is none. `past`: a sign of long ago is none."""

    code: str
    label: str
    pattern: re.Pattern[str]
    deniable: bool
    past: bool


def _rule(code: str, words: Lexicon) -> Rule:
    pattern = re.compile(rf"(?<!\w)(?:{words.text('pattern')})(?!\w)")
    return Rule(
        code,
        words.text("label"),
        pattern,
        deniable=bool(words.number("deniable", 1)),
        past=bool(words.number("past", 1)),
    )


RULES: tuple[Rule, ...] = tuple(_rule(code, _RULES.at(code)) for code in _RULES)
