"""Hearing a recording, window by window. Each window's segments and how far it came are committed together, so that a
process that dies loses a window's work and nothing else; nothing is heard twice into the transcript."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import BinaryIO, cast
from uuid import UUID

import structlog
from prometheus_client import Counter as Metric
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.blobs import Blobs
from db.json import JsonObject
from governance.record import entry_kind
from tools.facility.tables import Practitioner, Specialty
from tools.patients.tables import Patient
from tools.runtime.events import Event
from tools.runtime.jobs import task
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import UnitOfWork, unit_of_work
from tools.voice.recognizers import Recognizers
from tools.voice.recordings import AudioGone, add_parts, audio_key, destroy_audio, open_audio, seal_part
from tools.voice.said import Said, add_segments, read_segments
from tools.voice.sessions import FAILED, FINAL, hints_aad
from tools.voice.speaking import attribute
from tools.voice.tables import VoiceSegment, VoiceSession
from tools.voice.two_channels import TwoChannels
from voice.decoding import BadAudio, Layout
from voice.recognition.engine import Engine
from voice.speakers.vectors import Voices, voices_of
from voice.windows import AudioWindow, Transcribed, read_windows, transcribe

TRANSCRIBED = entry_kind("voice_transcribed", "A session's transcript is complete")
NOT_TRANSCRIBED = entry_kind("voice_failed", "A session's audio could not be transcribed")

log = structlog.get_logger()
ATTEMPTS = 3
SECONDS = Metric("wardline_voice_transcribed_seconds", "Seconds of audio that were transcribed")


class Overtaken(Exception):
    """The session was deleted, or another process hears it."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the hearing of one session needs; read once."""

    runtime: Runtime
    tenant_id: UUID
    session_id: UUID

    def work(self) -> AbstractAsyncContextManager[UnitOfWork]:
        caller = system(self.tenant_id, "voice.transcribe")
        return unit_of_work(self.runtime, self.tenant_id, header=self.runtime.header_for(caller, "job"))


@task("voice.transcribe", queue="speech", deaths=50)  # it goes on where it stopped
async def transcribe_session(runtime: Runtime, *, tenant: str, session: str) -> None:
    """Hear what a session has received and not yet heard, then tell its speakers apart."""
    job = Job(runtime, UUID(tenant), UUID(session))
    try:
        await _hear_all(job)
        await _finish(job)
    except Overtaken:
        return
    except BadAudio as bad:
        await _fail(job, bad.code, str(bad), keep_audio=False)
    except AudioGone:
        await _fail(job, "audio_gone", "The audio, or a piece of it, is no longer there.", keep_audio=True)
    except Exception as error:  # whatever an engine raises counts as a failed attempt
        log.error("voice.failed", error=type(error).__name__, session=session, exc_info=error)
        if await _count_failure(job) < ATTEMPTS:
            raise
        await _fail(job, "internal", "The audio could not be transcribed; finalize the session to try again.",
                    keep_audio=True)  # fmt: skip


async def _hear_all(job: Job) -> None:
    async with job.work() as work:
        row = await _claim_session(work, job.session_id)
        if row.codec is None or not row.complete:
            return  # nothing was uploaded: the segments came live, or from elsewhere
        layout = Layout(channels=row.channels or 1, duration_s=row.duration_s, codec=row.codec, rate_hz=0)
        audio = await _audio_of(work, job.runtime.services.get(Blobs), row)
        done, kind, language = row.taken_samples, row.kind, row.language or row.heard_language
        hot_words = await _hot_words(work, row)
    engine: Engine = job.runtime.services.get(Recognizers).batch
    windows = read_windows(audio, layout, from_sample=done)
    ahead = asyncio.create_task(asyncio.to_thread(_next, windows))
    try:
        while (window := await ahead) is not None:
            ahead = asyncio.create_task(asyncio.to_thread(_next, windows))
            async with job.runtime.services.get(Recognizers).turn:
                transcribed, voices = await asyncio.gather(
                    asyncio.to_thread(transcribe, window, engine, language=language, hot_words=hot_words),
                    asyncio.to_thread(voices_of, window.pieces if told_apart(window, kind) else []),
                )
            await _keep(job, window, transcribed=transcribed, voices=voices, engine=engine)
            language = language or transcribed.language
    finally:
        ahead.cancel()
        await asyncio.gather(ahead, return_exceptions=True)


def _next(windows: Iterator[AudioWindow]) -> AudioWindow | None:
    return next(windows, None)


async def _audio_of(work: UnitOfWork, blobs: Blobs, row: VoiceSession) -> BinaryIO:
    if row.kind != "call":
        return await open_audio(work, blobs, session_id=row.id, leg="upload")
    caller, answer = [await open_audio(work, blobs, session_id=row.id, leg=leg) for leg in ("caller", "answer")]
    return cast(BinaryIO, TwoChannels(caller, answer))


