"""Values within one edit of each other: a letter too many, too few, wrong, or two neighbours swapped."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator

import numpy as np
from rapidfuzz.distance import OSA

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_REMEMBERED = 50_000


def shortened(word: str) -> set[str]:
    """The word with any one character left out."""
    return {word[:place] + word[place + 1 :] for place in range(len(word))}


class NearWords:
    """Words by every form with one character left out (Garbe's symmetric deletion): looking up costs one look per
    letter."""

    def __init__(self, words: Iterable[str]) -> None:
        self._forms: dict[str, str] = {}  # a form's words, separated by blanks
        for word in words:
            for form in {word, *shortened(word)}:
                other = self._forms.get(form)
                self._forms[form] = word if other is None else f"{other} {word}"
        self._remembered: dict[str, tuple[str, ...]] = {}

    def near(self, word: str) -> tuple[str, ...]:
        """The words exactly one edit away."""
        found = self._remembered.get(word)
        if found is None:
            if len(self._remembered) > _REMEMBERED:
                self._remembered.clear()
            found = self._remembered[word] = tuple(self._look(word))
        return found

    def _look(self, word: str) -> Iterator[str]:
        seen = set()
        for form in {word, *shortened(word)}:
            words = self._forms.get(form)
            if words is not None:
                seen.update(words.split(" "))
        seen.discard(word)
        for other in sorted(seen):
            if OSA.distance(word, other, score_cutoff=1) == 1:
                yield other


class Hashes:
    """A set of values, of which only that they are in it can be asked, in eight bytes each: a sorted array of
    hashes."""

    def __init__(self) -> None:
        self._added = array("q")
        self._sorted = np.empty(0, np.int64)

    def add(self, value: str) -> None:
        self._added.append(hash(value))

    def seal(self) -> None:
        self._sorted, self._added = np.unique(np.frombuffer(self._added, np.int64)), array("q")

    def __contains__(self, value: str) -> bool:
        wanted = hash(value)
        at = int(self._sorted.searchsorted(wanted))
        return at < len(self._sorted) and int(self._sorted[at]) == wanted


class NearCodes:
    """Numbers and codes: filled with `add`, closed with `seal`. There may be millions, so only the halves are indexed:
    of a code with one edit, one half is whole; only then are the ways to undo the edit tried. `table` holds all codes;
    it is kept, not copied."""

    def __init__(self, table: Collection[str]) -> None:
        self._codes = table
        self._first, self._last = Hashes(), Hashes()
        self._at: list[set[str]] = []  # the characters that stand at each place
        self.longest_prefix, self.shortest, self.longest = 0, 0, 0
        self._sizes = (99, 0)

    def add(self, code: str) -> None:
        self._sizes = (min(self._sizes[0], len(code)), max(self._sizes[1], len(code)))
        if not _has_near(code):
            return
        self._first.add(code[: len(code) // 2])
        self._last.add(code[len(code) // 2 :])
        self._at += [set() for _ in range(len(code) - len(self._at))]
        for place, char in enumerate(code):
            self._at[place].add(char)
        self.longest_prefix = max(self.longest_prefix, len(code) - len(code.lstrip(_LETTERS)))

    def seal(self) -> None:
        self._first.seal()
        self._last.seal()
        if self._sizes[1]:
            self.shortest, self.longest = self._sizes[0] - 1, self._sizes[1] + 1

    def near(self, code: str) -> list[str]:
        """The codes exactly one edit away."""
        size = len(code)
        if not self.shortest <= size <= self.longest:
            return []
        middle = size // 2
        found: set[str] = set()
        if self._known_half(code, self._first, last=False):
            found.update(self._undone(code, middle - 1, size + 1))
        if self._known_half(code, self._last, last=True):
            found.update(self._undone(code, 0, middle + 2))
        swapped = code[: middle - 1] + code[middle] + code[middle - 1] + code[middle + 1 :]  # across the halves
        if swapped in self._codes and _has_near(swapped):
            found.add(swapped)
        found.discard(code)
        return sorted(found)

    def _known_half(self, code: str, halves: Hashes, *, last: bool) -> bool:
        for size in range(len(code) - 1, len(code) + 2):  # the code meant may be longer or shorter by one
            half = size // 2
            if (code[half - size :] if last else code[:half]) in halves:
                return True
        return False

    def _undone(self, code: str, begin: int, end: int) -> Iterator[str]:
        """The codes that one edit at the places from `begin` to `end` would have made this of."""
        codes, places = self._codes, len(self._at)
        for place in range(max(begin, 0), min(end, len(code) + 1)):
            before, rest, after = code[:place], code[place:], code[place + 1 :]
            forms = [before + after, before + rest[1:2] + rest[:1] + rest[2:]]
            for letter in sorted(self._at[place]) if place < places else "":
                forms += (before + letter + rest, before + letter + after)
            for form in forms:
                if form in codes and _has_near(form):
                    yield form


def _has_near(code: str) -> bool:
    """Whether a value is a code, and long enough to be known with an edit."""
    return (len(code) >= 8 or (len(code) >= 6 and not code.isdigit())) and not code.isalpha()
