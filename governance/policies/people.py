"""How people are named to the recogniser of known people, so that a policy can tell a patient from a doctor."""

from __future__ import annotations

from uuid import UUID

_PATIENT = "patient:"


def patient_name(patient_id: UUID) -> str:
    return f"{_PATIENT}{patient_id}"


def is_patient(person_id: str) -> bool:
    return person_id.startswith(_PATIENT)


def bare(person_id: str) -> str:
    return person_id.removeprefix(_PATIENT)
