"""Which kind of request the words are, and whether they name what it needs to name."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from agents.understanding.meaning.reader import Meaning
from agents.understanding.resolve.spelling import plain
from lexicon import Lexicon

_WORDS = Lexicon(Path(__file__).with_name("flow.yaml"))
OTHER = "other"
KINDS = tuple(_WORDS.texts("kinds"))
_NAMED = _WORDS.table("named")
# What the phrases of understanding/meaning/wants call these kinds, where that differs.
_LIKE = {kind: kind for kind in KINDS} | {"complaint": "care", "insurance_approval": "insurance"}


def kind_of(words: str, meaning: Meaning | None = None) -> str:
    """The kind of request that the words are: one of `KINDS`; whose pattern is in them first, else the likeliest."""
    text = plain(words).text
    named = next((kind for kind in KINDS if _pattern(_WORDS.part(kind)).search(text)), OTHER)
    if named != OTHER or meaning is None:
        return named
    likely = [one for one in meaning.wants(words) if one.label in _LIKE]
    return _LIKE[likely[0].label] if likely else OTHER


def names_what(kind: str, words: str) -> bool:
    """Whether the words say which medicine, report or thing it is, where a request of this kind needs that."""
    return kind not in _NAMED or bool(_pattern(_NAMED[kind]).search(plain(words).text))


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{text})")
