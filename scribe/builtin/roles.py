"""Who speaks: the role of a segment as given, put right where the labels were swapped, or guessed where there
is none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scribe.visit import Role, Segment

_DOCTOR = re.compile(
    r"\?|\b(?:your|you're|you've|hey dragon|any (?:chest|fever|nausea|other|allergies|pain)|let's|i'd like you"
    r"|we'll|examin\w*"
    r"|prescri\w+|order|follow up|on exam|assessment|i recommend|i want you|milligrams|do you|are you|have you"
    r"|does it|did you|mister|miss|mr|mrs|tell me|what brings|how can i help|take a look|breathe)\b",
    re.I,
)
_PATIENT = re.compile(
    r"\b(?:my|i've|i was|i feel|i felt|i had|i have|i take|i don't|i do n't|i can't|i ca n't|me|myself|doctor"
    r"|doc|it hurts|yes|no|yeah|nope|i'm|i am|i did|i think|thank you)\b",
    re.I,
)
_EXAMINES = re.compile(
    r"\b(?:on your \w+ ?\w* exam|your (?:heart|lungs?|blood pressure|vital|x-?rays?|labs|results|abdomen|ekg"
    r"|mri)|i do(?:n't| n't| not)? appreciate"
    r"|(?:i'm|i 'm|i am) (?:gonna|gon na|going to) (?:go ahead and )?(?:order|prescribe|refer|examine|check|send"
    r"|put you|start you)|i (?:want|'d like|would like) you to"
    r"|have you (?:had|been|noticed|tried)|are you (?:taking|having|allergic)|do you (?:have|smoke|drink|take"
    r"|feel)|any (?:fever|chest pain|nausea|history|allergies)"
    r"|my (?:assessment|impression)|let me (?:examine|check|listen|take a look))\b",
    re.I,
)
_SUFFERS = re.compile(
    r"\b(?:i (?:'ve|have) (?:had|been (?:having|taking|doing|feeling|coughing))|i've (?:had|been (?:having"
    r"|taking|doing|feeling|coughing))|i (?:was|am|'m) (?:having|coughing|feeling|taking|hurting)"
    r"|i'm (?:having|feeling|taking)|i (?:feel|felt|hurt|fell|take|took|noticed|started|live|work|smoke|drink)"
    r"|my (?:pain|knee|back|shoulder|stomach|head|chest|leg|arm|foot|hand|neck|wife|husband|mom|dad|job|kids|house)"
    r"|it (?:hurts|started|feels)|makes? me|bothers? me)\b",
    re.I,
)
_SWITCH = 5.0
"""What a change between right and swapped labels costs, in signs."""
_LEAST_SIGNS = 3
_MOST = 3


def read_roles(segments: Sequence[Segment]) -> list[Role]:
    """The role of each segment. Where none is known: "doctor" for who asks and orders, "patient" for who tells of
    himself, in turns where neither shows; one unbroken voice is a doctor's dictation. Where a long stretch has the
    doctor telling his own illness and the patient examining, the two labels are taken for swapped there."""
    if any(segment.role != "unknown" for segment in segments):
        return _put_right(segments)
    return _guess(segments)


def _guess(segments: Sequence[Segment]) -> list[Role]:
    leans = [len(_DOCTOR.findall(segment.text)) - len(_PATIENT.findall(segment.text)) for segment in segments]
    if len(segments) < 4 and not any("?" in segment.text for segment in segments):
        return ["doctor"] * len(segments)
    roles: list[Role] = []
    for lean in leans:
        before: Role = roles[-1] if roles else "patient"
        if lean:
            roles.append("doctor" if lean > 0 else "patient")
        else:
            roles.append("patient" if before == "doctor" else "doctor")
    return roles


_OTHER: dict[Role, Role] = {"doctor": "patient", "patient": "doctor"}


def _put_right(segments: Sequence[Segment]) -> list[Role]:
    roles: list[Role] = [segment.role for segment in segments]
    leans = [_lean(segment.text) for segment in segments]
    for start, end in _find_swapped(roles, leans):
        if _both_contrary(roles[start:end], leans[start:end]):
            roles[start:end] = [_OTHER.get(role, role) for role in roles[start:end]]
    return roles


def _lean(text: str) -> int:
    """Above 0 speaks a doctor, below 0 a patient."""
    return max(-_MOST, min(_MOST, len(_EXAMINES.findall(text)) - len(_SUFFERS.findall(text))))


def contradicts(role: Role, text: str) -> bool:
    """Whether a stretch says what its speaker cannot: a doctor's own illness, a patient's examination of someone."""
    lean = _lean(text)
    return lean < 0 if role == "doctor" else lean > 0 and role == "patient"


def _both_contrary(roles: Sequence[Role], leans: Sequence[int]) -> bool:
    """Whether both labels contradict what is said under them: neither speaker can bring that about alone."""
    doctor = sum(lean for role, lean in zip(roles, leans, strict=True) if role == "doctor")
    patient = sum(lean for role, lean in zip(roles, leans, strict=True) if role == "patient")
    return doctor <= -_LEAST_SIGNS and patient >= _LEAST_SIGNS


def _find_swapped(roles: Sequence[Role], leans: Sequence[int]) -> list[tuple[int, int]]:
    """Stretches (first, after the last) where swapped labels explain the talk better, as the cheapest path through two
    states."""
    signs = [
        lean if role == "doctor" else -lean if role == "patient" else 0 for role, lean in zip(roles, leans, strict=True)
    ]
    best, came = [0.0, -_SWITCH], []
    for sign in signs:
        stay = [best[0] >= best[1] - _SWITCH, best[1] >= best[0] - _SWITCH]
        came.append(stay)
        best = [max(best[0], best[1] - _SWITCH) + sign, max(best[1], best[0] - _SWITCH) - sign]
    state, swapped = int(best[1] > best[0]), [False] * len(signs)
    for at in range(len(signs) - 1, -1, -1):
        swapped[at] = state == 1
        state = state if came[at][state] else 1 - state
    starts = [at for at in range(len(signs)) if swapped[at] and (at == 0 or not swapped[at - 1])]
    ends = [at + 1 for at in range(len(signs)) if swapped[at] and (at + 1 == len(signs) or not swapped[at + 1])]
    return list(zip(starts, ends, strict=True))
