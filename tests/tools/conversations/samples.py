"""A conversation of the patient."""

from __future__ import annotations

from tests.tools.samples import PRIVATE, Hospital, record

SAMPLES = {"communications.set_template": {"name": "reminder", "content_sid": "HX" + "0" * 32}}


@record("conversation_id", of_patient=True)
async def a_conversation(hospital: Hospital) -> str:
    made = await hospital.call("conversations.open_conversation", patient_id=await hospital.id("patient_id"))
    await hospital.call("conversations.post_message", conversation_id=made["id"], body=PRIVATE)
    return str(made["id"])