def told_apart(window: AudioWindow, kind: str) -> bool:
    """Whether a window's voices are kept: two channels are two speakers, and who dictates speaks alone, so that the
    beginning is enough to know that voice by."""
    return len(window.channels) == 1 and (kind == "visit" or window.start_sample == 0)


async def _keep(job: Job, window: AudioWindow, *, transcribed: Transcribed, voices: Voices, engine: Engine) -> None:
    """Commit one window: its segments, its speaker vectors, how far we are."""
    parts = []
    if len(voices):
        key = await audio_key(job.runtime, job.tenant_id, job.session_id)
        blobs = job.runtime.services.get(Blobs)
        parts = [
            await seal_part(
                blobs, key, session_id=job.session_id, leg="voices", start=window.start_sample, plain=voices.packed()
            )
        ]
    async with job.work() as work:
        row = await _claim_session(work, job.session_id, at=window.start_sample)
        await add_parts(work, row.id, leg="voices", parts=parts)
        await add_segments(work, row, [Said(segment, engine=engine.name) for segment in transcribed.segments])
        row.taken_samples = window.end_sample
        row.truncated = row.truncated or window.truncated
        row.engine = facts_of(engine)
        row.heard_language = row.heard_language or transcribed.language
        row.dropped = {
            reason: row.dropped.get(reason, 0) + transcribed.dropped.get(reason, 0)
            for reason in sorted({*row.dropped, *transcribed.dropped})
        }
    SECONDS.inc((window.end_sample - window.start_sample) / 16_000)


async def _claim_session(work: UnitOfWork, session_id: UUID, *, at: int | None = None) -> VoiceSession:
    """The session's row, locked; Overtaken where it is not ours to go on with."""
    row = await work.session.get(VoiceSession, session_id, with_for_update=True, populate_existing=True)
    if row is None or row.state != "transcribing" or (at is not None and row.taken_samples != at):
        raise Overtaken
    return row


async def _finish(job: Job) -> None:
    """Tell the speakers apart, and say that the transcript is complete."""
    async with job.work() as work:
        row = await _claim_session(work, job.session_id)
        said = await read_segments(work, row.id)
        if row.complete:
            said = await attribute(work, job.runtime.services.get(Blobs), row, said)
            await work.session.execute(delete(VoiceSegment).where(VoiceSegment.session_id == row.id))
            await add_segments(work, row, said)
            row.duration_s = row.taken_samples / 16_000
        row.state = "final"
        facts = {
            "session_id": row.id, "segments": len(said), "seconds": round(row.taken_samples / 16_000, 3),
            "engine": row.engine, "dropped": row.dropped, "truncated": row.truncated,
        }  # fmt: skip
        work.record.append(TRANSCRIBED, {"at": work.now, **facts})
        _tell(work, FINAL, row)


async def _fail(job: Job, code: str, sentence: str, *, keep_audio: bool) -> None:
    async with job.work() as work:
        try:
            row = await _claim_session(work, job.session_id)
        except Overtaken:
            return
        row.state, row.error, row.error_detail = "failed", code, sentence
        if not keep_audio:
            await destroy_audio(work, row)
        work.record.append(NOT_TRANSCRIBED, {"at": work.now, "session_id": row.id, "code": code})
        _tell(work, FAILED, row)


def _tell(work: UnitOfWork, event: str, row: VoiceSession) -> None:
    work.events.append(Event(event, row.id, {"kind": row.kind}))


async def _count_failure(job: Job) -> int:
    async with job.runtime.database.begin(job.tenant_id) as session:
        row = await session.get(VoiceSession, job.session_id, with_for_update=True)
        if row is None:
            return ATTEMPTS
        row.attempts += 1
        return int(row.attempts)


async def _hot_words(work: UnitOfWork, row: VoiceSession) -> list[str]:
    """Names and terms that may be said, the likeliest first."""
    hints = await work.keys.open_one(row.hints, hints_aad(row.id))
    return [*(json.loads(hints) if hints else []), *await names_that_may_be_said(work.session, row)]


async def names_that_may_be_said(session: AsyncSession, row: VoiceSession) -> list[str]:
    """The patient's name, the doctors' (whose visit it is first), the specialties'."""
    words: list[str] = []
    if row.patient_id is not None:
        patient = await session.get(Patient, row.patient_id)
        words += [f"{patient.given} {patient.family}"] if patient else []
    doctors = (
        select(Practitioner.name)
        .where(Practitioner.active)
        .order_by(Practitioner.id != row.practitioner_id, Practitioner.name)
    )
    words += list(await session.scalars(doctors.limit(40)))
    words += list(await session.scalars(select(Specialty.name).order_by(Specialty.name).limit(20)))
    return words


def facts_of(engine: Engine) -> JsonObject:
    """An engine as a session names it."""
    return {
        "name": engine.name, "model": engine.model, "device": engine.device, "compute_type": engine.compute_type,
        "stand_in": engine.stand_in,
    }  # fmt: skip
