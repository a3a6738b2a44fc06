"""Receiving a recording: whole, or part by part. A part that breaks off keeps what came; the client asks where to go
on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.blobs import Blobs
from governance.record import entry_kind
from tools.patients.gates import has_consent
from tools.runtime.errors import Conflict, ConsentMissing, Forbidden, NotFound, ToolError
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import UnitOfWork, unit_of_work
from tools.voice.recordings import Part, add_parts, audio_key, open_audio, remove_parts, seal_stream
from tools.voice.sessions import SessionState
from tools.voice.tables import VoiceSession
from voice.decoding import BadAudio, Layout, probe

AUDIO_TAKEN = entry_kind("audio_taken", "Audio of a session was received")


class WrongOffset(Conflict):
    code = "wrong_offset"
    title = "The part does not begin where the recording ends so far"


class RecordingTooLarge(ToolError):
    code, status, remedy = "recording_too_large", 413, "fix_input"
    title = "The recording is larger than is taken"


class NotAudio(ToolError):
    code, status, remedy = "bad_audio", 422, "fix_input"
    title = "What was sent cannot be heard as audio"
    say = "I could not hear that recording."


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a recording has come."""

    received_bytes: int
    complete: bool


async def progress_of(runtime: Runtime, caller: Principal, session_id: UUID) -> Progress:
    """Where the next part must begin."""
    async with runtime.database.begin(caller.tenant_id, patient_id=caller.patient_id) as session:
        row = await _session(session, caller, session_id)
        return Progress(row.received_bytes, row.complete)


async def receive_part(
    runtime: Runtime,
    caller: Principal,
    session_id: UUID,
    stream: AsyncIterable[bytes],
    *,
    offset: int,
    broken_off: asyncio.Event,
    last: bool,
    most_bytes: int,
) -> Progress:
    """Store what comes of a stream, sealed, as the bytes from `offset` on. `last`: with it the recording is whole,
    unless `broken_off` is set by then; it is looked at, and NotAudio leaves nothing of it behind."""
    async with runtime.database.begin(caller.tenant_id) as session:
        row = await _session(session, caller, session_id)
        await _check(session, row, offset)
    key = await audio_key(runtime, caller.tenant_id, session_id)
    parts = await seal_stream(
        runtime.services.get(Blobs),
        key,
        session_id=session_id,
        leg="upload",
        start=offset,
        stream=_bounded(stream, offset, most_bytes),
    )
    bad: BadAudio | None = None
    try:
        async with unit_of_work(runtime, caller.tenant_id, header=runtime.header_for(caller, "rest")) as work:
            row = await _session(work.session, caller, session_id, lock=True)
            await _check(work.session, row, offset)
            whole = last and not broken_off.is_set()
            await add_parts(work, session_id, leg="upload", parts=parts)
            row.received_bytes = offset + sum(part.size for part in parts)
            if whole:
                bad = await _look(runtime, work, row)
            _note(work, row, offset=offset, parts=parts, refused=bad)
            done = Progress(row.received_bytes, row.complete)
    except ToolError:  # after any other failure a row may name them; if none does, the sweep takes them
        await runtime.services.get(Blobs).delete([part.blob for part in parts])
        raise
    if bad is not None:
        raise NotAudio(str(bad), reason=bad.code)
    return done


async def _look(runtime: Runtime, work: UnitOfWork, row: VoiceSession) -> BadAudio | None:
    """See what the recording is; where it is none, take it out again."""
    audio = await open_audio(work, runtime.services.get(Blobs), session_id=row.id, leg="upload")
    try:
        layout: Layout = await asyncio.to_thread(probe, audio)
    except BadAudio as bad:
        await remove_parts(work, row.id)
        row.received_bytes = 0
        return bad
    row.complete = True
    row.codec, row.channels, row.duration_s = layout.codec, layout.channels, layout.duration_s
    return None


async def _session(session: AsyncSession, caller: Principal, session_id: UUID, *, lock: bool = False) -> VoiceSession:
    if not caller.may("voice:write"):
        raise Forbidden("The caller lacks voice:write.")
    row = await session.get(VoiceSession, session_id, with_for_update=lock or None)
    if row is None or (caller.patient_id is not None and row.patient_id != caller.patient_id):
        raise NotFound(f"There is no VoiceSession {session_id} for this caller.")
    return row


async def _check(session: AsyncSession, row: VoiceSession, offset: int) -> None:
    if row.state != "open" or row.kind not in ("dictation", "visit"):
        raise SessionState(
            f"The session is a {row.kind}, and {row.state}; only an open dictation or visit takes audio."
        )
    if row.complete:
        raise SessionState("The recording has been received whole.", received_bytes=row.received_bytes)
    if row.taken_samples:
        raise SessionState("The session was dictated live; it takes no recording.")
    if offset != row.received_bytes:
        raise WrongOffset(f"The next part begins at {row.received_bytes}.", received_bytes=row.received_bytes)
    if row.kind == "visit" and (row.patient_id is None or not await has_consent(session, row.patient_id, "recording")):
        raise ConsentMissing("The patient has not consented to recording.", purpose="recording")


async def _bounded(stream: AsyncIterable[bytes], offset: int, most_bytes: int) -> AsyncIterable[bytes]:
    size = offset
    async for chunk in stream:
        size += len(chunk)
        if size > most_bytes:
            raise RecordingTooLarge(f"At most {most_bytes} bytes are taken.")
        yield chunk


def _note(work: UnitOfWork, row: VoiceSession, *, offset: int, parts: list[Part], refused: BadAudio | None) -> None:
    body = {
        "at": work.now, "session_id": row.id, "offset": offset, "size": sum(part.size for part in parts),
        "complete": row.complete, "refused": refused.code if refused else None,
    }  # fmt: skip
    work.record.append(AUDIO_TAKEN, body)
