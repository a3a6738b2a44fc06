"""Values within one edit of each other: a letter too many, too few, wrong, or two neighbours swapped."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import zip_longest

from rapidfuzz.distance import OSA

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_REMEMBERED = 50_000


def shortened(word: str) -> set[str]:
    """The word with any one character left out."""
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


class NearWords:
    """Words by every form with one character left out (Garbe's symmetric deletion): looking up costs one look per letter."""

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


class NearCodes:
    """Numbers and codes. There may be a hundred thousand, so only the halves are indexed: of a code with one edit, one
    half is whole; only then are the ways to undo the edit tried."""

    def __init__(self, codes: Collection[str]) -> None:
        self._codes = {code for code in codes if len(code) >= 8 or (len(code) >= 6 and not code.isdigit())}
        self._first = {code[: len(code) // 2] for code in self._codes}
        self._last = {code[len(code) // 2 :] for code in self._codes}
        columns = zip_longest(*self._codes, fillvalue="")
        self._at = ["".join(sorted(set(column))) for column in columns]  # the characters that stand at each place
        self.longest_prefix = max((len(code) - len(code.lstrip(_LETTERS)) for code in self._codes), default=0)
        sizes = [len(code) for code in codes] or [0]
        self.shortest, self.longest = min(sizes) - 1, max(sizes) + 1

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
        if swapped in self._codes:
            found.add(swapped)
        found.discard(code)
        return sorted(found)

    def _known_half(self, code: str, halves: set[str], *, last: bool) -> bool:
        for size in range(len(code) - 1, len(code) + 2):  # the code meant may be longer or shorter by one
            half = size // 2
            if (code[half - size :] if last else code[:half]) in halves:
                return True
        return False

    def _undone(self, code: str, begin: int, end: int) -> Iterator[str]:
        """The codes that one edit at the places from `begin` to `end` would have made this of."""
        codes, places = self._codes, len(self._at)
        for i in range(max(begin, 0), min(end, len(code) + 1)):
            before, rest, after = code[:i], code[i:], code[i + 1 :]
            forms = [before + after, before + rest[1:2] + rest[:1] + rest[2:]]
            for letter in self._at[i] if i < places else "":
                forms += (before + letter + rest, before + letter + after)
            for form in forms:
                if form in codes:
                    yield form
