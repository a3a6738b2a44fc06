"""Patients of the demo hospital, one with what a patient may have, one who is to see none of it."""

from __future__ import annotations

from tests.tools.hospital import new_patient
from tests.tools.samples import PRIVATE, Hospital, Named, record

SAMPLES = {
    "patients.link_relative": {"related_id": Named("other_patient_id")},
    "patients.register_patient": {"phone": "+919812345678", "given": "Theodora", "family": "Nobodyelse"},
}


@record("patient_id", of_patient=True)
async def the_patient(hospital: Hospital) -> str:
    return await new_patient(hospital.runtime, address=PRIVATE)


@record("other_patient_id")
async def another(hospital: Hospital) -> str:
    return await new_patient(hospital.runtime)


@record("consent_id", of_patient=True)
async def a_consent(hospital: Hospital) -> str:
    given = {"patient_id": await hospital.id("patient_id"), "purpose": "outreach"}
    return str((await hospital.call("patients.give_consent", **given))["id"])
