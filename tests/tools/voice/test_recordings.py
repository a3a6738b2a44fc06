"""Recordings: received, heard, corrected, kept and let go of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from db.blobs import Blobs
from tests.conftest import NOW, Clone, staff
from tests.doubles.recognisers import InstantEngine, instant
from tests.tools.hospital import TENANT, approved, call, follow, new_patient, refused, rows, run_jobs, tools_over
from tools.record.retention import nightly
from tools.runtime.errors import ConsentMissing, Forbidden, NotFound, ToolError
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from tools.voice.calls import begin_call, end_call, note_consent, record
from tools.voice.recognizers import Recognizers
from tools.voice.retention import sweep_blobs
from tools.voice.sessions import AudioIncomplete, SessionState
from tools.voice.transcribing import transcribe_session
from tools.voice.uploads import NotAudio, RecordingTooLarge, WrongOffset, receive_part
from voice.audio import RATE_HZ, pcm_to_mulaw, wav_bytes

DOCTOR = staff("physician")


@pytest.fixture
async def voice(own_clone: Clone, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with tools_over(own_clone, {Blobs: Blobs.at(tmp_path / "blobs"), Recognizers: instant()}) as runtime:
        yield runtime


@pytest.fixture(autouse=True)
def speech_is_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is loud counts as speech here, so that a tone will do for a voice."""
    import voice.windows as windows

    def loud(samples: Any) -> Any:
        steps = len(samples) // 512
        return np.array(
            [float(np.abs(samples[at * 512 : (at + 1) * 512]).max() > 0.05) for at in range(steps)], np.float32
        )

    monkeypatch.setattr(windows, "probabilities", loud)


def sound(*talks: tuple[float, float], length: float, hz: float = 220.0) -> bytes:
    """A WAV file that is loud in the given stretches (seconds)."""
    at = np.arange(int(length * RATE_HZ)) / RATE_HZ
    loud = np.zeros(len(at), np.float32)
    for start, end in talks:
        inside = (at >= start) & (at < end)
        loud[inside] = 0.3 * np.sin(2 * np.pi * hz * at[inside])
    return wav_bytes(loud, RATE_HZ)


LONG = sound(*[(5.0 * n, 5.0 * n + 3.0) for n in range(60)], length=300)  # three windows


async def stream(content: bytes, *, size: int = 100_000) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def upload(
    runtime: Runtime, session: str, content: bytes, *, offset: int = 0, last: bool = True, caller: Principal = DOCTOR,
    most: int = 1 << 30,
) -> Any:  # fmt: skip
    return await receive_part(
        runtime,
        caller,
        UUID(session),
        stream(content),
        offset=offset,
        broken_off=asyncio.Event(),
        last=last,
        most_bytes=most,
    )


async def begun(runtime: Runtime, **args: Any) -> str:
    made = await call(runtime, "voice.start_session", DOCTOR, **{"kind": "dictation", **args})
    return str(made["id"])


async def heard(runtime: Runtime, content: bytes, **args: Any) -> str:
    """A session whose recording was received and transcribed."""
    session = await begun(runtime, **args)
    await upload(runtime, session, content)
    await call(runtime, "voice.finalize", DOCTOR, session_id=session)
    await transcribe_session(runtime, tenant=str(TENANT), session=session)
    return session


async def transcript(runtime: Runtime, session: str) -> dict[str, Any]:
    return await call(runtime, "voice.get_transcript", DOCTOR, session_id=session)


def texts(found: dict[str, Any]) -> list[str]:
    return [segment["text"] for segment in found["segments"]]


async def consenting(runtime: Runtime) -> str:
    person = await new_patient(runtime)
    await call(runtime, "patients.give_consent", patient_id=person, purpose="recording", evidence="on paper")
    return person


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


async def test_a_recording_is_heard_and_shown(voice: Runtime, tmp_path: Path) -> None:
    session = await heard(voice, sound((1, 4), (6, 8), length=10), language="en", hot_words=["metoprolol"])
    found = await transcript(voice, session)
    assert found["state"] == "final" and found["warning"] is None and found["engine"]["name"] == "instant"
    assert [round(segment["start_s"]) for segment in found["segments"]] == [1, 6]
    assert {segment["role"] for segment in found["segments"]} == {"doctor"}  # one person dictates
    assert found["segments"][0]["words"][0]["text"] == "speech"
    engine = voice.services.get(Recognizers).batch
    assert isinstance(engine, InstantEngine)
    assert engine.asked[0]["language"] == "en" and engine.asked[0]["hot_words"][0] == "metoprolol"
    shown = await call(voice, "voice.get_session", DOCTOR, session_id=session)
    assert shown["progress"] == 1.0 and shown["duration_s"] == pytest.approx(10.0, abs=0.1)


