"""A session on the record."""

from __future__ import annotations

from tests.tools.samples import Hospital, record

SAMPLES = {"record.set_retention": {"data_class": "record", "days": 3000}}


@record("session_id")
async def a_session(hospital: Hospital) -> str:
    """Where the patient's records were made."""
    await hospital.id("patient_id")
    return str((await hospital.call("record.list_sessions"))["items"][0]["id"])
