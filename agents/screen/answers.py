"""What is answered to "is this happening now?"."""

from __future__ import annotations

from agents.understanding.resolve.spelling import plain
from lexicon import beside

_WORDS = beside(__file__)
_HAPPENING = _WORDS.pattern("happening")
_NOT_HAPPENING = _WORDS.pattern("not_happening")


def is_happening(text: str) -> bool:
    """Whether it begins as a yes: more readily than a yes to a booking is one."""
    return bool(_HAPPENING.match(plain(text).text.lstrip(" ,.!")))


def is_not_happening(text: str) -> bool:
    return bool(_NOT_HAPPENING.match(plain(text).text.lstrip(" ,.!")))
