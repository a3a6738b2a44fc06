"""The weight of words, and which ordinary words mean the same."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from scribe.language.words import stem, tokenize

_DATA = Path(__file__).parent / "data"
_ENDINGS = ("ically", "ation", "ition", "ement", "ional", "ness", "ment", "ally", "ical", "able", "ible", "ance",
    "ence",
            "tion", "sion", "ious", "ity", "ive", "ous", "ful", "al", "ly", "ic", "er", "or", "y", "t")  # fmt: skip
_ROOT = 4
"""Letters that must stay when an ending is taken off."""


def _load(name: str) -> Any:
    return yaml.load((_DATA / f"{name}.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # strings, also "no"


@lru_cache(maxsize=50_000)
def root(stemmed: str) -> str:
    """A stem without its ending, so that "depression" meets "depressed", "occasional" "occasionally"."""
    for ending in _ENDINGS:
        if stemmed.endswith(ending) and len(stemmed) - len(ending) >= _ROOT:
            stemmed = stemmed[: -len(ending)]
            break
    return stemmed[:-1] if len(stemmed) > _ROOT and stemmed[-1] in "eis" else stemmed


@cache
def _groups() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, group in enumerate(_load("same_words")):
        for word in group:
            found.setdefault(root(stem(str(word).lower())), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


@lru_cache(maxsize=50_000)
def keys(stemmed: str) -> tuple[str, ...]:
    """What a word is looked up by: its root, and a key for each group of same words it stands in."""
    base = root(stemmed)
    return (base, *(f"#{number}" for number in sorted(_groups().get(base, ()))))


@cache
def empty_stems() -> frozenset[str]:
    """Stems of words that assert nothing."""
    return frozenset(stem(str(word)) for word in _load("says_nothing")["words"])


@cache
def _set_phrases() -> re.Pattern[str]:
    phrases = sorted((str(phrase) for phrase in _load("says_nothing")["phrases"]), key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(re.escape(phrase) for phrase in phrases) + r")\b", re.I)


def set_phrase_places(text: str) -> list[tuple[int, int]]:
    """Where set phrases that assert nothing stand in a text."""
    return [match.span() for match in _set_phrases().finditer(text)]


def weight(stemmed: str) -> float:
    """What a content word weighs in a sentence: longer words say more. 0 for words that assert nothing."""
    if stemmed in empty_stems() or not any(letter.isalpha() for letter in stemmed):
        return 0.0
    return 0.5 if len(stemmed) < 4 else 1.0 if len(stemmed) < 8 else 1.3


def content_stems(text: str) -> list[str]:
    """Stems of the words of a text that assert something, in order."""
    return [token.stem for token in tokenize(text) if weight(token.stem) > 0]


@cache
def related(term: str) -> tuple[str, ...]:
    """Terms that talk uses for this one."""
    return tuple(str(other) for other in (_related().get(term) or ()))


@cache
def _related() -> dict[str, list[str]]:
    return dict(_load("related"))
