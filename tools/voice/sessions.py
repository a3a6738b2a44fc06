"""Voice sessions: starting one, its consent, its end, and what is known of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select

from db.base import new_id
from db.json import JsonObject
from governance.key_lifecycle import destroy
from tools.facility.tables import Practitioner
from tools.patients.gates import load_patient, require_consent
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, ConsentMissing, InvalidArguments
from tools.runtime.events import event_type
from tools.runtime.jobs import Job
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, delete, get, post, tool
from tools.runtime.unit_of_work import UnitOfWork
from tools.scheduling.tables import Encounter
from tools.voice.recordings import destroy_audio, text_owner
from tools.voice.tables import VoiceSegment, VoiceSession
from voice.audio import RATE_HZ

STARTED = event_type("VoiceSession.Started", "A recording, dictation or call began")
FINALIZED = event_type("VoiceSession.Ended", "All audio of a session was received; it is being transcribed")
FINAL = event_type("VoiceSession.Transcribed", "A session's transcript is complete")
FAILED = event_type("VoiceSession.Failed", "A session's audio could not be transcribed")
DELETED = event_type("VoiceSession.Deleted", "A session's audio and texts were destroyed")
READ, WRITE = Permission("voice:read"), Permission("voice:write")
Kind = Literal["dictation", "visit", "call", "voice_note"]
State = Literal["open", "transcribing", "final", "failed", "deleted"]


class SessionState(Conflict):
    code = "voice_session_state"
    title = "The voice session's state does not allow this"


class AudioIncomplete(Conflict):
    code = "audio_incomplete"
    title = "The recording has not been received whole"


class StartSession(Args):
    kind: Literal["dictation", "visit"] = Field(description="dictation: one person of the staff speaks; visit: a talk")
    patient_id: UUID | None = Field(None, description="Needed for a visit: its recording needs the patient's consent")
    encounter_id: UUID | None = None
    practitioner_id: UUID | None = Field(None, description="Who dictates, or whose visit it is")
    language: str | None = Field(None, pattern="^[a-z]{2,3}$", description="ISO 639; unset: it is heard")
    speakers: int | None = Field(None, ge=1, le=10, description="How many people speak, where that is known")
    hot_words: list[Annotated[str, Field(min_length=1, max_length=60)]] = Field(
        default_factory=list, max_length=60,
        description="Names and terms that may be said: the patient's drugs, the ward's words. Doctors' names are known",
    )  # fmt: skip


class SessionId(Args):
    voice_field: ClassVar[str] = (
        "session_id"  # under whose key the call's entry is sealed: it goes when the session goes
    )

    session_id: UUID


class ListSessions(PageArgs):
    patient_id: UUID | None = None
    kind: Kind | None = None
    state: State | None = None


class EngineOut(Out):
    name: str
    model: str
    device: str
    compute_type: str | None = None
    stand_in: bool = Field(description="True: no Whisper model was found. Its words are not for clinical notes")


class SessionOut(Out):
    id: UUID
    kind: str
    state: str
    patient_id: UUID | None
    encounter_id: UUID | None
    practitioner_id: UUID | None
    conversation_id: UUID | None
    started_at: datetime
    ended_at: datetime | None
    consent: str
    consent_at: datetime | None
    consent_how: str | None
    language: str | None
    heard_language: str | None
    speakers: int | None
    received_bytes: int
    complete: bool
    codec: str | None
    channels: int | None
    duration_s: float | None
    transcribed_s: float
    progress: float | None = Field(description="0 to 1, where the length is known")
    truncated: bool
    audio_deleted_at: datetime | None
    engine: EngineOut | None
    dropped: dict[str, int] = Field(description="Pieces left out because nobody can have said them, by reason")
    segments: int
    error: str | None
    error_detail: str | None
    version: int


@tool(
    "voice.start_session",
    rest=post("/api/v1/voice/sessions", status=201),
    needs=WRITE,
    effect=Effect.WRITE,
    raises=(ConsentMissing,),
)
async def start_session(ctx: ToolContext, args: StartSession) -> SessionOut:
    """Begin a dictation, or the recording of a visit. A visit needs its patient's consent to recording, on record."""
    patient_id = await _patient_of(ctx, args)
    if args.practitioner_id is not None and await ctx.session.get(Practitioner, args.practitioner_id) is None:
        raise InvalidArguments(errors=[{"field": "practitioner_id", "rule": "must be a practitioner of this hospital"}])
    consent: JsonObject = {"consent": "not_needed"}
    if args.kind == "visit":
        if patient_id is None:
            raise InvalidArguments(errors=[{"field": "patient_id", "rule": "is required for a visit"}])
        await require_consent(ctx, patient_id, "recording")
        consent = {"consent": "granted", "consent_at": ctx.now, "consent_how": "record"}
    row = VoiceSession(
        id=new_id(), tenant_id=ctx.tenant.id, kind=args.kind, state="open", opened_by=ctx.principal.id,
        started_at=ctx.now, patient_id=patient_id, encounter_id=args.encounter_id, dropped={},
        practitioner_id=args.practitioner_id, language=args.language, speakers=args.speakers, **consent,
    )  # fmt: skip
    if args.hot_words:
        row.hints = await ctx.work.keys.seal(text_owner(row.id), json.dumps(args.hot_words), hints_aad(row.id))
    ctx.session.add(row)
    await ctx.session.flush()
    ctx.emit(STARTED, row.id, kind=row.kind)
    return shown(row, 0)


