"""Transcripts: reading them, segments from another recogniser, and what a person corrects."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, cast
from uuid import UUID

from pydantic import Field, model_validator
from sqlalchemy import update

from db.blobs import Blobs
from db.json import JsonObject
from tools.runtime.context import ToolContext
from tools.runtime.errors import InvalidArguments, NotFound
from tools.runtime.events import event_type
from tools.runtime.tool import Args, Effect, Out, patch, post, tool
from tools.voice.said import ERASED, Said, add_segments, keep_names, names_of, opened, read_segments, rewrite
from tools.voice.sessions import READ, WRITE, EngineOut, SessionId, SessionOut, SessionState, segment_count, shown
from tools.voice.speaking import anew, voices_kept, with_roles
from tools.voice.tables import VoiceSegment, VoiceSession
from voice.recognition.engine import Segment, Word
from voice.speakers.roles import Role
from voice.transcript import Line

CORRECTED = event_type("VoiceSession.Corrected", "A person corrected who said what, or what was said")
MOST_SEGMENTS = 500
LONGEST_S = 24 * 3600.0
RoleName = Literal["doctor", "patient", "nurse", "other", "assistant", "unknown"]
Label = Annotated[str, Field(pattern="^S[1-9][0-9]?$", description="A speaker's label in the transcript: S1")]
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[\w .,'-]+$")]


class WordIn(Args):
    text: str = Field(min_length=1, max_length=100)
    start_s: float = Field(ge=0, le=LONGEST_S)
    end_s: float = Field(ge=0, le=LONGEST_S)
    probability: float = Field(1.0, ge=0, le=1)


class SegmentIn(Args):
    start_s: float = Field(ge=0, le=LONGEST_S)
    end_s: float = Field(ge=0, le=LONGEST_S)
    text: str = Field(min_length=1, max_length=4000)
    speaker: Name | None = None
    role: RoleName = "unknown"
    channel: int | None = Field(None, ge=0, le=1)
    confidence: float = Field(1.0, ge=0, le=1)
    language: str = Field("en", pattern="^[a-z]{2,3}$")
    words: list[WordIn] = Field(default_factory=list, max_length=1000)

    @model_validator(mode="after")
    def _in_order(self) -> SegmentIn:
        if self.end_s < self.start_s:
            raise ValueError("end_s must not be before start_s")
        return self


class AddSegments(SessionId):
    engine: str = Field(min_length=1, max_length=100, description="What recognised them")
    segments: list[SegmentIn] = Field(min_length=1, max_length=MOST_SEGMENTS)


class WordOut(Out):
    text: str
    start_s: float
    end_s: float
    probability: float


class SegmentOut(Out):
    id: UUID
    number: int
    start_s: float
    end_s: float
    channel: int | None
    speaker: str | None
    name: str | None = Field(description="What a person called this speaker")
    speaker_confidence: float | None
    role: str
    role_confidence: float | None
    fixed: bool = Field(description="A person said who spoke")
    text: str
    raw: str | None = Field(description="What was recognised, where a person corrected the text")
    words: list[WordOut]
    confidence: float
    language: str
    engine: str
    flags: list[str]


class TranscriptOut(Out):
    session_id: UUID
    patient_id: UUID | None
    state: str
    started_at: datetime
    duration_s: float | None
    truncated: bool = Field(description="The recording broke off before the end that it declares")
    engine: EngineOut | None
    warning: str | None = Field(description="Why this transcript must not be relied on, where that is so")
    dropped: dict[str, int]
    segments: list[SegmentOut]

    def lines(self) -> list[Line]:
        """What was said, as transcripts in text forms (txt, vtt, srt) are written from it."""
        return [
            Line(
                start_s=said.start_s, end_s=said.end_s, speaker=said.name or said.speaker, role=said.role,
                text=said.text,
                words=[(word.text, word.start_s, word.end_s, word.probability) for word in said.words],
                confidence=said.confidence, language=said.language, flags=said.flags,
            )
            for said in self.segments
        ]  # fmt: skip


class NameSpeaker(SessionId):
    speaker: Label
    role: RoleName | None = None
    name: Name | None = Field(None, description="What to call this speaker")
    same_as: Label | None = Field(None, description="The speaker who this one is, too: the two become one")


class CorrectSegment(SessionId):
    segment_id: UUID
    speaker: Label | None = Field(None, description="Who said it, a new label included; the others follow by voice")
    text: str | None = Field(None, min_length=1, max_length=4000, description="What was said")


STAND_IN = (
    "No Whisper model was found: the built-in recogniser stood in. Its words are often wrong and must not be used for "
    "clinical notes."
)


@tool("voice.get_transcript", needs=READ, effect=Effect.READ)
async def get_transcript(ctx: ToolContext, args: SessionId) -> TranscriptOut:
    """A session's transcript, in the order of time, with speakers, roles, words and confidence. While it is being
    transcribed: what there is so far. Over REST also as vtt, srt or txt."""
    row = await ctx.load(VoiceSession, args.session_id)
    return transcript_of(row, await read_segments(ctx.work, row.id), await names_of(ctx.work.keys, row))


@tool(
    "voice.add_segments",
    rest=post("/api/v1/voice/sessions/{session_id}/segments"),
    needs=WRITE,
    effect=Effect.WRITE,
    raises=(SessionState,),
)
async def add_segments_from_elsewhere(ctx: ToolContext, args: AddSegments) -> SessionOut:
    """Take segments that another recogniser made. Repeat with the same Idempotency-Key where an answer did not come."""
    row = await ctx.load(VoiceSession, args.session_id, lock=True)
    if row.state != "open" or row.received_bytes:
        raise SessionState("Segments are taken by an open session that has no recording of its own.")
    names = await names_of(ctx.work.keys, row)
    labels = {name: label for label, name in names.items()}
    for given in args.segments:
        if given.speaker is not None and given.speaker not in labels:
            labels[given.speaker] = f"S{len(labels) + 1}"
    await keep_names(ctx.work, row, {label: name for name, label in labels.items()})
    lines = [
        Said(
            Segment(
                channel=given.channel, start_s=given.start_s, end_s=given.end_s, text=given.text,
                words=tuple(Word(word.text, word.start_s, word.end_s, word.probability) for word in given.words),
                confidence=given.confidence, language=given.language, flags=frozenset(),
            ),
            speaker=labels.get(given.speaker or ""), speaker_confidence=1.0 if given.speaker else None, role=given.role,
            role_confidence=1.0 if given.role != "unknown" else None, fixed=given.role != "unknown", engine=args.engine,
        )
        for given in args.segments
    ]  # fmt: skip
    await add_segments(ctx.work, row, lines)
    row.heard_language = row.heard_language or args.segments[0].language
    row.duration_s = max(row.duration_s or 0.0, *(given.end_s for given in args.segments))
    row.engine = {"name": args.engine, "model": "", "device": "elsewhere", "compute_type": None, "stand_in": False}
    await ctx.session.flush()
    return shown(row, await segment_count(ctx, row.id))


@tool(
    "voice.name_speaker",
    rest=post("/api/v1/voice/sessions/{session_id}/speakers"),
    needs=WRITE,
    effect=Effect.WRITE,
    raises=(NotFound,),
)
async def name_speaker(ctx: ToolContext, args: NameSpeaker) -> SessionOut:
    """Say who a speaker is: the role, a name, or that two labels are one person; for all that this speaker said. Roles
    and names are set back by giving those of before."""
    if args.role is None and args.name is None and args.same_as is None:
        raise InvalidArguments(errors=[{"field": "role", "rule": "or name or same_as must be given"}])
    row = await _corrected_session(ctx, args.session_id)
    values: JsonObject = {"fixed": True}
    if args.role is not None:
        values |= {"role": args.role, "role_confidence": 1.0}
    if args.same_as is not None:
        values |= {"speaker": args.same_as, "speaker_confidence": 1.0}
    mine = VoiceSegment.session_id == row.id, VoiceSegment.speaker == args.speaker
    changed = await ctx.session.execute(update(VoiceSegment).where(*mine).values(values).returning(VoiceSegment.id))
    if not changed.all():
        raise NotFound(f"Nobody in this transcript is called {args.speaker}.")
    if args.name is not None:
        names = await names_of(ctx.work.keys, row)
        await keep_names(ctx.work, row, {**names, args.same_as or args.speaker: args.name})
    return await _after(ctx, row, "speaker")


@tool(
    "voice.correct_segment",
    rest=patch("/api/v1/voice/sessions/{session_id}/segments/{segment_id}"),
    needs=WRITE,
    effect=Effect.WRITE,
    raises=(NotFound,),
)
async def correct_segment(ctx: ToolContext, args: CorrectSegment) -> SessionOut:
    """Correct who said a segment, or what was said. A corrected speaker is taken as certain, and the segments that no
    person has fixed are told apart anew by voice; what was recognised is kept beside a corrected text."""
    if args.speaker is None and args.text is None:
        raise InvalidArguments(errors=[{"field": "text", "rule": "or speaker must be given"}])
    row = await _corrected_session(ctx, args.session_id)
    segment = await ctx.load(VoiceSegment, args.segment_id, lock=True)
    if segment.session_id != row.id:
        raise NotFound
    [said] = await opened(ctx.work.keys, [segment])
    if args.text is not None:
        if said.segment.text == ERASED:
            raise SessionState("The text was erased.")
        segment.content = await rewrite(ctx.work, row, said=said, text=args.text)
    if args.speaker is not None:
        segment.speaker, segment.speaker_confidence, segment.fixed = args.speaker, 1.0, True
        await ctx.session.flush()
        await _tell_apart_anew(ctx, row)
    return await _after(ctx, row, "segment")


async def _corrected_session(ctx: ToolContext, session_id: UUID) -> VoiceSession:
    row = await ctx.load(VoiceSession, session_id, lock=True)
    if row.state not in ("final", "open"):
        raise SessionState(f"The session is {row.state}; a transcript is corrected once it is final.")
    return row


async def _tell_apart_anew(ctx: ToolContext, row: VoiceSession) -> None:
    said = await read_segments(ctx.work, row.id)
    blobs = ctx.services.find(Blobs)
    voices = await voices_kept(ctx.work, blobs, row) if blobs is not None else None
    fixed = {
        line.speaker: cast(Role, line.role) for line in said if line.fixed and line.speaker and line.role != "unknown"
    }
    named = with_roles(anew(said, voices), fixed)
    for before, now in zip(said, named, strict=True):
        values: JsonObject = {"speaker": now.speaker, "speaker_confidence": now.speaker_confidence}
        if not before.fixed or before.role == "unknown":
            values |= {"role": now.role, "role_confidence": now.role_confidence}
        await ctx.session.execute(update(VoiceSegment).where(VoiceSegment.id == now.id).values(values))


async def _after(ctx: ToolContext, row: VoiceSession, what: str) -> SessionOut:
    ctx.emit(CORRECTED, row.id, what=what)
    await ctx.session.flush()
    return shown(row, await segment_count(ctx, row.id))


def transcript_of(row: VoiceSession, said: list[Said], names: dict[str, str]) -> TranscriptOut:
    engine = row.engine or {}
    return TranscriptOut(
        session_id=row.id, patient_id=row.patient_id, state=row.state, started_at=row.started_at,
        duration_s=row.duration_s, truncated=row.truncated, dropped=row.dropped,
        engine=EngineOut.model_validate(engine) if engine else None,
        warning=STAND_IN if engine.get("stand_in") else None,
        segments=[_segment_out(line, names) for line in said],
    )  # fmt: skip


def _segment_out(said: Said, names: dict[str, str]) -> SegmentOut:
    segment = said.segment
    assert said.id is not None
    return SegmentOut(
        id=said.id, number=said.number, start_s=segment.start_s, end_s=segment.end_s, channel=segment.channel,
        speaker=said.speaker, name=names.get(said.speaker or ""), speaker_confidence=said.speaker_confidence,
        role=said.role, role_confidence=said.role_confidence, fixed=said.fixed, text=segment.text, raw=said.raw,
        words=[WordOut(text=word.text, start_s=word.start_s, end_s=word.end_s,
        probability=word.probability) for word in segment.words],
        confidence=segment.confidence, language=segment.language, engine=said.engine, flags=sorted(segment.flags),
    )  # fmt: skip
