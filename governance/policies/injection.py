"""Signs that a text tries to steer the software. A sign is noted, nothing is refused for it: what a message may
bring about is bounded by the closed set of commands and by who the patient is, not by this."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from lexicon import beside

_WORDS = beside(__file__)

_RULES = tuple(re.compile(pattern) for pattern in _WORDS.texts("rules"))
_INVISIBLE = re.compile(r"[\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


@lru_cache(maxsize=8192)
def injection_signs(text: str) -> tuple[tuple[int, int], ...]:
    """Where such signs are, as spans of the text, as far as they can be told; invisible characters count too, as they
    hide text from a reader."""
    if len(_INVISIBLE.findall(text)) >= 3:
        return ((0, len(text)),)
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).lower().replace("’", "'")
    same = len(plain) == len(text)
    found = (rule.search(plain) for rule in _RULES)
    return tuple(match.span() if same else (0, len(text)) for match in found if match is not None)


def looks_like_injection(text: str) -> bool:
    """Whether a text shows such a sign."""
    return bool(injection_signs(text))
