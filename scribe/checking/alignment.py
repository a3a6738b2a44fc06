"""Word for word: what stands right behind a "not" in the note, held against the same words where they were said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scribe.checking.claims import Claim
from scribe.checking.heard import Heard
from scribe.checking.vocabulary import keys, weight
from scribe.language.reading import Read

_NOTS = {"not", "n't", "no", "never", "without", "denies", "denied", "deny", "neither", "nor", "cannot", "none"}
_LIGHT = {
    "a", "an", "the", "any", "to", "of", "be", "have", "do", "it", "him", "her", "his", "he", "she", "they", "them", "their",
    "that", "this", "there", "in", "on", "at", "for", "with", "and", "or", "really", "very", "much", "also", "been", "as", "so",
    "i", "you", "we", "my", "your", "patient", "will", "ever", "just", "yet", "still", "having", "which", "be", "-", "'s", "too",
}  # fmt: skip
"""Stems that are passed over in looking for the word that a "not" denies."""
_LONGEST_STEP = 4
"""Tokens behind a "not" in which the word that it denies stands."""
_BEFORE, _BEHIND = 5, 4
"""Tokens before and behind a word in which a "not" denies it too, where the cues did not reach."""


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


def find_affirmed_there(claim: Claim, places: Iterable[int], heard: Heard) -> int | None:
    """The place in the claim of a word that it denies and that where it comes from is said only without a "not"."""
    near = sorted(places)
    for number in denied_words(claim.read):
        if not claim.read.cues.negated[number] or claim.read.cues.hypothetical[number]:
            continue
        said = [(place, at) for place in near for at in _occurrences(claim.read, number, heard.reads[place])]
        if said and not any(_may_be_denied(heard, place, at) for place, at in said):
            return number
    return None


def find_denied_there(claim: Claim, places: Iterable[int], heard: Heard) -> int | None:
    """The place in the claim of a word that it affirms and that where it comes from stands right behind a "not" every
    time it is said."""
    heads = {place: set(denied_words(heard.reads[place])) for place in places}
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
        said = [(place, at) for place in heads for at in _occurrences(claim.read, number, heard.reads[place])]
        if said and all(at in heads[place] and heard.reads[place].cues.negated[at] for place, at in said):
            return number
    return None


def _occurrences(claim: Read, number: int, one: Read) -> list[int]:
    """Where a unit has the same word."""
    wanted = keys(claim.tokens[number].stem)[0]
    return [at for at, token in enumerate(one.tokens) if token.word[0].isalpha() and keys(token.stem)[0] == wanted]


def _may_be_denied(heard: Heard, place: int, at: int) -> bool:
    """Whether the word is denied there, or asked, or a "not" stands close to it."""
    one = heard.reads[place]
    return bool(one.cues.negated[at] or one.questions[at] or _is_marked(one, at))


def _is_marked(one: Read, at: int) -> bool:
    around = one.tokens[max(0, at - _BEFORE) : at + 1 + _BEHIND]
    return any(token.word in _MARKS for token in around)


_MARKS = _NOTS | {"negative", "nothing", "unable", "stop", "stopped", "quit", "hardly", "less", "avoid", "resolved", "gone",
                  "lack", "instead", "until", "unless", "if", "nobody", "refuse", "refused", "difficult", "hard", "trouble",
                  "hold", "off", "away", "normal", "clear", "rather", "only", "than", "can't"}  # fmt: skip
"""Words near which a word may be denied in some other way."""
