"""Which kind of request the words are, and whether they name what it needs to name."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from agents.understanding.resolve.spelling import plain
from lexicon import Lexicon

_WORDS = Lexicon(Path(__file__).with_name("flow.yaml"))
OTHER = "other"
KINDS = tuple(_WORDS.texts("kinds"))
_NAMED = _WORDS.table("named")


def kind_of(words: str) -> str:
    """The kind of request that the words are: one of `KINDS`, the first whose pattern is in them."""
    text = plain(words).text
    return next((kind for kind in KINDS if _pattern(_WORDS.part(kind)).search(text)), OTHER)


def names_what(kind: str, words: str) -> bool:
    """Whether the words say which medicine, report or thing it is, where a request of this kind needs that."""
    return kind not in _NAMED or bool(_pattern(_NAMED[kind]).search(plain(words).text))


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{text})")
