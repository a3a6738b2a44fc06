"""What a doctor's wording of a problem asks for: groups of words, each with the other ways to say it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from db.json import JsonObject
from scribe.coding.tables import index, signed_words, words_of
from scribe.language.phrases import Phrases
from scribe.language.terms import concepts
from scribe.language.words import Token, tokenize

_LIGHT = 0.3  # what a word of degree counts, beside one that names a condition
_CONCEPT = 0.9  # what a lay word counts that stands for a clinical name
_SITE = 0.5  # what a part of the body counts
_LEAST_LETTERS = 6  # of a word whose spelling is put right
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ABSENT = re.compile(r"\b(?:without|w/o|not|no|denies)\b(?P<what>[^,;.()]*?)(?=[,;.()]|\b(?:with|but)\b|$)")


@dataclass(frozen=True)
class Group:
    """One thing that was said. `ways`: its own words and other wordings of it, as stems; any one of them will do."""

    ways: tuple[tuple[str, ...], ...]
    counts: float = 1.0

    def known(self) -> tuple[tuple[str, ...], ...]:
        """Its ways all of whose words the tables have; every way where there is none such."""
        return tuple(way for way in self.ways if all(map(index().weight, way))) or self.ways

    def weight(self) -> float:
        """0 where the tables know none of its words."""
        return self.counts * min(filter(None, map(weigh, self.known())), default=0.0)


@dataclass(frozen=True)
class Asked:
    """`said`: the wording in lower case, spelling put right. `clinical`: the same with the tables' words in place of
    the bedside's. `plain`: all stems of both."""

    said: str
    clinical: str
    groups: tuple[Group, ...]
    plain: frozenset[str]


def weigh(words: Sequence[str]) -> float:
    return sum(map(index().weight, words))


@cache
def lists() -> JsonObject:
    read: JsonObject = {}
    for name in ("usual", "wordings"):
        read |= yaml.load(Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8"), Loader=_Loader)
    return read


@cache
def _instead() -> Phrases:
    return Phrases((str(said), str(ways)) for said, ways in lists()["instead"].items())


@cache
def words_in(name: str) -> frozenset[str]:
    """The stems of one of the lists of words."""
    return frozenset(word for one in lists()[name] for word in words_of(one))


def read_wording(text: str) -> Asked:
    said = " ".join(_spelled(word) for word in text.lower().replace("’", "'").split())
    tokens = tokenize(said)
    absent = [match.span("what") for match in _ABSENT.finditer(said)]
    spans = sorted(_spans(said, tokens))
    groups, clinical = [], []
    for first, last, ways, counts in spans:
        start, end = tokens[first].start, tokens[last - 1].end
        sign = "~" if any(begin <= start and end <= over for begin, over in absent) else ""
        clinical.append(("no " if sign else "") + (ways[0] if ways else said[start:end]))
        found = tuple(_way(way, sign) for way in (said[start:end], *ways))
        if any(word.lstrip("~") not in words_in("stop") for way in found for word in way):
            groups.append(Group(tuple(dict.fromkeys(way for way in found if way)), counts))
    plain = {word.lstrip("~") for group in groups for way in group.ways for word in way} | set(words_of(said))
    return Asked(said=said, clinical=" ".join(clinical), groups=tuple(groups), plain=frozenset(plain))


def _way(text: str, sign: str) -> tuple[str, ...]:
    if sign:
        return tuple(sign + word for word in words_of(text))
    stop = words_in("stop")
    return tuple(word for word in dict.fromkeys(signed_words(text)) if word not in stop)


def _spans(said: str, tokens: list[Token]) -> Iterator[tuple[int, int, tuple[str, ...], float]]:
    """(first token, token after the last, other ways to say it, how much it counts), none overlapping."""
    claimed: set[int] = set()
    for ways, first, last in _instead().find(tokens):
        claimed.update(range(first, last))
        yield first, last, tuple(way.strip() for way in ways.split(";")), 1.0
    for mention in concepts(said):
        inside = [place for place, token in enumerate(tokens) if mention.start <= token.start < mention.end]
        if inside and mention.concept != said[mention.start : mention.end] and claimed.isdisjoint(inside):
            claimed.update(inside)
            yield inside[0], inside[-1] + 1, (mention.concept,), _CONCEPT
    sites = [(mention.start, mention.end) for mention in concepts(said) if mention.kind == "site"]
    for place, token in enumerate(tokens):
        if place not in claimed:
            light = words_in("light").issuperset(words_of(token.word))
            site = any(start <= token.start < end for start, end in sites)
            yield place, place + 1, (), _LIGHT if light else _SITE if site else 1.0


@cache
def _spoken() -> frozenset[str]:
    """Words of the lists, which are right although the tables lack them."""
    named = [str(name) for names in lists()["usual"].values() for name in names]
    said = [str(name) for name in lists()["instead"]]
    needed = [str(word) for words in lists()["only_with"].values() for word in words]
    return frozenset(words_of(" ".join((*named, *said, *needed)))) | words_in("stop") | words_in("light")


def _spelled(word: str) -> str:
    """A long word that nothing knows, as the commonest word of the tables that is one letter away from it."""
    if len(word) < _LEAST_LETTERS or not word.isalpha() or not word.isascii() or len(word) > 30:
        return word
    postings = index().postings
    if any(stem in postings or stem in _spoken() for stem in words_of(word)) or concepts(word):
        return word
    near = [one for one in _one_away(word) if words_of(one)[0] in postings]
    return max(near, key=lambda one: (len(postings[words_of(one)[0]]), one), default=word)


def _one_away(word: str) -> set[str]:
    """One letter left out, put in, changed or changed places; the first letter stays."""
    cuts = [(word[:place], word[place:]) for place in range(1, len(word) + 1)]
    return (
        {head + tail[1:] for head, tail in cuts if tail}
        | {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
        | {head + letter + tail[1:] for head, tail in cuts if tail for letter in _LETTERS}
        | {head + letter + tail for head, tail in cuts for letter in _LETTERS}
    )