async def test_nothing_of_it_is_in_the_clear(voice: Runtime, tmp_path: Path) -> None:
    content = sound((1, 4), length=5)
    session = await heard(voice, content)
    assert texts(await transcript(voice, session)) != []
    assert files(tmp_path) and all(content[2000:2064] not in path.read_bytes() for path in files(tmp_path))
    [row] = await rows(voice, "SELECT content FROM voice_segment WHERE session_id = :s", s=session)
    assert b"speech" not in bytes(row[0])
    [left] = await rows(voice, "SELECT count(*) FROM audit_entry WHERE body LIKE '%speech from%'")
    assert left[0] == 0


async def test_a_visit_needs_consent_on_record(voice: Runtime) -> None:
    person = await new_patient(voice)
    assert isinstance(
        await refused(voice, "voice.start_session", DOCTOR, kind="visit", patient_id=person), ConsentMissing
    )
    error = await refused(voice, "voice.start_session", DOCTOR, kind="visit")
    assert error.errors[0]["field"] == "patient_id"
    agreed = await consenting(voice)
    made = await call(voice, "voice.start_session", DOCTOR, kind="visit", patient_id=agreed)
    assert (made["consent"], made["consent_how"]) == ("granted", "record")


async def test_withdrawing_consent_stops_the_recording_and_destroys_it(voice: Runtime, tmp_path: Path) -> None:
    person = await consenting(voice)
    session = await begun(voice, kind="visit", patient_id=person)
    await upload(voice, session, sound((1, 4), length=5)[:50_000], last=False)
    consents = await call(voice, "patients.list_consents", patient_id=person)
    standing = next(one for one in consents["items"] if one["purpose"] == "recording")
    await call(voice, "patients.withdraw_consent", patient_id=person, consent_id=standing["id"])
    await follow(voice, person)
    shown = await call(voice, "voice.get_session", DOCTOR, session_id=session)
    assert (shown["state"], shown["consent"], shown["error"]) == ("failed", "withdrawn", "consent_withdrawn")
    await run_jobs(voice, "voice.delete_blobs")
    assert files(tmp_path) == []
    with pytest.raises(ToolError):
        await upload(voice, session, b"xx", offset=0)


async def test_parts_are_taken_in_order_and_once(voice: Runtime) -> None:
    content, session = sound((1, 4), length=120), await begun(voice)
    half = len(content) // 2
    done = await upload(voice, session, content[:half], last=False)
    assert (done.received_bytes, done.complete) == (half, False)
    with pytest.raises(WrongOffset) as error:
        await upload(voice, session, content[half + 10 :], offset=half + 10)
    assert error.value.extra["received_bytes"] == half
    with pytest.raises(WrongOffset):
        await upload(voice, session, content[:half])
    assert isinstance(await refused(voice, "voice.finalize", DOCTOR, session_id=session), AudioIncomplete)
    done = await upload(voice, session, content[half:], offset=half)
    assert (done.received_bytes, done.complete) == (len(content), True)
    with pytest.raises(SessionState):
        await upload(voice, session, b"more", offset=len(content))


