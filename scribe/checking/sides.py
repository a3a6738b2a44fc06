"""On which side a claim puts a thing, against what was said."""

from __future__ import annotations

import re

from scribe.checking.claims import Claim
from scribe.checking.facts import near
from scribe.checking.support import Backing
from scribe.checking.visit_index import VisitIndex
from scribe.checking.vocabulary import root
from scribe.language.reading import Read
from scribe.language.sides import Side, opposite
from scribe.note import Finding, FindingKind


def find_sides(claim: Claim, backing: Backing, visit_index: VisitIndex) -> list[Finding]:
    """Left for right, upper for lower and so on; a left or right that nobody said."""
    found = []
    for side in claim.read.sides:
        if _side_is_term(side, claim):
            continue
        local = _sides_said(side, backing, visit_index)
        values = {other.value for _, other in local}
        wrong = _wrong_side(side, values) or _crossed(side, claim, backing=backing, visit_index=visit_index)
        if wrong is None:
            continue
        if side.value == "both" and (
            "exam" in claim.text.lower() or claim.text[side.start : side.end] == "bilaterally"
        ):
            continue
        words = f"{claim.text[side.start : side.end]}{' ' + side.site if side.site else ''}"
        places = {place for place, _ in local}
        found.append(
            Finding(kind=FindingKind.SIDE, words=words, instead=wrong or None, segments=visit_index.ids(places))
        )
    return found


def _side_is_term(side: Side, claim: Claim) -> bool:
    """ "Lower back pain", "right upper quadrant": the side is part of a name that is judged as a whole."""
    inside = [one for one in claim.read.concepts if one.start <= side.start and side.end <= one.end]
    return any(side.axis != "lateral" or one.concept in ("back", "back pain") for one in inside)


def _sides_said(side: Side, backing: Backing, visit_index: VisitIndex) -> list[tuple[int, Side]]:
    """Sides of the same kind: of this site where the claim comes from, or of any there, or of this site anywhere."""
    alike = [(place, other) for place, other in visit_index.sides if other.axis == side.axis]
    of_site = [pair for pair in alike if side.site is not None and pair[1].site == side.site]
    same_word = [pair for pair in alike if side.follows and pair[1].follows == side.follows]
    tiers = (
        [pair for pair in same_word if pair[0] in backing.places],
        [pair for pair in of_site if pair[0] in backing.places],
        [pair for pair in alike if pair[0] in backing.places],
        [pair for pair in of_site if pair[0] in near(backing.places)],
        of_site,
        [pair for pair in alike if pair[0] in near(backing.places)],
        alike,
    )
    return next((tier for tier in tiers if tier), [])


_EITHER = re.compile(r"\b(?:left (?:and|or|to) right|right (?:and|or|to) left)\b", re.I)
_CONTEXT = 7
"""Tokens on either side of a "left" in which its words are compared."""
_SAME_SITE = 2.0


def _crossed(side: Side, claim: Claim, *, backing: Backing, visit_index: VisitIndex) -> str | None:
    """The other side, where both are said and the words around this one were said around the other."""
    if side.axis != "lateral" or side.value == "both" or _EITHER.search(claim.text):
        return None
    here = _context(claim.read, side)
    best = {"left": 0.0, "right": 0.0}
    for place, other in visit_index.sides:
        if place in near(backing.places, 1) and other.value in best:
            alike = len(here & _context(visit_index.reads[place], other))
            best[other.value] = max(best[other.value], alike + _SAME_SITE * (other.site == side.site is not None))
    other_side = "left" if side.value == "right" else "right"
    return other_side if best[other_side] > best[side.value] > 0.0 else None


def _context(one: Read, side: Side) -> set[str]:
    """Roots of the content words around a side, and the word right behind it."""
    at = next(number for number, token in enumerate(one.tokens) if token.start == side.start)
    around = one.tokens[max(0, at - _CONTEXT) : at] + one.tokens[at + 1 : at + 1 + _CONTEXT]
    return {root(token.stem) for token in around if token.word[0].isalpha() and token.word not in _NO_CONTEXT}


_NO_CONTEXT = {"left", "right", "the", "a", "an", "my", "your", "his", "her", "their", "of", "and", "on", "in", "to",
    "is",
               "uh", "um", "i", "you", "he", "she", "it", "patient", "has", "have", "that", "at"}  # fmt: skip


def _wrong_side(side: Side, values: set[str]) -> str | None:
    """None where the side holds; what was said instead; "" where no side was said."""
    if side.value in values:
        return None
    if side.axis != "lateral":
        other = opposite(side.value)
        return other if other in values and len(values) == 1 else None
    if side.value == "both":
        one_sided = values & {"left", "right"}
        return next(iter(one_sided)) if len(one_sided) == 1 and side.site else None
    if opposite(side.value) in values:
        return opposite(side.value)
    return None if "both" in values else ""
