"""What a note is made from: who said what, and the little that is known of the patient beforehand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Role = Literal["doctor", "patient", "nurse", "other", "assistant", "unknown"]

_WHO: dict[str, Role] = {
    "doctor": "doctor", "dr": "doctor", "physician": "doctor", "clinician": "doctor", "provider": "doctor",
    "d": "doctor",
    "patient": "patient", "pt": "patient", "p": "patient", "nurse": "nurse", "assistant": "assistant",
    "guest_family": "other", "guest_clinician": "other", "family": "other", "mother": "other", "father": "other",
    "wife": "other", "husband": "other", "son": "other", "daughter": "other", "other": "other",
}  # fmt: skip
_TURN = re.compile(r"^\s*(?:\[([A-Za-z_]{1,20})\]|([A-Za-z_]{1,20})\.?(?: \d)?:)\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of speech. `id` is unique in the visit and is what a note's sentence points to; times in seconds from
    the start of the recording, None where the text came without them."""

    id: str
    role: Role
    text: str
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """What the hospital knows of the patient, for wording. Everything may be missing, and missing is not guessed."""

    family_name: str | None = None
    sex: Literal["female", "male"] | None = None
    age_years: int | None = None


@dataclass(frozen=True)
class Visit:
    """`segments` in the order in which they were said."""

    segments: tuple[Segment, ...]
    patient: Patient = Patient()

    @cached_property
    def by_id(self) -> dict[str, Segment]:
        return {segment.id: segment for segment in self.segments}


def read_visit(text: str, patient: Patient = Patient()) -> Visit:
    """A visit from plain text, a line a turn: `[doctor] ...`, `Doctor: ...`, `Patient: ...`; a line without a speaker
    goes on with the one before, unknown at the start. Segments are numbered from 1 in their order."""
    turns: list[tuple[Role, str]] = []
    for line in text.splitlines():
        match = _TURN.match(line)
        role = _WHO.get((match[1] or match[2]).lower()) if match else None
        if match and role:
            turns.append((role, match[3].strip()))
        elif line.strip():
            turns.append((turns[-1][0] if turns else "unknown", line.strip()))
    spoken = [turn for turn in turns if turn[1]]
    return Visit(
        tuple(Segment(str(number), role, words) for number, (role, words) in enumerate(spoken, start=1)), patient
    )
