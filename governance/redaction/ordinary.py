"""Everyday words and well-known places: what a capitalised word may be other than a name."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "words"
_ENDING = re.compile(
    r"(?:tion|sion|ology|ologist|ousness|fulness|ically|ful|less|ible|ism|itis|ised|ized|ising|izing|ating|ated|etic"
    r"|ical|osis|emia|aemia|ectomy|ically|graphy|scopy|therapy|ships?|wards?|thing|where|body|day|time)s?$"
)
_SHORTENED = frozenset(("m", "ll", "ve", "re", "d", "t", "em", "all", "clock"))
_GROWN = ("s", "ed", "d", "ing", "er", "ers", "ly", "ment", "ments", "able", "ness", "al", "y", "'s", "est")


@cache
def ordinary_words() -> frozenset[str]:
    """The everyday words listed in words/ordinary.txt."""
    lines = (_FOLDER / "ordinary.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@lru_cache(maxsize=65536)
def is_ordinary(word: str) -> bool:
    """Whether a word in lower case is an everyday word, one grown from it ("booked", "booking") or built like one."""
    words = ordinary_words()
    if word in words:
        return True
    word = word.replace("’", "'").removesuffix("'s")
    if "'" in word and word.split("'")[-1] in _SHORTENED and is_ordinary(word.split("'")[0].removesuffix("n")):
        return True
    for whole in (word, *word.split("-")) if "-" in word else (word,):
        if whole in words:
            return True
    for grown in _GROWN:
        if word.endswith(grown):
            stem = word[: -len(grown)]
            if len(stem) > (3 if grown in ("ly", "y", "al", "er", "ers") else 2) and (
                stem in words or stem + "e" in words or (stem[-1] == stem[-2] and stem[:-1] in words and len(stem) > 3)
            ):
                return True
    if word.endswith("es") and word[-3:-2] in "sxzho" and word[:-2] in words:
        return True
    if word.endswith(("ies", "ied", "ily", "ier")) and word[:-3] + "y" in words:
        return True
    if word.startswith(("un", "re", "non")) and len(word) > 5 and word[2:].lstrip("n") in words:
        return True
    return len(word) > 6 and _ENDING.search(word) is not None


def is_listed(word: str) -> bool:
    """Whether a word in lower case is itself in the list of everyday words."""
    return word in ordinary_words()


@cache
def _sections(file: str, separator: str | None) -> dict[str, frozenset[str]]:
    """A file's lists by the name in brackets above them."""
    sections: dict[str, set[str]] = {}
    current: set[str] = set()
    for line in (_FOLDER / file).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = sections.setdefault(line.strip("[]"), set())
        elif not line.startswith("#"):
            current.update(word.strip().lower() for word in line.split(separator))
    return {name: frozenset(words) for name, words in sections.items()}


def word_set(name: str) -> frozenset[str]:
    """A closed set of words from words/sets.txt."""
    return _sections("sets.txt", None)[name]


def is_place(words: str) -> bool:
    """Whether words in lower case are a country, state or well-known city."""
    return words in _sections("places.txt", ",")["places"]


def is_people(words: str) -> bool:
    """Whether words in lower case are a nationality, an ethnic group, a faith or a party."""
    return words in _sections("places.txt", ",")["peoples"]
