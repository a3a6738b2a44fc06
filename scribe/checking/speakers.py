"""Who must have said a claim, against who did."""

from __future__ import annotations

from scribe.checking.claims import Claim
from scribe.checking.facts import near
from scribe.checking.support import Backing
from scribe.checking.visit_index import VisitIndex
from scribe.note import Division, Finding, FindingKind

_DOCTORS = frozenset({Division.EXAM, Division.RESULTS, Division.ASSESSMENT, Division.PLAN, Division.VITALS})
"""Divisions that only the clinician can have filled."""


def find_speaker(
    claim: Claim, backing: Backing, *, visit_index: VisitIndex, division: Division | None
) -> list[Finding]:
    """ "The patient reports" what only the doctor said; an examination that only the patient spoke of."""
    roles = {visit_index.roles[place] for place in near(backing.places, 1) if 0 <= place < len(visit_index.roles)}
    if not backing.places or "unknown" in roles or not claim.items:
        return []
    said_by = {visit_index.roles[place] for place in backing.places}
    if claim.attributed and said_by == {"doctor"} and not _confirmed(backing, visit_index, {"patient", "other"}):
        return [_speaker(claim, backing, visit_index=visit_index, instead="said by the doctor")]
    if (
        division in _DOCTORS
        and said_by == {"patient"}
        and not _confirmed(backing, visit_index, {"doctor", "nurse", "other"})
    ):
        return [_speaker(claim, backing, visit_index=visit_index, instead="said by the patient")]
    return []


def _confirmed(backing: Backing, visit_index: VisitIndex, roles: set[str]) -> bool:
    """Whether one of `roles` speaks right after, without refusing it, or asked it."""
    for place in backing.places:
        for other in (place - 1, *range(place + 1, place + 4)):
            if 0 <= other < len(visit_index.roles) and visit_index.roles[other] in roles:
                return True
    return False


def _speaker(claim: Claim, backing: Backing, *, visit_index: VisitIndex, instead: str) -> Finding:
    segments = visit_index.ids(set(backing.places))
    return Finding(kind=FindingKind.SPEAKER, words=claim.text, instead=instead, segments=segments)
