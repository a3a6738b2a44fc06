"""Clinical terms: symptoms and findings, conditions, body sites, procedures and tests, lay words to clinical ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from scribe.language.phrases import EXACT, Phrases, read_list
from scribe.language.words import Token, tokenize

Kind = Literal["symptom", "condition", "site", "procedure", "test"]
_LISTS: tuple[tuple[Kind, str], ...] = (
    ("symptom", "symptoms"),
    ("condition", "conditions"),
    ("procedure", "procedures"),
    ("test", "tests"),
    ("site", "sites"),
)
_AT_SITE = {"pain", "swelling", "tenderness", "numbness", "stiffness", "weakness", "rash"}
"""Symptoms that together with a site make a concept of their own: "pain in my left knee" -> "knee pain"."""
_BETWEEN = {
    "in", "my", "your", "his", "her", "the", "a", "of", "on", "at", "to", "right", "left", "both", "low", "upp",
    "upper",
    "lower", "over", "around", "side", "medial", "lateral", "inner", "outer", "bilateral", "be", "and", "really", "bit",
    "feel", "it", "area", "or", "anterior", "posterior", "front", "along", "that", "this", "with", "palpat", "insid",
    "outsid", "middle", "middl", "mid", "very", "still", "pretty", "kind", "little", "about", "aspect", "part",
    "some", "like", "top", "bottom", ",", "uh", "um", "so", "just", "start", "been", "have", "there", "distal",
    "plantar",
    "dorsal", "entire", "whole", "entir", "whol",
}  # fmt: skip
_REACH = 7
"""Tokens between a symptom and its site."""


@dataclass(frozen=True, slots=True)
class Mention:
    """`concept`: the clinical name. Places in the text it was found in."""

    concept: str
    kind: Kind
    start: int
    end: int


@cache
def _phrases() -> Phrases:
    return Phrases(_entries())


def _entries() -> Iterator[tuple[str, str]]:
    for kind, name in _LISTS:
        for concept, synonyms in read_list(name).items():
            if not any(_bare(str(synonym)) == concept for synonym in synonyms or ()):
                yield str(concept), f"{kind}:{concept}"
            for synonym in synonyms or ():
                if not synonym.startswith(_NOT_ITSELF):
                    yield synonym.removeprefix(_BY_SITE), f"{kind}:{concept}{_BY_SITE * synonym.startswith(_BY_SITE)}"
    for phrase in read_list("everyday")["phrases"]:
        yield str(phrase), _NOTHING


_BY_SITE = "~"
"""Before a synonym: an everyday word that is the term only with a body site or another term near by ("broke my
arm")."""
_NOT_ITSELF = "-"
"""Before a synonym that is the concept's own name: the name alone is no sign of it."""
_NOTHING = "nothing:"
_NEAR = 7
"""Tokens within which the site must stand, in the same sentence."""


def _bare(synonym: str) -> str:
    return synonym.lstrip(_BY_SITE + _NOT_ITSELF + EXACT)


def concepts(text: str) -> list[Mention]:
    """Every term of the text in order of place. Where a symptom stands with its site, the site's own concept and that
    of both together ("knee pain") are given."""
    return concepts_of(tokenize(text))


_Found = tuple[Kind, str, int, int]


def concepts_of(tokens: Sequence[Token]) -> list[Mention]:
    """As `concepts`, for a text that is already in tokens."""
    marked = [(*_pair(meaning), first, last) for meaning, first, last in _phrases().find(tokens) if meaning != _NOTHING]
    sure = [one for one in marked if not one[1].endswith(_BY_SITE) and not _is_no_site(tokens, one)]
    found = [
        (kind, name.removesuffix(_BY_SITE), first, last)
        for kind, name, first, last in marked
        if (kind, name, first, last) in sure
        or (name.endswith(_BY_SITE) and _stands_near(tokens, first, last=last, sure=sure))
    ]
    mentions = [Mention(name, kind, tokens[start].start, tokens[end - 1].end) for kind, name, start, end in found]
    return sorted(mentions + _at_sites(tokens, found), key=lambda mention: (mention.start, mention.end))


def _stands_near(tokens: Sequence[Token], first: int, *, last: int, sure: Sequence[_Found]) -> bool:
    """Whether a body site or a symptom stands close to the tokens, in the same sentence."""
    for kind, _, other_first, other_last in sure:
        low, high = (other_last, first) if other_first < first else (last, other_first)
        close = kind in ("site", "symptom") and high - low <= _NEAR
        if close and not any(token.word in (".", "?", "!") for token in tokens[low:high]):
            return True
    return False


def _is_no_site(tokens: Sequence[Token], found: _Found) -> bool:
    """ "Come back" and "five feet" name no part of the body."""
    _, name, first, last = found
    before = tokens[first - 1].word if first else ""
    if name == "foot" and tokens[first].word in ("feet", "foot"):
        return before.isdigit() or before in _COUNTS
    return name == "back" and _is_return(tokens, first, last)


_COUNTS = {"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twenty", "thirty", "forty", "fifty",
           "hundred", "few", "many", "square", "-"}  # fmt: skip


def _is_return(tokens: Sequence[Token], first: int, last: int) -> bool:
    """ "Come back", "see her back in two weeks"."""
    if last - first > 1:
        return False
    before = tokens[first - 1].word if first else ""
    after = tokens[last].word if last < len(tokens) else ""
    if before == "her":
        return after in ("in", "to", "for", "after", "on", "here")
    return before not in _BEFORE_BACK


_BEFORE_BACK = {"my", "your", "his", "the", "low", "lower", "upper", "mid", "of", "and", "or", "in", "right", "left",
    "",
                ":"}  # fmt: skip


def _pair(meaning: str) -> tuple[Kind, str]:
    kind, name = meaning.split(":", 1)
    return cast(Kind, kind), name


def _at_sites(tokens: Sequence[Token], found: list[_Found]) -> list[Mention]:
    made = []
    sites = [entry for entry in found if entry[0] == "site"]
    for kind, name, first, last in found:
        if kind != "symptom" or name not in _AT_SITE:
            continue
        for _, site, site_first, site_last in sites:
            gap = tokens[last:site_first] if site_first >= last else tokens[site_last:first]
            if len(gap) <= _REACH and all(token.stem in _BETWEEN for token in gap):
                start, end = min(first, site_first), max(last, site_last) - 1
                made.append(Mention(f"{site} {name}", "symptom", tokens[start].start, tokens[end].end))
    return made


def kind_of(concept: str) -> Kind | None:
    """The kind of a concept by its clinical name, None if it is not in the lists."""
    return _kinds().get(concept)


@cache
def _kinds() -> dict[str, Kind]:
    return {str(concept): kind for kind, name in reversed(_LISTS) for concept in read_list(name)}
