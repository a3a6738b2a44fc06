"""How alike two names sound, across the ways in which Indian names are spelled."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

_FOLDS = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"ksh|chh|tch", "c"), (r"x", "ks"), (r"ck|q", "k"), (r"ph", "f"), (r"gh", "g"), (r"sh|sch|z", "s"),
        (r"th", "t"),
        (r"dh", "d"), (r"bh", "b"), (r"kh", "k"), (r"jh", "j"), (r"ch", "c"), (r"w", "v"), (r"c(?=[eiy])", "s"),
        (r"(?<=[aeiou])h(?=[^aeiou]|$)", ""), (r"[aeiouy]+", "a"), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip


@lru_cache(maxsize=65536)
def sound(name: str) -> str:
    """A key that is the same for names that sound alike: Nair and Nayar, Shrivastava and Srivastava."""
    key = name.lower()
    for pattern, instead in _FOLDS:
        key = pattern.sub(instead, key)
    return key[:-1] if len(key) > 3 and key.endswith("a") else key


@lru_cache(maxsize=65536)
def likeness(said: str, name: str) -> float:
    """0 to 100: how likely one said word is one word of a name. 85 and more is a match."""
    if said == name:
        return 100.0
    if len(said) < 3 or len(name) < 3:
        return 0.0
    distance = OSA.distance(said, name, score_cutoff=2)
    if len(name) >= 4 and sound(said) == sound(name) and len(sound(name)) >= 3 and fuzz.ratio(said, name) >= 55:
        return 95.0 if distance <= 1 else 92.0
    shorter = min(len(said), len(name))
    if distance == 1 and shorter >= 4 and said[0] == name[0]:
        return 90.0
    if distance == 1 and shorter >= 6:
        return 87.0
    if distance == 2 and shorter >= 7 and said[0] == name[0]:
        return 86.0
    return 0.0
