"""Sides: left, right and both, and the other opposite pairs, each with the body site that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scribe.language.terms import Mention, concepts_of
from scribe.language.words import Token, tokenize

Axis = Literal["lateral", "depth", "height", "face"]
_SIDES: dict[str, tuple[Axis, str]] = {
    "left": ("lateral", "left"), "right": ("lateral", "right"), "bilateral": ("lateral", "both"),
    "bilaterally": ("lateral", "both"), "both": ("lateral", "both"), "leftsided": ("lateral", "left"),
    "left-sided": ("lateral", "left"), "medial": ("depth", "medial"), "inner": ("depth", "medial"),
    "inside": ("depth", "medial"), "lateral": ("depth", "lateral"), "outer": ("depth", "lateral"),
    "outside": ("depth", "lateral"), "upper": ("height", "upper"), "lower": ("height", "lower"),
    "low": ("height", "lower"), "superior": ("height", "upper"), "inferior": ("height", "lower"),
    "anterior": ("face", "front"), "posterior": ("face", "back"),
}  # fmt: skip
_OPPOSITE = {"left": "right", "right": "left", "medial": "lateral", "lateral": "medial", "upper": "lower",
             "lower": "upper", "front": "back", "back": "front"}  # fmt: skip
_NOT_A_SIDE_AFTER = {
    "right": {"now", "away", "there", "here", "after", "before", "when", "where", "next", "on", "?", "so", "i",
    "about", "into",
              "okay", "that", "well", "in", "at", "up", "then", "but", "along", "because", "back", "to"},
    "left": {"the", "over", "my", "it", "him", "her", "work", "home", "a", "for", "his", "school", "untreated", "alone",
             "to", "off", "that", "with", "behind", "us", "them"},
    "both": {"of", "parents", "you", "times", "were", "are", "her", "his", "my", "the"},
    "low": {"blood", "sodium", "salt", "grade", "dose", "carb", "fat", "energy", "on", "-", "pumping", "vitamin",
    "iron"},
    "lower": {"your", "the", "it", "dose", "than", "my", "that"}, "inside": {"of", "the"}, "outside": {"of", "the",
    "in"},
    "upper": {"respiratory", "gi", "endoscopy"},
}  # fmt: skip
_NOT_A_SIDE_BEFORE = {
    "right": {"all", "that's", "is", "quite", "'s", "not", "thing", "about", "yeah", "you're", "do", "just", "feel",
    "work"},
    "left": {"i", "he", "she", "we", "they", "you", "'ve", "what's", "have", "was", "had", "any"},
}  # fmt: skip
_REACH = 6


@dataclass(frozen=True, slots=True)
class Side:
    """`axis` says which pair; `value` one of left, right, both, medial, lateral, upper, lower, front, back; `site` the
    body site's clinical name, None where none is near; `follows` the stem of the next word."""

    axis: Axis
    value: str
    site: str | None
    start: int
    end: int
    follows: str = ""


def opposite(value: str) -> str | None:
    """The other side of a pair, None for "both"."""
    return _OPPOSITE.get(value)


def sides(text: str) -> list[Side]:
    """Every side named in the text. "Right now", "that's right" and "he left" are none."""
    tokens = tokenize(text)
    return sides_of(tokens, concepts_of(tokens))


def sides_of(tokens: Sequence[Token], mentions: Sequence[Mention]) -> list[Side]:
    """As `sides`, for a text that is already read."""
    sites = [mention for mention in mentions if mention.kind == "site"]
    places = {token.start: index for index, token in enumerate(tokens)}
    found = []
    for place, token in enumerate(tokens):
        entry = _SIDES.get(token.word)
        if entry is None or not _is_side(tokens, place):
            continue
        axis, value = entry
        site = _nearest(place, sites, places)
        if axis == "lateral" or site is not None:
            follows = tokens[place + 1].stem if place + 1 < len(tokens) else ""
            found.append(Side(axis, value, site, token.start, token.end, follows if follows.isalpha() else ""))
    return found


def _is_side(tokens: Sequence[Token], place: int) -> bool:
    word = tokens[place].word
    before = tokens[place - 1].word if place else "."
    after = tokens[place + 1].word if place + 1 < len(tokens) else "."
    if word in ("right", "left") and (before in _NOT_A_SIDE_BEFORE[word] or after in _NOT_A_SIDE_AFTER[word]):
        return before in ("my", "your", "the", "his", "her") and after in (
            ",",
            ".",
            "?",
            "and",
            "side",
            "in",
            "to",
            "on",
        )
    if word == "right" and before in (".", ",", "?", "!") and after in (".", ",", "?", "!"):
        return False
    if word == "right" and place == 0 and after in (",", ".", "!"):
        return False
    if word in ("right", "left") and before in (",", "okay", ".") and after in ("?", "."):
        return False
    return after not in _NOT_A_SIDE_AFTER.get(word, ())


def _nearest(place: int, sites: Sequence[Mention], places: dict[int, int]) -> str | None:
    """The site that follows within reach, or else the one just before ("the knee, on the left")."""
    best: tuple[int, str] | None = None
    for mention in sites:
        distance = places.get(mention.start, -99) - place
        cost = distance if distance >= 0 else -distance + 2
        if cost <= _REACH and (best is None or cost < best[0]):
            best = (cost, mention.concept)
    return best[1] if best else None
