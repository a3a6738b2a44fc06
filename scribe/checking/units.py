"""Turns of speech cut into units of a sentence or a few: small enough that what stands together was said together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scribe.language.words import tokenize
from scribe.visit import Role, Visit

LEAST_TOKENS = 12
"""A sentence shorter than this is read with the next."""
_BREAKS = {"okay", "alright", "so", "now"}
"""Words at which speech without marks is cut, once a unit has tokens enough."""
_UNMARKED_TOKENS = 16
_MOST_TOKENS = 60


@dataclass(frozen=True, slots=True)
class Unit:
    """`segment`: the place of its segment in the visit. `last`: nothing of the segment follows."""

    segment: int
    role: Role
    text: str
    last: bool


def cut(visit: Visit) -> list[Unit]:
    """The visit's units in order."""
    return [
        Unit(place, segment.role, text, last)
        for place, segment in enumerate(visit.segments)
        for text, last in _pieces(segment.text)
    ]


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """(text, whether it is the segment's last)."""
    tokens = tokenize(text)
    start, count = 0, 0
    cuts = []
    for place, token in enumerate(tokens):
        count += 1
        ended = token.word in (".", "?", "!") and count >= LEAST_TOKENS
        run_on = count >= _UNMARKED_TOKENS and token.word in _BREAKS and tokens[place - 1].word not in (",", "and")
        if (ended or run_on or count >= _MOST_TOKENS) and len(tokens) - place > 4:
            cuts.append(token.start if run_on else token.end)
            count = 1 if run_on else 0
    for cut_at in cuts:
        yield text[start:cut_at], False
        start = cut_at
    yield text[start:], True
