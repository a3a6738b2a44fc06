"""What a division of a note is called, said or written; and a written note read back into its divisions."""

from __future__ import annotations

import re

from scribe.language.sentences import split
from scribe.note import Division, Section, Sentence

HEADING_NAMES: dict[str, Division] = {
    "chief complaint": Division.CHIEF_COMPLAINT, "reason for visit": Division.CHIEF_COMPLAINT,
    "cc": Division.CHIEF_COMPLAINT,
    "history of present illness": Division.PRESENT_ILLNESS, "present illness": Division.PRESENT_ILLNESS,
    "hpi": Division.PRESENT_ILLNESS, "subjective": Division.PRESENT_ILLNESS, "history": Division.PRESENT_ILLNESS,
    "review of systems": Division.REVIEW_OF_SYSTEMS, "past medical history": Division.PAST_MEDICAL,
    "medical history": Division.PAST_MEDICAL, "past history": Division.PAST_MEDICAL,
    "past surgical history": Division.PAST_SURGICAL, "surgical history": Division.PAST_SURGICAL,
    "family history": Division.FAMILY, "social history": Division.SOCIAL, "medications": Division.MEDICATIONS,
    "current medications": Division.MEDICATIONS, "medication": Division.MEDICATIONS, "meds": Division.MEDICATIONS,
    "allergies": Division.ALLERGIES, "allergy": Division.ALLERGIES, "immunizations": Division.IMMUNIZATIONS,
    "vaccinations": Division.IMMUNIZATIONS, "vitals": Division.VITALS, "vital signs": Division.VITALS,
    "physical exam": Division.EXAM, "physical examination": Division.EXAM, "examination": Division.EXAM,
    "exam": Division.EXAM, "objective": Division.EXAM, "on examination": Division.EXAM, "results": Division.RESULTS,
    "labs": Division.RESULTS, "imaging": Division.RESULTS, "investigations": Division.RESULTS,
    "assessment": Division.ASSESSMENT, "impression": Division.ASSESSMENT, "diagnosis": Division.ASSESSMENT,
    "plan": Division.PLAN, "recommendations": Division.PLAN, "instructions": Division.INSTRUCTIONS,
    "patient instructions": Division.INSTRUCTIONS,
    "presenting complaint": Division.CHIEF_COMPLAINT, "reason for the visit": Division.CHIEF_COMPLAINT,
    "history of presenting complaint": Division.PRESENT_ILLNESS, "interval history": Division.PRESENT_ILLNESS,
    "ros": Division.REVIEW_OF_SYSTEMS, "pmh": Division.PAST_MEDICAL, "drug history": Division.MEDICATIONS,
    "home medications": Division.MEDICATIONS, "observations": Division.VITALS, "laboratory results": Division.RESULTS,
    "treatment plan": Division.PLAN, "follow-up instructions": Division.INSTRUCTIONS,
    "hpi/subjective": Division.PRESENT_ILLNESS, "current complaints": Division.PRESENT_ILLNESS,
    "medical problems": Division.PAST_MEDICAL,
    "drug allergies": Division.ALLERGIES, "immunisations": Division.IMMUNIZATIONS, "vitals reviewed": Division.VITALS,
    "findings": Division.EXAM, "assessment and plan": Division.ASSESSMENT, "impression and plan": Division.ASSESSMENT,
    "follow-up": Division.PLAN, "follow up": Division.PLAN, "discharge instructions": Division.INSTRUCTIONS,
}  # fmt: skip
_LABEL = re.compile(r"^\W{0,3}([A-Za-z][A-Za-z /&-]{1,40}?)\s*(:|$)\s*(.*)$")


def read_note(text: str, names: dict[str, Division] | None = None) -> tuple[Section, ...]:
    """The sections of a plain-text note: a line that is a heading, or that begins with one and a colon, opens a
    section; what stands before the first is the history of the present illness. `names`: more headings, in lower
    case."""
    known = HEADING_NAMES | (names or {})
    found: dict[Division, list[str]] = {}
    division = Division.PRESENT_ILLNESS
    for line in text.splitlines():
        match = _LABEL.match(line.strip())
        heading = known.get(match[1].strip().lower()) if match else None
        if match and heading:
            division, line = heading, match[3]
        found.setdefault(division, []).extend(one for one in split(line) if re.search(r"\w", one))
    return tuple(
        Section(division=one, sentences=tuple(Sentence(text=text) for text in found[one]))
        for one in Division
        if found.get(one)
    )
