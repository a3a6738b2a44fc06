"""A ticket of the patient."""

from __future__ import annotations

from tests.tools.samples import PRIVATE, Hospital, Named, record

SAMPLES = {"tickets.create_ticket": {"category": "x", "subject": "x", "patient_id": Named("patient_id")}}


@record("ticket_id", of_patient=True)
async def a_ticket(hospital: Hospital) -> str:
    about = {"category": "x", "subject": PRIVATE, "patient_id": await hospital.id("patient_id")}
    return str((await hospital.call("tickets.create_ticket", **about))["id"])
