"""A note as plain text, under the headings that clinics use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scribe.note import Division, Section, Written

HEADINGS: Mapping[Division, str] = {
    Division.CHIEF_COMPLAINT: "CHIEF COMPLAINT",
    Division.PRESENT_ILLNESS: "HISTORY OF PRESENT ILLNESS",
    Division.REVIEW_OF_SYSTEMS: "REVIEW OF SYSTEMS",
    Division.PAST_MEDICAL: "MEDICAL HISTORY",
    Division.PAST_SURGICAL: "SURGICAL HISTORY",
    Division.FAMILY: "FAMILY HISTORY",
    Division.SOCIAL: "SOCIAL HISTORY",
    Division.MEDICATIONS: "MEDICATIONS",
    Division.ALLERGIES: "ALLERGIES",
    Division.IMMUNIZATIONS: "IMMUNIZATIONS",
    Division.VITALS: "VITALS",
    Division.EXAM: "PHYSICAL EXAM",
    Division.RESULTS: "RESULTS",
    Division.ASSESSMENT: "ASSESSMENT",
    Division.PLAN: "PLAN",
    Division.INSTRUCTIONS: "INSTRUCTIONS",
}
_ONE_A_LINE = frozenset(HEADINGS) - {Division.PRESENT_ILLNESS, Division.PLAN, Division.ASSESSMENT}


def render(note: Written | Sequence[Section], headings: Mapping[Division, str] = HEADINGS) -> str:
    """Plain text: a heading, then its sentences, a blank line between sections. A division that `headings` lacks
    takes its own name."""
    sections = note.sections if isinstance(note, Written) else note
    return "\n\n".join(
        f"{headings.get(section.division, section.division.value)}\n\n{_join(section)}" for section in sections
    )


def _join(section: Section) -> str:
    between = "\n" if section.division in _ONE_A_LINE else " "
    return between.join(sentence.text for sentence in section.sentences)