async def test_two_parts_at_once_make_one(voice: Runtime, tmp_path: Path) -> None:
    content, session = sound((1, 4), length=120), await begun(voice)
    both = await asyncio.gather(
        *(upload(voice, session, content, last=False) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["Progress", "WrongOffset"]
    [stored] = await rows(voice, "SELECT count(*), sum(size) FROM voice_part WHERE session_id = :s", s=session)
    assert stored[1] == len(content) and len(files(tmp_path)) == stored[0]  # the loser's pieces are gone


async def test_a_stream_that_breaks_off_keeps_what_came(voice: Runtime) -> None:
    content, session, broken = sound((1, 4), length=60), await begun(voice), asyncio.Event()

    async def breaking() -> AsyncIterator[bytes]:
        yield content[:90_000]
        broken.set()

    done = await receive_part(
        voice, DOCTOR, UUID(session), breaking(), offset=0, broken_off=broken, last=True, most_bytes=1 << 30
    )
    assert (done.received_bytes, done.complete) == (90_000, False)
    assert (await upload(voice, session, content[90_000:], offset=90_000)).complete


@pytest.mark.parametrize(
    "content", [b"", b"this is no audio, only a name that ends in .wav " * 50, b"RIFF\x00\x00\x00\x00WAVE"]
)
async def test_what_is_not_audio_leaves_nothing_behind(voice: Runtime, tmp_path: Path, content: bytes) -> None:
    session = await begun(voice)
    with pytest.raises(NotAudio) as error:
        await upload(voice, session, content)
    assert error.value.detail and "reason" in error.value.extra
    await run_jobs(voice, "voice.delete_blobs")
    assert (
        files(tmp_path) == [] and await rows(voice, "SELECT 1 FROM voice_part WHERE session_id = :s", s=session) == []
    )
    assert (await upload(voice, session, sound((1, 2), length=3))).complete  # the right file may follow


async def test_too_large_is_refused_and_leaves_nothing(voice: Runtime, tmp_path: Path) -> None:
    session = await begun(voice)
    with pytest.raises(RecordingTooLarge):
        await upload(voice, session, sound((1, 4), length=120), most=2_000_000)
    assert files(tmp_path) == []


async def test_a_crash_between_windows_changes_nothing(voice: Runtime, own_clone: Clone, tmp_path: Path) -> None:
    whole = await transcript(voice, await heard(voice, LONG))

    class Killed(BaseException):
        """As kill -9 ends a process: nothing of ours runs after it."""

    def dies(asked: int) -> None:
        if asked == 1:
            raise Killed

    session = await begun(voice)
    await upload(voice, session, LONG)
    await call(voice, "voice.finalize", DOCTOR, session_id=session)
    steady = voice.services.get(Recognizers)
    voice.services.put(Recognizers, instant(before=dies))
    with pytest.raises(Killed):
        await transcribe_session(voice, tenant=str(TENANT), session=session)
    half = await call(voice, "voice.get_session", DOCTOR, session_id=session)
    assert half["state"] == "transcribing" and 0 < half["progress"] < 1 and half["segments"] > 0
    voice.services.put(Recognizers, instant())
    await transcribe_session(voice, tenant=str(TENANT), session=session)
    again = await transcript(voice, session)
    assert texts(again) == texts(whole) and len(set(texts(again))) == len(texts(again))
    engine = voice.services.get(Recognizers).batch
    assert isinstance(engine, InstantEngine) and len(engine.heard) < len(texts(whole))  # nothing was heard twice
    voice.services.put(Recognizers, steady)


async def test_two_workers_hear_it_once(voice: Runtime) -> None:
    session = await begun(voice)
    await upload(voice, session, LONG)
    await call(voice, "voice.finalize", DOCTOR, session_id=session)
    await asyncio.gather(*(transcribe_session(voice, tenant=str(TENANT), session=session) for _ in range(3)))
    found = await transcript(voice, session)
    assert found["state"] == "final" and len(texts(found)) == len(set(texts(found))) == 60


async def test_an_engine_that_fails_is_tried_again_then_told(voice: Runtime) -> None:
    def fails(asked: int) -> None:
        raise RuntimeError("no memory")

    steady = voice.services.get(Recognizers)
    voice.services.put(Recognizers, instant(before=fails))
    session = await begun(voice)
    await upload(voice, session, sound((1, 4), length=5))
    await call(voice, "voice.finalize", DOCTOR, session_id=session)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await transcribe_session(voice, tenant=str(TENANT), session=session)
    await transcribe_session(voice, tenant=str(TENANT), session=session)
    shown = await call(voice, "voice.get_session", DOCTOR, session_id=session)
    assert (shown["state"], shown["error"]) == ("failed", "internal") and "no memory" not in json.dumps(shown)
    voice.services.put(Recognizers, steady)
    await call(voice, "voice.finalize", DOCTOR, session_id=session)
    await transcribe_session(voice, tenant=str(TENANT), session=session)
    assert (await transcript(voice, session))["state"] == "final"


async def test_silence_is_no_speech(voice: Runtime) -> None:
    found = await transcript(voice, await heard(voice, sound(length=30)))
    assert found["state"] == "final" and found["segments"] == []


async def test_a_stand_in_says_so(voice: Runtime) -> None:
    steady = voice.services.get(Recognizers)
    voice.services.put(Recognizers, instant(stand_in=True))
    found = await transcript(voice, await heard(voice, sound((1, 4), length=5)))
    assert "must not be used for clinical notes" in found["warning"] and found["engine"]["stand_in"]
    voice.services.put(Recognizers, steady)


async def test_segments_from_elsewhere(voice: Runtime) -> None:
    session = await begun(voice)
    given = [
        {
            "start_s": 0.0,
            "end_s": 2.0,
            "text": "How long have you had the cough? Any fever or chills with it?",
            "speaker": "A",
        },
        {
            "start_s": 2.0,
            "end_s": 4.0,
            "text": "I've had it for a week and my chest hurts when I lie down.",
            "speaker": "B",
        },
    ]
    await call(voice, "voice.add_segments", DOCTOR, session_id=session, engine="other", segments=given)
    await call(voice, "voice.finalize", DOCTOR, session_id=session)
    await transcribe_session(voice, tenant=str(TENANT), session=session)
    found = await transcript(voice, session)
    assert [(one["speaker"], one["name"]) for one in found["segments"]] == [("S1", "A"), ("S2", "B")] and found[
        "state"
    ] == "final"
    late = await refused(voice, "voice.add_segments", DOCTOR, session_id=session, engine="other", segments=given)
    assert isinstance(late, SessionState)
    backwards = [{"start_s": 2.0, "end_s": 1.0, "text": "x"}]
    error = await refused(voice, "voice.add_segments", DOCTOR, session_id=session, engine="other", segments=backwards)
    assert "segments.0" in error.errors[0]["field"]


async def test_a_person_corrects(voice: Runtime) -> None:
    session = await heard(voice, sound((1, 4), (6, 8), length=10))
    first, second = (await transcript(voice, session))["segments"]
    await call(
        voice, "voice.correct_segment", DOCTOR, session_id=session, segment_id=first["id"], text="Metoprolol 25 mg."
    )
    await call(voice, "voice.correct_segment", DOCTOR, session_id=session, segment_id=second["id"], speaker="S2")
    await call(voice, "voice.name_speaker", DOCTOR, session_id=session, speaker="S2", role="nurse", name="Anna")
    one, two = (await transcript(voice, session))["segments"]
    assert (one["text"], one["raw"]) == ("Metoprolol 25 mg.", first["text"])
    assert (two["speaker"], two["name"], two["role"], two["fixed"]) == ("S2", "Anna", "nurse", True)
    missing = await refused(voice, "voice.name_speaker", DOCTOR, session_id=session, speaker="S9", role="nurse")
    assert isinstance(missing, NotFound)


async def test_who_may_not(voice: Runtime) -> None:
    session = await heard(voice, sound((1, 4), length=5))
    for role in ("front_desk", "ops_lead", "auditor"):
        assert isinstance(await refused(voice, "voice.get_transcript", staff(role), session_id=session), Forbidden)
        with pytest.raises(Forbidden):
            await upload(voice, session, b"", caller=staff(role))
    stranger = staff("physician", UUID(int=7))
    with pytest.raises(ToolError):
        await upload(voice, session, b"", caller=stranger)


async def test_retention_destroys_audio_and_keeps_words(voice: Runtime, tmp_path: Path) -> None:
    session = await heard(voice, sound((1, 4), length=5))
    voice.clock.frozen = NOW + timedelta(days=29)
    await nightly(voice, tenant=str(TENANT))
    assert files(tmp_path)
    voice.clock.frozen = NOW + timedelta(days=31)
    await nightly(voice, tenant=str(TENANT))
    await run_jobs(voice, "voice.delete_blobs")
    assert files(tmp_path) == [] and len(texts(await transcript(voice, session))) == 1
    shown = await call(voice, "voice.get_session", DOCTOR, session_id=session)
    assert shown["audio_deleted_at"] is not None
    entries = await rows(voice, "SELECT body FROM audit_entry WHERE kind = 'audio_deleted'")
    assert [json.loads(row[0])["why"] for row in entries] == ["retention"]
    voice.clock.frozen = NOW


async def test_what_no_recording_names_is_swept(voice: Runtime, tmp_path: Path) -> None:
    session = await heard(voice, sound((1, 4), length=5))
    kept = len(files(tmp_path))
    await voice.services.get(Blobs).put(f"voice/{TENANT}/{session}/upload/left-over", b"x")
    voice.clock.frozen = NOW + timedelta(days=40_000)  # the file's own time is this machine's
    await sweep_blobs(voice, tenant=str(TENANT))
    assert len(files(tmp_path)) == kept
    voice.clock.frozen = NOW


async def test_deleting_destroys_keys_texts_and_audio(voice: Runtime, tmp_path: Path) -> None:
    session = await heard(voice, sound((1, 4), length=5))
    keys = [row[0] for row in await rows(voice, "SELECT id FROM vault_key WHERE owner_kind = 'voice'")]
    assert len(keys) == 2
    await approved(voice, "voice.delete_session", session_id=session)
    await run_jobs(voice, "voice.delete_blobs")
    assert files(tmp_path) == [] and texts(await transcript(voice, session)) == []
    left = await rows(voice, "SELECT wrapped FROM vault_key WHERE id = ANY(:keys)", keys=keys)
    assert [row[0] for row in left] == [None, None]


async def test_erasing_a_patient_erases_the_recordings(voice: Runtime, tmp_path: Path) -> None:
    person = await consenting(voice)
    session = await heard(voice, sound((1, 4), length=5), kind="visit", patient_id=person)
    certificate = await approved(voice, "record.erase_patient", patient_id=person, reason="asked in writing")
    assert certificate["recordings"] == [session]
    await run_jobs(voice, "voice.delete_blobs")
    assert files(tmp_path) == [] and texts(await transcript(voice, session)) == []


async def test_a_recorded_call_is_heard_on_both_sides(voice: Runtime) -> None:
    call_ = await begin_call(voice, TENANT, call_sid="CA" + "1" * 32, address="+919845010055")
    await note_consent(voice, call_, answer="granted", how="keypad")
    recorder = await record(voice, call_)
    assert recorder is not None
    for first, second in (((0.5, 2.0), ()), ((), (1.0, 3.0))):
        sides = [mulaw(*([talk] if talk else []), length=4.0) for talk in (first, second)]
        await recorder.keep(*sides)
    await end_call(voice, call_, "caller_left")
    await transcribe_session(voice, tenant=str(TENANT), session=str(call_.session_id))
    found = await transcript(voice, str(call_.session_id))
    assert found["state"] == "final" and found["duration_s"] == pytest.approx(8.0, abs=0.05)
    said = [(one["channel"], round(one["start_s"]), one["role"]) for one in found["segments"]]
    assert said == [(0, 0, "unknown"), (1, 5, "assistant")]


def mulaw(*talks: tuple[float, float], length: float) -> bytes:
    at = np.arange(int(length * 8000)) / 8000
    loud = sum(((at >= start) & (at < end)) * 0.3 * np.sin(2 * np.pi * 220 * at) for start, end in talks) + 0 * at
    return pcm_to_mulaw((loud * 32767).astype(np.int16))


async def test_removing_a_refused_upload_leaves_the_next_ones_pieces(voice: Runtime, tmp_path: Path) -> None:
    """The job that removes the first runs while the second is on its way: no row names the second's pieces yet."""
    session = (await call(voice, "voice.start_session", DOCTOR, kind="dictation"))["id"]
    whole = sound((1, 70), length=80)

    async def parts(*pieces: bytes) -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def slow() -> AsyncIterator[bytes]:
        yield whole[: 3 << 19]
        await run_jobs(voice, "voice.delete_blobs")
        yield whole[3 << 19 :]

    options: dict[str, Any] = {"offset": 0, "broken_off": asyncio.Event(), "last": True, "most_bytes": 1 << 30}
    with pytest.raises(NotAudio):
        await receive_part(voice, DOCTOR, UUID(session), parts(b"this is no audio at all" * 100), **options)
    done = await receive_part(voice, DOCTOR, UUID(session), slow(), **options)
    assert done.complete and len(files(tmp_path)) == len(await rows(voice, "SELECT 1 FROM voice_part")) == 3
