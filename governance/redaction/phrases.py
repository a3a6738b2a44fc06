"""Phrases of several words (names, addresses, e-mail addresses) in a text, one edit anywhere allowed.

A phrase is kept as its words run together. A text is read as a chain of known words; one link of the chain may be a
word with an edit, two words that are one with a blank too many, or one that is two with the blank missing. So every
single edit is met, those of the blanks included, and ordinary words are left after one look into a table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from governance.redaction.near import NearWords, shortened
from governance.redaction.ordinary import is_ordinary

_LONGEST = 10
_WORD, _PAIR = 1, 2
_HONOURS = ("ji", "bhai", "ben", "saab", "jee")
_TAILS = frozenset(honour[-2:] for honour in _HONOURS)


class Hit(NamedTuple):
    """Words `first` to `last` of the text are a phrase; `edits` is 0 or 1; `edited` the word that has the edit, or
    -1."""

    first: int
    last: int
    phrase: str
    edits: int
    edited: int = -1


class Phrases:
    """An index of phrases, each a sequence of two or more plain words: filled with `add`, closed with `seal`. `table`
    holds all phrases, run together; it is kept, not copied."""

    def __init__(self, table: Collection[str]) -> None:
        self._phrases = table
        self._known: dict[str, int] = {}  # words of phrases, and pairs of these run together, as flags
        self._near = NearWords(())
        self._glued: dict[str, tuple[str, ...]] = {}

    def seal(self, exact: Iterable[Sequence[str]]) -> None:
        """In phrases of `exact` no edit within a word is looked for (e-mail addresses: what has an edit has the shape
        of one still)."""
        self._near = NearWords(
            word for word, flags in self._known.items() if flags & _WORD and (len(word) > 2 or word.isalpha())
        )
        for phrase in exact:
            self.add(phrase)

    def add(self, phrase: Sequence[str]) -> None:
        known = self._known
        for word in phrase:
            known[word] = known.get(word, 0) | _WORD
        for first, second in pairwise(phrase):
            known[first + second] = known.get(first + second, 0) | _PAIR

    def _is_pair(self, both: str) -> bool:
        return self._known.get(both, 0) & _PAIR > 0

    def find(self, plain: list[str]) -> list[Hit]:
        """Phrases in the words of a text; they may overlap."""
        count = len(plain)
        known = self._known
        exact = [word in known for word in plain]
        joined = [plain[place] + plain[place + 1] in known for place in range(count - 1)] + [False, False]
        exact += [False, False, False]
        joined += [False]
        hits: list[Hit] = []
        for place in range(count):
            if exact[place] or joined[place] or exact[place + 1] or joined[place + 1] or exact[place + 2]:
                self._follow(plain, exact, (place, place), ("", ""), -2, hits)
            elif len(plain[place]) > 5 and not is_ordinary(plain[place]):
                hits += [Hit(place, place, pair, 1) for pair in self._glue(plain[place]) if pair in self._phrases]
                if self._honoured(plain[place]):
                    self._follow(plain, exact, (place, place), ("", ""), -2, hits)
        return hits

    def _follow(
        self,
        plain: list[str],
        exact: list[bool],
        reach: tuple[int, int],
        said: tuple[str, str],
        edited: int,
        hits: list[Hit],
    ) -> None:
        """Go on from a place. `reach`: the chain's first word and the next; `said`: the words read so far and the last
        of them; `edited`: the word with the edit, -1 where it is between words, -2 while there is none."""
        (first, place), (key, before) = reach, said
        if key and key in self._phrases:
            hits.append(Hit(first, place - 1, key, int(edited != -2), edited))
        if place - first > _LONGEST or place >= len(plain):
            return
        for size, word in self._whole(plain, exact, place, before):
            now = edited if size == 1 else -1
            if size == 1 or edited == -2:
                self._follow(plain, exact, (first, place + size), (key + word, word), now, hits)
        if edited == -2:
            for size, word in self._edited(plain, exact, place, before):
                now = place if size == 1 else -1
                self._follow(plain, exact, (first, place + size), (key + word, word), now, hits)

    def _whole(self, plain: list[str], exact: list[bool], place: int, before: str) -> list[tuple[int, str]]:
        """Known words here, and two that are one with a blank too many: how many words of the text, and the known
        word."""
        word, links = plain[place], []
        if exact[place]:
            if not before or self._is_pair(before + word) or self._is_pair(word) or self._is_pair(before):
                links.append((1, word))
        elif word[-2:] in _TAILS and self._honoured(word):
            links.append((1, self._honoured(word)))
        if place + 1 < len(plain):
            both = word + plain[place + 1]
            if both in self._known:
                links.append((2, both))
        return links

    def _edited(self, plain: list[str], exact: list[bool], place: int, before: str) -> list[tuple[int, str]]:
        """The same, of words with an edit; each must stand beside a known word that it stands beside in a phrase."""
        links: list[tuple[int, str]] = []
        for size in (1, 2):
            end = place + size
            if end > len(plain) or not (before or exact[end]):
                continue
            word = plain[place] if size == 1 else plain[place] + plain[place + 1]
            near = self._near.near(word)
            if near:
                after = plain[end] if not before else ""
                links += [
                    (size, other) for other in near if self._is_pair(before + other + after) or self._is_pair(before)
                ]
        links += [(1, pair) for pair in self._glue(plain[place])] if before or exact[place + 1] else []
        return links

    def _glue(self, word: str) -> tuple[str, ...]:
        """Pairs of words that run together in a word, a letter in the place of the blank."""
        found = self._glued.get(word)
        if found is None:
            if len(self._glued) > 50_000:
                self._glued.clear()
            found = self._glued[word] = tuple(form for form in shortened(word) if self._is_pair(form))
        return found

    def _honoured(self, word: str) -> str:
        """The known word before an honorific that is written onto it ("ashaji"), or nothing."""
        for honour in _HONOURS:
            if (
                word.endswith(honour)
                and self._known.get(word[: -len(honour)], 0) & _WORD
                and len(word) > len(honour) + 2
            ):
                return word[: -len(honour)]
        return ""
