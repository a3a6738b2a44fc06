"""Word for word: what stands right behind a "not" in the note, held against the same words where they were said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from scribe.checking.claims import Claim
from scribe.checking.visit_index import VisitIndex
from scribe.checking.vocabulary import keys, weight
from scribe.language.reading import Read, read

_NOTS = {"not", "n't", "no", "never", "without", "denies", "denied", "deny", "neither", "nor", "cannot", "none"}
_LIGHT = {
    "a", "an", "the", "any", "to", "of", "be", "have", "do", "it", "him", "her", "his", "he", "she", "they", "them",
    "their",
    "that", "this", "there", "in", "on", "at", "for", "with", "and", "or", "really", "very", "much", "also", "been",
    "as", "so",
    "i", "you", "we", "my", "your", "patient", "will", "ever", "just", "yet", "still", "having", "which", "-", "'s",
    "too",
    "left", "right", "both",
}  # fmt: skip
"""Stems that are passed over in looking for the word that a "not" denies."""
_LONGEST_STEP = 4
"""Tokens behind a "not" in which the word that it denies stands."""
_BEFORE, _CLOSE, _BEHIND = 5, 3, 3
"""Tokens before a word in which a "not", and before and behind it in which another such word, may deny it where the
cues did not reach."""


def denied_words(one: Read) -> Iterator[int]:
    """The places of the words that stand right behind a "not" or "no"."""
    for place, token in enumerate(one.tokens):
        if token.word not in _NOTS:
            continue
        for following in range(place + 1, min(place + 1 + _LONGEST_STEP, len(one.tokens))):
            other = one.tokens[following]
            if not other.word[0].isalpha() and other.word != "n't":
                break
            if other.stem not in _LIGHT and other.word not in _NOTS:
                yield following
                break


def find_affirmed_there(claim: Claim, places: Iterable[int], visit_index: VisitIndex) -> int | None:
    """The place in the claim of a word that it denies and that where it comes from is said only without a "not"."""
    near = sorted(places)
    for number in denied_words(claim.read):
        if not claim.read.cues.negated[number] or claim.read.cues.hypothetical[number]:
            continue
        said = [(place, at) for place in near for at in _occurrences(claim.read, number, visit_index.reads[place])]
        if said and not any(_may_be_denied(visit_index, place, at) for place, at in said):
            return number
    return None


def find_denied_there(claim: Claim, places: Iterable[int], visit_index: VisitIndex) -> int | None:
    """The place in the claim of a word that it affirms and that where it comes from stands right behind a "not" every
    time it is said."""
    heads = {place: set(denied_words(visit_index.reads[place])) for place in places}
    for number, token in enumerate(claim.read.tokens):
        cues = claim.read.cues.at(number)
        if (
            weight(token.stem) < 1.0
            or cues.negated
            or cues.hypothetical
            or cues.uncertain
            or _is_marked(claim.read, number)
        ):
            continue
        said = [(place, at) for place in heads for at in _occurrences(claim.read, number, visit_index.reads[place])]
        if said and all(at in heads[place] and visit_index.reads[place].cues.negated[at] for place, at in said):
            return number
    return None


def _occurrences(claim: Read, number: int, one: Read) -> list[int]:
    """Where a unit has the same word."""
    wanted = keys(claim.tokens[number].stem)[0]
    return [at for at, token in enumerate(one.tokens) if token.word[0].isalpha() and keys(token.stem)[0] == wanted]


def _may_be_denied(visit_index: VisitIndex, place: int, at: int) -> bool:
    """Whether the word is denied there, or asked, or a "not" stands close to it."""
    one = visit_index.reads[place]
    return bool(one.cues.negated[at] or one.questions[at] or _is_marked(one, at))


def _is_marked(one: Read, at: int) -> bool:
    before, around = one.tokens[max(0, at - _BEFORE) : at], one.tokens[max(0, at - _CLOSE) : at + 1 + _BEHIND]
    return any(token.word in _NOTS for token in before) or any(token.word in _MARKS for token in around)


_MARKS = _NOTS | {"negative", "nothing", "unable", "stop", "stopped", "quit", "hardly", "less", "avoid", "resolved",
    "gone",
                  "lack", "instead", "until", "unless", "if", "nobody", "refuse", "refused", "difficult", "hard",
                  "trouble",
                  "hold", "off", "away", "normal", "clear", "rather", "only", "than", "can't"}  # fmt: skip
"""Words near which a word may be denied in some other way."""


def find_turned(claim: Claim, places: Iterable[int], visit_index: VisitIndex) -> tuple[int, bool] | None:
    """(place in the claim, whether the claim denies it) of two words in a row that are denied on one side only,
    wherever they are said near the places; speech and note alike without fillers, every person alike."""
    units = [_pairs(visit_index.reads[place].text) for place in places]
    one = claim.read
    for pair, ways in _pairs(one.text).items():
        said = {way for unit in units for way, _ in unit.get(pair, ())}
        for way, at in ways:
            if way is not None and said == {not way} and not one.cues.hypothetical[at]:
                return at, way
    return None


@lru_cache(maxsize=4096)
def _pairs(text: str) -> dict[tuple[str, str], tuple[tuple[bool | None, int], ...]]:
    """Two words in a row -> (whether a "not" stands right before them, None where another word may deny them; place
    of the first) each time."""
    one = read(text)
    found: dict[tuple[str, str], tuple[tuple[bool | None, int], ...]] = {}
    steps = _steps(one)
    for (first, at, denied), (second, _, between) in pairwise(steps):
        if between or not first or not second or {first, second} <= _COMMON or one.questions[at]:
            continue
        way = True if denied else None if one.cues.negated[at] or _is_marked(one, at) else False
        found[first, second] = (*found.get((first, second), ()), (way, at))
    return found


def _steps(one: Read) -> list[tuple[str, int, bool]]:
    """(word, its place, whether a "not" stands right before it); "" where a sentence ends."""
    steps: list[tuple[str, int, bool]] = []
    denied = False
    for place, token in enumerate(one.tokens):
        if token.word in _DIRECT:
            denied = True
        elif token.word in (".", "?", "!", ";", ":"):
            steps.append(("", place, False))
            denied = False
        elif token.word in _SKIPPED or token.word in ("left", "right") or not token.word[0].isalnum():
            continue
        else:
            name = _PERSON if token.stem in _PERSONS else keys(token.stem)[0]
            if not (name == _PERSON and steps and steps[-1][0] == _PERSON):
                steps.append((name, place, denied))
            denied = False
    return steps


_DIRECT = {"not", "n't", "no", "never", "without", "cannot", "denies"}
_SKIPPED = {"uh", "um", "really", "even", "also", "ever", "just", "currently", "actually", "like", "so", "any", "the",
    "a", "an",
            "you're", "still", "too", "know,"}  # fmt: skip
_PERSON = "@"
_PERSONS = {"i", "you", "he", "she", "they", "we", "him", "her", "them", "me", "your", "my", "his", "their", "our",
    "us",
            "patient", "it"}  # fmt: skip
_COMMON = {_PERSON, "to", "of", "be", "have", "in", "on", "at", "for", "and", "or", "that", "this", "there", "with",
    "as", "is",
           "do", "will", "would", "can", "could", "if", "but", "then", "what", "when", "which", "go", "gon", "na",
           "s"}  # fmt: skip
"""Words of which two in a row say too little."""
