"""The codes of a note's FHIR document.

This material contains content from LOINC (https://loinc.org). LOINC is copyright Regenstrief Institute, Inc. and is
available at no cost under the license at https://loinc.org/license.
"""

from __future__ import annotations

from db.json import JsonObject
from scribe.note import Division, OrderKind

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
HL7 = "http://terminology.hl7.org/CodeSystem"

SECTIONS: dict[Division, tuple[str, str]] = {
    Division.CHIEF_COMPLAINT: ("10154-3", "Chief complaint"),
    Division.PRESENT_ILLNESS: ("10164-2", "History of present illness"),
    Division.REVIEW_OF_SYSTEMS: ("10187-3", "Review of systems"),
    Division.PAST_MEDICAL: ("11348-0", "History of past illness"),
    Division.PAST_SURGICAL: ("47519-4", "History of procedures"),
    Division.FAMILY: ("10157-6", "History of family member diseases"),
    Division.SOCIAL: ("29762-2", "Social history"),
    Division.MEDICATIONS: ("10160-0", "History of medication use"),
    Division.ALLERGIES: ("48765-2", "Allergies and adverse reactions"),
    Division.IMMUNIZATIONS: ("11369-6", "History of immunization"),
    Division.VITALS: ("8716-3", "Vital signs"),
    Division.EXAM: ("29545-1", "Physical findings"),
    Division.RESULTS: ("30954-2", "Relevant diagnostic tests and laboratory data"),
    Division.ASSESSMENT: ("51848-0", "Evaluation note"),
    Division.PLAN: ("18776-5", "Plan of care note"),
    Division.INSTRUCTIONS: ("69730-0", "Instructions"),
}
"""LOINC codes of the sections, as C-CDA's section templates have them."""
NOTE = ("34109-9", "Note")
BLOOD_PRESSURE = ("85354-9", "Blood pressure panel with all children optional")
SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
VITALS = frozenset({SYSTOLIC, DIASTOLIC, "8867-4", "9279-1", "8310-5", "2708-6", "29463-7", "8302-2", "39156-5"})
ORDERS: dict[OrderKind, str] = {
    "laboratory": "Laboratory", "imaging": "Imaging", "procedure": "Procedure", "referral": "Referral",
    "follow_up": "Follow-up visit", "therapy": "Therapy", "equipment": "Equipment",
}  # fmt: skip
ENCOUNTER_STATUS = {
    "planned": "planned",
    "in_progress": "in-progress",
    "completed": "finished",
    "cancelled": "cancelled",
}
"""The hospital's states of a visit as FHIR's."""
MADE_BY_SOFTWARE = {
    "system": f"{HL7}/v3-ObservationValue",
    "code": "AIAST",
    "display": "Artificial Intelligence asserted",
}


def concept(system: str, code: str, display: str | None = None) -> JsonObject:
    """A CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code} | ({"display": display} if display else {})]}
