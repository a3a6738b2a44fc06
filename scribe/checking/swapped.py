"""A drug of the visit put where another was said."""

from __future__ import annotations

from dataclasses import replace

from scribe.checking.claims import Claim, Item
from scribe.checking.facts import near
from scribe.checking.support import find_backing
from scribe.checking.visit_index import VisitIndex
from scribe.note import Finding, FindingKind

_REACH = 3
"""Units around the place of the rest of a claim in which its drug must be said."""
_LEAST_REST = 1.8
"""Weight of what the claim says besides its drug, from which it shows where the claim comes from."""
_LEAST_SHARE = 0.6


def find_swapped(claim: Claim, visit_index: VisitIndex) -> list[Finding]:
    """The one drug of a claim that is said far from where all the rest comes from, while another drug, which the claim
    does not name, is said right there."""
    named = [item for item in claim.items if item.kind in ("drug", "class")]
    if len(named) != 1 or named[0].kind != "drug" or named[0].name not in visit_index.drugs:
        return []
    drug = named[0]
    rest = replace(claim, items=tuple(item for item in claim.items if item is not drug))
    if rest.weight < _LEAST_REST:
        return []
    backing = find_backing(rest, visit_index)
    around = near(backing.places, _REACH)
    if backing.share < _LEAST_SHARE or any(said.segment in around for said in visit_index.drugs[drug.name]):
        return []
    others = _said_at(backing.places, drug, visit_index)
    return [_finding(claim, drug, others=others, segments=visit_index.ids(set(backing.places)))] if others else []


def _said_at(places: frozenset[int], drug: Item, visit_index: VisitIndex) -> list[str]:
    said = (one for place in places for one in visit_index.reads[place].drugs)
    return sorted({one.name for one in said if one.kind == "drug" and one.generic != drug.name})


def _finding(claim: Claim, drug: Item, *, others: list[str], segments: tuple[str, ...]) -> Finding:
    words = claim.text[drug.start : drug.end]
    return Finding(kind=FindingKind.UNSUPPORTED, words=words, instead=", ".join(others), segments=segments)
