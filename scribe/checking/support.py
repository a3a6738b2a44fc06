"""Where a sentence comes from: the few places of the visit that together say most of its content."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scribe.checking.claims import Claim, Item
from scribe.checking.visit_index import VisitIndex
from scribe.checking.vocabulary import keys

WINDOW = 4
"""Units that are read together: a question, its answer, and what is said to it."""
MOST_WINDOWS = 4
LATER_WINDOW = 0.9
"""What content from a second place counts, against 1 from the first: a sentence is one claim first of all."""
GIST = 0.8
"""What a word counts that is met only by a word of the same meaning."""
_ENOUGH = 0.35
"""Weight that a further window must add to be taken."""


@dataclass(frozen=True)
class Backing:
    """`share`: content that is said, from 0 to 1. `places`: the segments. `unsaid`: items found nowhere, `far`: found
    in the visit but not at the places."""

    share: float
    places: frozenset[int]
    unsaid: tuple[Item, ...]
    far: tuple[Item, ...]


def places_of(item: Item, visit_index: VisitIndex) -> dict[int, float]:
    """Segments that say an item -> how well, from 0 to 1."""
    if item.kind == "figure" and item.figure:
        return _figure_places(item, visit_index)
    if item.kind == "drug":
        return {said.segment: 1.0 for said in visit_index.drugs.get(item.name, ())}
    found: dict[int, float] = {}
    if item.kind == "class":
        found = {said.segment: 1.0 for said in visit_index.drugs.get(item.name, ())}
    if item.kind == "term":
        found = {said.segment: 1.0 for said in visit_index.terms.get(item.name, ())}
        found |= {
            said.answer: 0.9
            for said in visit_index.terms.get(item.name, ())
            if said.answer and said.answer not in found
        }
    for place, worth in _word_places(item, visit_index).items():
        found[place] = max(worth, found.get(place, 0.0))
    return found


def _figure_places(item: Item, visit_index: VisitIndex) -> dict[int, float]:
    assert item.figure
    found: dict[int, float] = {}
    for place, other in visit_index.figures.get(item.figure.value, ()):
        same = item.figure.code is None or other.code is None or item.figure.code == other.code
        found[place] = max(1.0 if same else 0.5, found.get(place, 0.0))
    return found


def _word_places(item: Item, visit_index: VisitIndex) -> dict[int, float]:
    """Where all the words of an item stand, or words of the same meaning."""
    found: dict[int, float] | None = None
    for stem in item.stems:
        here: dict[int, float] = {}
        for number, key in enumerate(keys(stem)):
            for place in visit_index.words.get(key, ()):
                here.setdefault(place, 1.0 if number == 0 else GIST)
        found = (
            here
            if found is None
            else {place: min(worth, here[place]) for place, worth in found.items() if place in here}
        )
    return found or {}


def find_backing(claim: Claim, visit_index: VisitIndex) -> Backing:
    """The windows that say most of the claim, the first by itself as much as it can. A claim of nothing is fully
    backed."""
    total = claim.weight
    if not total:
        return Backing(1.0, frozenset(), (), ())
    known: dict[tuple[object, ...], dict[int, float]] = {}
    where = {}
    for index, item in enumerate(claim.items):
        same = (item.kind, item.name, item.stems, item.figure and (item.figure.value, item.figure.code))
        where[index] = known[same] if same in known else known.setdefault(same, places_of(item, visit_index))
    left, matched, got = set(where), set(), 0.0
    most = min(MOST_WINDOWS, 1 + len(claim.items) // 3)
    for turn in range(most):
        first, gain = _best_window(claim, where, left=left, visit_index=visit_index)
        if first is None or (turn and gain < _ENOUGH):
            break
        if turn and all(claim.items[index].kind == "figure" for index in left if _within(where[index], first)[0]):
            break
        for index in sorted(left):
            worth, place = _within(where[index], first)
            if worth:
                got += claim.items[index].weight * worth * (1.0 if turn == 0 else LATER_WINDOW)
                matched.add(place)
                left.discard(index)
    return Backing(
        share=min(1.0, got / total),
        places=frozenset(matched),
        unsaid=tuple(claim.items[index] for index in sorted(left) if not where[index]),
        far=tuple(claim.items[index] for index in sorted(left) if where[index]),
    )


def _within(places: dict[int, float], first: int) -> tuple[float, int]:
    """(how well, where) an item is said in the window that begins at `first`; (0, -1) where it is not."""
    return max(((places[place], place) for place in range(first, first + WINDOW) if place in places), default=(0.0, -1))


def _best_window(
    claim: Claim, where: dict[int, dict[int, float]], *, left: set[int], visit_index: VisitIndex
) -> tuple[int | None, float]:
    scores: dict[int, float] = {}
    for index in left:
        item, rare = claim.items[index], _rarity(len(where[index]), len(visit_index.reads))
        best: dict[int, float] = {}
        for place, worth in where[index].items():
            for first in range(max(0, place - WINDOW + 1), place + 1):
                best[first] = max(best.get(first, 0.0), worth)
        for first, worth in best.items():
            scores[first] = scores.get(first, 0.0) + item.weight * worth * rare
    if not scores:
        return None, 0.0
    first = max(scores, key=lambda place: (round(scores[place], 6), -place))
    return first, scores[first]


def _rarity(segments: int, total: int) -> float:
    """1 for what one segment says, towards 0.3 for what all say."""
    return 0.3 + 0.7 * math.log((total + 1) / max(segments, 1)) / math.log(total + 1) if total > 1 else 1.0
