"""Finding many phrases in a text at once: a table from first stem to the phrases that begin with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scribe.language.words import Token, tokenize

DATA = Path(__file__).parent / "data"
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@cache
def read_list(name: str) -> Any:
    """A word list of `data/`, by file name without ending. Every entry is a string, also "no" and "1/2"."""
    return yaml.load((DATA / f"{name}.yaml").read_text(encoding="utf-8"), Loader=_Loader)


_OWNERS = {"your", "his", "her", "their", "our", "the"}


def _alike(stem: str) -> str:
    """ "Blood in my stool" is "blood in her stool" and "blood in the stool"."""
    return "my" if stem in _OWNERS else stem


EXACT = "="
"""Before a phrase: it stands for something in this very form only, not in every form of its stems."""


class Phrases:
    """Phrases, each with what it stands for. The longest phrase at a place wins; found phrases do not overlap."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        self._by_first: dict[str, dict[tuple[str, ...], str]] = {}
        self._exact: dict[tuple[str, ...], dict[tuple[str, ...], str]] = {}
        self._lengths: dict[str, list[int]] = {}
        for phrase, meaning in entries:
            tokens = [token for token in tokenize(phrase.removeprefix(EXACT)) if token.stem != "-"]
            stems = tuple(_alike(token.stem) for token in tokens)
            if phrase.startswith(EXACT):
                self._by_first.setdefault(stems[0], {}).setdefault(stems, "")
                self._exact.setdefault(stems, {}).setdefault(tuple(token.word for token in tokens), meaning)
            elif stems:
                known = self._by_first.setdefault(stems[0], {})
                known[stems] = known.get(stems) or meaning
        for first, phrases in self._by_first.items():
            self._lengths[first] = sorted({len(phrase) for phrase in phrases}, reverse=True)

    def find(self, tokens: Sequence[Token]) -> list[tuple[str, int, int]]:
        """(meaning, first token, token after the last) in the order of the text."""
        kept = [index for index, token in enumerate(tokens) if token.stem != "-"]
        stems = tuple(_alike(tokens[index].stem) for index in kept)
        words = tuple(tokens[index].word for index in kept)
        found, place = [], 0
        while place < len(stems):
            hit = self._at(stems, words, place)
            if hit is None:
                place += 1
                continue
            meaning, length = hit
            found.append((meaning, kept[place], kept[place + length - 1] + 1))
            place += length
        return found

    def _at(self, stems: tuple[str, ...], words: tuple[str, ...], place: int) -> tuple[str, int] | None:
        first = stems[place]
        for length in self._lengths.get(first, ()):
            here = stems[place : place + length]
            meaning = self._by_first[first].get(here)
            if meaning is None or place + length > len(stems):
                continue
            if here in self._exact:
                meaning = self._exact[here].get(words[place : place + length], meaning)
            if meaning:
                return meaning, length
        return None
