"""What a note says against itself: the same thing affirmed and denied, left and right, two doses of one drug."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from scribe.checking.claims import Claim, read_claim
from scribe.language.terms import kind_of
from scribe.note import Division, Finding, FindingKind, Section

_CHANGES = re.compile(
    r"\b(?:increas|decreas|chang|switch|titrat|taper|reduc|rais|lower|instead|previously|was on|from|stop"
    r"|discontinu|then|up to|initial|add|start|today|now|new|bump|doubl|load|hold|refill)\w*",
    re.I,
)
_TIMED = re.compile(
    r"\b(?:previously|in the past|history|before|resolved|last|initially|ago|used to|since|recurr\w*|if|when"
    r"|until|prior|sometimes|occasional\w*|intermittent\w*|new|now|today|return|worsen\w*|watch|call)\b",
    re.I,
)
_STATES = frozenset(
    {Division.CHIEF_COMPLAINT, Division.PRESENT_ILLNESS, Division.REVIEW_OF_SYSTEMS, Division.PAST_MEDICAL}
)
_TOO_WIDE = {"pain", "swelling", "allergy", "infection", "surgery", "tenderness", "injury", "erythema", "flare-up",
    "weakness",
             "numbness", "stiffness", "physical examination", "exercise", "cancer", "bleeding", "lump", "discharge",
             "hospitalization", "follow-up", "drug allergy", "rest", "side effect", "vaccination"}  # fmt: skip
"""Terms that say too little alone: no pain in the hip is no contradiction to pain in the knee."""
_LEAST_SIDED = {"pain", "swelling", "fracture", "surgery", "sprain", "numbness", "weakness"}

Place = tuple[int, int]


def find_contradictions(sections: Sequence[Section]) -> dict[Place, list[Finding]]:
    """(section, sentence) of the later of two sentences that cannot both hold -> what is wrong, "instead" the
    earlier."""
    claims = {
        (index, number): read_claim(sentence.text)
        for index, section in enumerate(sections)
        for number, sentence in enumerate(section.sentences)
    }
    divisions = {(index, number): sections[index].division for index, number in claims}
    found: dict[Place, list[Finding]] = defaultdict(list)
    _add_denials(claims, divisions, found)
    _add_doses(claims, found)
    _add_sides(claims, found)
    return dict(found)


def _add_denials(
    claims: dict[Place, Claim], divisions: dict[Place, Division], found: dict[Place, list[Finding]]
) -> None:
    seen: dict[str, tuple[bool, str]] = {}
    for place, claim in claims.items():
        if divisions[place] not in _STATES or _TIMED.search(claim.text):
            continue
        for item in claim.items:
            if item.kind != "term" or item.site or item.open or item.name in _TOO_WIDE:
                continue
            if kind_of(item.name) not in ("symptom", "condition"):
                continue
            negated, earlier = seen.setdefault(item.name, (item.negated, claim.text))
            if negated != item.negated and earlier != claim.text:
                found[place].append(_finding(claim.text[item.start : item.end], earlier))


def _add_doses(claims: dict[Place, Claim], found: dict[Place, list[Finding]]) -> None:
    seen: dict[str, tuple[object, str]] = {}
    for place, claim in claims.items():
        if _CHANGES.search(claim.text):
            continue
        for dose in claim.read.doses:
            if dose.drug is None or dose.value is None or dose.drug.kind == "class" or dose.code is None:
                continue
            amount, earlier = seen.setdefault(f"{dose.drug.generic} {dose.code}", (dose.value, claim.text))
            if amount != dose.value and earlier != claim.text:
                found[place].append(_finding(claim.text[dose.start : dose.end], earlier))


def _add_sides(claims: dict[Place, Claim], found: dict[Place, list[Finding]]) -> None:
    """One problem on one side: "left knee pain", then "right knee pain" with the left nowhere in the sentence."""
    seen: dict[str, tuple[str, str]] = {}
    for place, claim in claims.items():
        if _TIMED.search(claim.text):
            continue
        terms = {item.name for item in claim.items if item.kind == "term" and not item.site and not item.negated}
        sides = {(side.site, side.value) for side in claim.read.sides if side.axis == "lateral" and side.site}
        for site, value in sorted(sides, key=str):
            if value == "both" or sum(1 for other, _ in sides if other == site) > 1:
                continue
            for term in sorted(terms & _LEAST_SIDED):
                was, earlier = seen.setdefault(f"{site} {term}", (value, claim.text))
                if was not in (value, "both") and earlier != claim.text:
                    found[place].append(_finding(f"{value} {site}", earlier))


def _finding(words: str, earlier: str) -> Finding:
    return Finding(kind=FindingKind.CONTRADICTION, words=words, instead=earlier)
