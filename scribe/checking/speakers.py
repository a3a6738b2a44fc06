"""Who must have said a claim, against who did."""

from __future__ import annotations

from scribe.checking.claims import Claim
from scribe.checking.facts import near
from scribe.checking.heard import Heard
from scribe.checking.support import Backing
from scribe.note import Division, Finding, FindingKind

_DOCTORS = frozenset({Division.EXAM, Division.RESULTS, Division.ASSESSMENT, Division.PLAN, Division.VITALS})
"""Divisions that only the clinician can have filled."""


def find_speaker(claim: Claim, backing: Backing, heard: Heard, division: Division | None) -> list[Finding]:
    """ "The patient reports" what only the doctor said; an examination that only the patient spoke of."""
    roles = {heard.roles[place] for place in near(backing.places, 1) if 0 <= place < len(heard.roles)}
    if not backing.places or "unknown" in roles or not claim.items:
        return []
    said_by = {heard.roles[place] for place in backing.places}
    if claim.attributed and said_by == {"doctor"} and not _confirmed(backing, heard, {"patient", "other"}):
        return [_speaker(claim, backing, heard, "said by the doctor")]
    if division in _DOCTORS and said_by == {"patient"} and not _confirmed(backing, heard, {"doctor", "nurse", "other"}):
        return [_speaker(claim, backing, heard, "said by the patient")]
    return []


def _confirmed(backing: Backing, heard: Heard, roles: set[str]) -> bool:
    """Whether one of `roles` speaks right after, without refusing it, or asked it."""
    for place in backing.places:
        for other in (place - 1, *range(place + 1, place + 4)):
            if 0 <= other < len(heard.roles) and heard.roles[other] in roles:
                return True
    return False


def _speaker(claim: Claim, backing: Backing, heard: Heard, instead: str) -> Finding:
    segments = heard.ids(set(backing.places))
    return Finding(kind=FindingKind.SPEAKER, words=claim.text, instead=instead, segments=segments)
