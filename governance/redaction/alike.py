"""Names that sound like a person's in both words ("Subhas Chatterji", "विक्रम राठौर"), and people of a single name.

An index of hashes beside the people's numbers, in two sorted arrays: twelve bytes for each pair of words and each
word."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterator
from itertools import combinations

import numpy as np

from governance.redaction.ordinary import is_ordinary
from governance.redaction.person import Words
from governance.redaction.sounds import sound
from governance.redaction.tokens import MARKS

# Titles that are not a doctor's.
LAY_TITLE = re.compile(
    r"(?<!\w)(?:mr|mrs|ms|miss|shri|smt|patient|herrn?|frau|sr|sra|señora?|श्री|श्रीमती)\.?\s{1,2}$", re.IGNORECASE
)
# A word with a capital, or without small letters (Devanagari), before another.
_FIRST_OF_TWO = re.compile(rf"(?<![\w{MARKS}])[^\W\d_a-z][\w{MARKS}'’]*(?=[ \-]{{1,2}}[^\W\d_a-z])")
_SHORTEST = 3


class Alike:
    """Filled with `add`, closed with `seal`, then asked."""

    def __init__(self) -> None:
        self._keys, self._owners = array("q"), array("I")
        self._lone: set[str] = set()
        self._sorted: tuple[np.ndarray, np.ndarray] = (np.empty(0, np.int64), np.empty(0, np.uint32))

    def add(self, owner: int, words: list[str]) -> None:
        """One name of a person."""
        if len(words) == 1:
            self._lone.add(words[0])
        for word in words:
            self._put(word, owner)
        for first, second in combinations(words, 2):
            key = _pair(first, second)
            if key:
                self._put(key, owner)

    def _put(self, key: str, owner: int) -> None:
        self._keys.append(hash(key))
        self._owners.append(owner)

    def seal(self) -> None:
        keys, owners = np.frombuffer(self._keys, np.int64), np.frombuffer(self._owners, np.uint32)
        order = np.argsort(keys, kind="stable")
        self._sorted = keys[order], owners[order]
        self._keys, self._owners = array("q"), array("I")

    def _found(self, key: str) -> list[int]:
        keys, owners = self._sorted
        wanted = hash(key)
        first = int(np.searchsorted(keys, wanted))
        if first == len(keys) or keys[first] != wanted:
            return []
        return [int(owner) for owner in owners[first : int(np.searchsorted(keys, wanted, side="right"))]]

    def find(self, words: Words, exact: Collection[int]) -> Iterator[tuple[int, int, list[int]]]:
        """(first word, last word, the numbers of the people who may be meant). `told`: words at which a name begins
        that somebody has as it stands."""
        for match in _FIRST_OF_TWO.finditer(words.text):
            place = bisect_left(words.spans, match.span())
            if (
                place not in exact
                and place + 1 < len(words.plain)
                and _may_be_name(words.plain[place])
                and _may_be_name(words.plain[place + 1])
            ):
                key = _pair(words.plain[place], words.plain[place + 1])
                owners = self._found(key) if key else []
                if owners:
                    yield place, place + 1, owners
        if not self._lone:
            return
        for place, word in enumerate(words.plain):
            if word in self._lone and self._is_lone(words, place):
                yield place, place, self._found(word)  # those too who have it as one of several names

    def _is_lone(self, words: Words, place: int) -> bool:
        """Whether a title stands before a word, and no other name after it."""
        start = words.spans[place][0]
        if LAY_TITLE.search(words.text[max(0, start - 12) : start]) is None:
            return False
        return place + 1 == len(words.plain) or not (_adjacent(words, place) and words.shown(place + 1)[0].isupper())


def _pair(first: str, second: str) -> str:
    """The key of two words in either order; empty where one says too little."""
    sounds = sorted((sound(first), sound(second)))
    return " ".join(sounds) if min(map(len, sounds)) >= _SHORTEST else ""


def _may_be_name(word: str) -> bool:
    return len(word) > _SHORTEST and word.isalpha() and not is_ordinary(word)


def _adjacent(words: Words, place: int) -> bool:
    return words.text[words.spans[place][1] : words.spans[place + 1][0]] in (" ", "  ", "-")
