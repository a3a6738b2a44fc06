"""Words that stand beside names and words that are not names unless a title stands before them."""

from __future__ import annotations

from lexicon import beside

_WORDS = beside(__file__)

TITLES = _WORDS.words("titles")
NOT_NAMES = _WORDS.words("not_names")