async def _patient_of(ctx: ToolContext, args: StartSession) -> UUID | None:
    patient_id = args.patient_id
    if args.encounter_id is not None:
        encounter = await ctx.load(Encounter, args.encounter_id)
        if patient_id not in (None, encounter.patient_id):
            raise InvalidArguments(errors=[{"field": "patient_id", "rule": "must be the encounter's patient"}])
        patient_id = encounter.patient_id
    if patient_id is not None:
        await load_patient(ctx, patient_id)
    return patient_id


@tool("voice.get_session", rest=get("/api/v1/voice/sessions/{session_id}"), needs=READ, effect=Effect.READ)
async def get_session(ctx: ToolContext, args: SessionId) -> SessionOut:
    """A voice session: what has been received, how far it is transcribed and by which engine, what went wrong."""
    row = await ctx.load(VoiceSession, args.session_id)
    return shown(row, await segment_count(ctx, row.id))


@tool("voice.list_sessions", rest=get("/api/v1/voice/sessions"), needs=READ, effect=Effect.READ)
async def list_sessions(ctx: ToolContext, args: ListSessions) -> Page[SessionOut]:
    """List voice sessions, oldest first."""
    query = select(VoiceSession)
    for column, value in (
        (VoiceSession.patient_id, args.patient_id),
        (VoiceSession.kind, args.kind),
        (VoiceSession.state, args.state),
    ):
        if value is not None:
            query = query.where(column == value)

    async def show_all(rows: list[VoiceSession]) -> list[SessionOut]:
        ids = [row.id for row in rows]
        counts = select(VoiceSegment.session_id, func.count()).where(VoiceSegment.session_id.in_(ids))
        found = {row[0]: row[1] for row in await ctx.session.execute(counts.group_by(VoiceSegment.session_id))}
        return [shown(row, found.get(row.id, 0)) for row in rows]

    order = (VoiceSession.started_at, VoiceSession.id)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show_all=show_all)


@tool(
    "voice.finalize",
    rest=post("/api/v1/voice/sessions/{session_id}/finalize"),
    needs=WRITE,
    effect=Effect.WRITE,
    raises=(SessionState, AudioIncomplete),
)
async def finalize(ctx: ToolContext, args: SessionId) -> SessionOut:
    """Say that all has been received: the recording is transcribed by a job (`progress` tells how far). Repeating it
    changes nothing; a failed session is tried again from where it stopped."""
    row = await ctx.load(VoiceSession, args.session_id, lock=True)
    count = await segment_count(ctx, row.id)
    if row.state in ("transcribing", "final"):
        return shown(row, count)
    if row.state == "deleted" or row.audio_deleted_at is not None:
        raise SessionState("The session's audio was deleted.")
    if row.received_bytes and not row.complete:
        raise AudioIncomplete(f"{row.received_bytes} bytes were received; send the last part with Upload-Complete: ?1.")
    if not row.complete and not count:
        raise AudioIncomplete("Neither audio nor segments were received.")
    row.state, row.ended_at = "transcribing", row.ended_at or ctx.now
    row.attempts, row.error, row.error_detail = 0, None, None
    ctx.emit(FINALIZED, row.id, kind=row.kind)
    transcribe(ctx, row.id)
    await ctx.session.flush()
    return shown(row, count)


def transcribe(ctx: ToolContext, session_id: UUID) -> None:
    """Queue the job that hears a session's audio, and tells its speakers apart."""
    args = {"tenant": str(ctx.tenant.id), "session": str(session_id)}
    ctx.defer(Job("voice.transcribe", args, lock=f"voice:{session_id}"))


@tool(
    "voice.delete_session",
    rest=delete("/api/v1/voice/sessions/{session_id}"),
    needs=Permission("privacy:write"),
    effect=Effect.CRITICAL,
)
async def delete_session(ctx: ToolContext, args: SessionId) -> SessionOut:
    """Destroy a session's audio, texts and speaker vectors for good; that it was there, and who deleted it, stays on
    the record. Another person must approve it."""
    row = await ctx.load(VoiceSession, args.session_id, lock=True)
    if row.state != "deleted":
        await destroy_session(ctx.work, row)
        ctx.emit(DELETED, row.id, by=ctx.principal.id)
        await ctx.session.flush()
    return shown(row, 0)


async def destroy_session(work: UnitOfWork, row: VoiceSession) -> None:
    """Destroy a session's keys, rows and pieces of audio. The caller notes why."""
    await destroy_audio(work, row)
    await destroy(work.session, [text_owner(row.id).id], now=work.now)
    await work.session.execute(delete_rows(VoiceSegment).where(VoiceSegment.session_id == row.id))
    row.state, row.ended_at, row.hints, row.names = "deleted", row.ended_at or work.now, None, None


def hints_aad(session_id: UUID) -> str:
    return f"hints:{session_id}"


async def segment_count(ctx: ToolContext, session_id: UUID) -> int:
    query = select(func.count()).select_from(VoiceSegment).where(VoiceSegment.session_id == session_id)
    return int(await ctx.session.scalar(query) or 0)


def shown(row: VoiceSession, segments: int) -> SessionOut:
    done_s = row.taken_samples / RATE_HZ
    progress = 1.0 if row.state == "final" else min(1.0, done_s / row.duration_s) if row.duration_s else None
    fields = {name: getattr(row, name) for name in SessionOut.model_fields if hasattr(row, name)}
    return SessionOut.model_validate({**fields, "transcribed_s": done_s, "progress": progress, "segments": segments})
