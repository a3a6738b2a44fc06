"""A case thread about the patient, and a note."""

from __future__ import annotations

from uuid import uuid4

from tests.tools.samples import PRIVATE, Hospital, Named, record

SENTENCE = {"text": PRIVATE, "segments": [], "findings": []}
NOTE = {"sections": [{"division": "plan", "sentences": [SENTENCE]}]}
SAMPLES = {
    "collab.add_revision": {"parent": 1, "note": NOTE},
    "collab.answer_message": {"answers": Named("message_id")},
    "collab.compare_revisions": {"against": 1},
    "collab.finalize_revision": {"content_sha256": "0" * 64},
}


@record("thread_id", of_patient=True)
async def a_thread(hospital: Hospital) -> str:
    about = {"patient_id": await hospital.id("patient_id"), "title": PRIVATE}
    return str((await hospital.call("collab.open_thread", **about))["id"])


@record("message_id", of_patient=True)
async def a_message(hospital: Hospital) -> str:
    said = {"thread_id": await hospital.id("thread_id"), "text": f"{PRIVATE} @user:admin"}
    return str((await hospital.call("collab.post_message", **said))["id"])


@record("note_id", of_patient=True)
async def a_note(hospital: Hospital) -> str:
    note_id = str(uuid4())
    patient_id = await hospital.id("patient_id")
    await hospital.call("collab.add_revision", note_id=note_id, note=NOTE, patient_id=patient_id)
    return note_id
