"""The rules of the red flags, from `red_flag_words.yaml`: a sign each, with whose danger sign it is; English and
romanised Hindi, read on plain text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from lexicon import Lexicon, beside

_BOOK = beside(__file__)
_RULES = _BOOK.at("rules")
_WITHIN = r"(?!\w)[^.!?;\n]{0,70}?(?<!\w)"


@dataclass(frozen=True, slots=True)
class Rule:
    """`deniable`: "no chest pain" is none. `past`: a sign of long ago is none. `signed_off`: None while the rule awaits
    clinical sign-off."""

    code: str
    label: str
    pattern: re.Pattern[str]
    deniable: bool
    past: bool
    source: str
    version: str
    languages: tuple[str, ...]
    signed_off: str | None


def _rule(code: str, words: Lexicon) -> Rule:
    ways = [words.text("pattern")] if "pattern" in words else []
    for one, other in words.pairs("near") if "near" in words else ():
        ways += [f"(?:{one}){_WITHIN}(?:{other})", f"(?:{other}){_WITHIN}(?:{one})"]
    book = words.values()
    return Rule(
        code,
        words.text("label"),
        re.compile(rf"(?<!\w)(?:{'|'.join(ways)})(?!\w)"),
        deniable=bool(words.number("deniable", 1)),
        past=bool(words.number("past", 1)),
        source=words.text("source"),
        version=str(_BOOK.values()["version"]),
        languages=tuple(cast("list[str]", book["languages"])),
        signed_off=cast("str | None", book["signed_off"]),
    )


RULES: tuple[Rule, ...] = tuple(_rule(code, _RULES.at(code)) for code in _RULES)
