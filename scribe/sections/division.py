"""The division of the note that a sentence belongs under: clear signs first, then the classifier of short
dialogues."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from scribe.note import Division
from scribe.sections.dialogue import classify_dialogue
from scribe.sections.signs import find_history
from scribe.visit import Role

Phase = Literal["talk", "exam", "results", "plan"]


@dataclass(frozen=True, slots=True)
class Context:
    """`speaker` of the sentence; `question`: what the doctor had asked; `phase` of the visit it was said in."""

    speaker: Role = "unknown"
    question: str = ""
    phase: Phase = "talk"


_HEADERS = {
    "FAM/SOCHX": Division.SOCIAL, "GENHX": Division.PRESENT_ILLNESS, "PASTMEDICALHX": Division.PAST_MEDICAL,
    "CC": Division.PRESENT_ILLNESS, "PASTSURGICAL": Division.PAST_SURGICAL, "ALLERGY": Division.ALLERGIES,
    "ROS": Division.REVIEW_OF_SYSTEMS, "MEDICATIONS": Division.MEDICATIONS, "ASSESSMENT": Division.ASSESSMENT,
    "EXAM": Division.EXAM, "DIAGNOSIS": Division.ASSESSMENT, "DISPOSITION": Division.PLAN, "PLAN": Division.PLAN,
    "EDCOURSE": Division.PRESENT_ILLNESS, "IMMUNIZATIONS": Division.IMMUNIZATIONS, "IMAGING": Division.RESULTS,
    "GYNHX": Division.PAST_MEDICAL, "PROCEDURES": Division.PAST_SURGICAL, "OTHER_HISTORY": Division.PAST_MEDICAL,
    "LABS": Division.RESULTS,
}  # fmt: skip
_OF_PHASE = {"exam": Division.EXAM, "results": Division.RESULTS, "plan": Division.PLAN}
_OF_DOCTOR = frozenset({Division.EXAM, Division.VITALS, Division.RESULTS, Division.ASSESSMENT, Division.PLAN})

_VITALS = re.compile(
    r"\b(?:(?:blood )?pressure|bp|heart rate|pulse|temperature|temp|respirat(?:ory rate|ions?)|oxygen(?: saturation)?"
    r"|o2 sat\w*|pulse ox|weight|bmi|vitals?|vital signs)\b"
    r"(?=.*(?:\d|\b(?:normal|good|stable|great|elevated|high|low|fine)\b))|\bfever\b.*\d",
    re.I,
)  # fmt: skip


def tells_vitals(sentence: str) -> bool:
    """Whether a doctor's sentence gives a vital sign."""
    return bool(_VITALS.search(sentence))


def division_of(sentence: str, context: Context = Context()) -> Division:
    """What a patient says is never an examination, an assessment or a plan."""
    doctor = context.speaker in {"doctor", "nurse"}
    if doctor and context.phase in {"exam", "results"} and tells_vitals(sentence):
        return Division.VITALS
    if doctor and context.phase in _OF_PHASE:
        return _OF_PHASE[context.phase]
    found = find_history(sentence, context.question)
    if found:
        return found
    speaker = "Doctor" if doctor else "Patient"
    asked = f"Doctor: {context.question}\n" if context.question else ""
    guessed = _HEADERS[classify_dialogue(f"{asked}{speaker}: {sentence}")]
    return Division.PRESENT_ILLNESS if guessed in _OF_DOCTOR and context.speaker == "patient" else guessed
