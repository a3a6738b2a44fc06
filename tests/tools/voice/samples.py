"""A dictation about the patient, and one thing said in it."""

from __future__ import annotations

from tests.tools.samples import PRIVATE, Hospital, record

SAMPLES = {"voice.name_speaker": {"speaker": "S1", "role": "doctor"}}


@record("session_id", groups=("voice", "scribe"), of_patient=True)
async def a_dictation(hospital: Hospital) -> str:
    return str(
        (await hospital.call("voice.start_session", kind="dictation", patient_id=await hospital.id("patient_id")))["id"]
    )


@record("segment_id", of_patient=True)
async def something_said(hospital: Hospital) -> str:
    session_id = await hospital.id("voice.session_id")
    said = [{"start_s": 0.0, "end_s": 1.0, "text": PRIVATE, "speaker": "S1"}]
    await hospital.call("voice.add_segments", session_id=session_id, engine="x", segments=said)
    transcript = await hospital.call("voice.get_transcript", session_id=session_id)
    return str(transcript["segments"][0]["id"])
