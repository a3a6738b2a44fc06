"""The visit that a note is made from: a session's transcript or what the caller gives; and what to beware of in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, cast
from uuid import UUID

from scribe.visit import Patient, Role, Segment, Visit, read_visit
from tools.patients.gates import load_patient
from tools.patients.tables import Patient as PatientTable
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, InvalidArguments
from tools.scribe.schemas import Transcript
from tools.voice.said import ERASED, read_segments
from tools.voice.tables import VoiceSession
from voice.speakers.roles import roles_of

_TELLING_WORDS = 12  # of a speaker, below which words do not tell who speaks


class TranscriptUnreliable(Conflict):
    code = "transcript_unreliable"
    title = "The transcript must not be relied on"


class TranscriptNotReady(Conflict):
    code = "transcript_not_ready"
    title = "There is no transcript yet"


@dataclass(frozen=True, slots=True)
class SourcedVisit:
    """A visit and where it comes from. `started_at`: of the session, else now."""

    visit: Visit
    patient_id: UUID | None
    session_id: UUID | None
    encounter_id: UUID | None
    started_at: datetime
    read_at: datetime
    notices: tuple[str, ...]


async def sourced_visit(ctx: ToolContext, args: Transcript) -> SourcedVisit:
    """The visit of a call's arguments. Raises NotFound, TranscriptNotReady, TranscriptUnreliable, InvalidArguments."""
    if args.session_id is not None:
        return await _of_session(ctx, args)
    patient = await _patient(ctx, args.patient_id)
    if args.text is not None:
        visit = read_visit(args.text, patient)
    else:
        spoken = args.segments or []
        visit = Visit(
            tuple(Segment(line.id, line.role, line.text, line.start_s, line.end_s) for line in spoken), patient
        )
    return SourcedVisit(visit, args.patient_id, None, None, ctx.now, ctx.now, _notices(visit))


async def _of_session(ctx: ToolContext, args: Transcript) -> SourcedVisit:
    row = await ctx.load(VoiceSession, cast(UUID, args.session_id))
    if args.patient_id is not None and args.patient_id != row.patient_id:
        raise InvalidArguments(errors=[{"field": "patient_id", "rule": "must be the session's patient, or left out"}])
    if row.state not in ("final", "open"):
        raise TranscriptNotReady(f"The session is {row.state}.")
    said = [line for line in await read_segments(ctx.work, row.id) if line.segment.text != ERASED]
    if not said:
        raise TranscriptNotReady("Nothing was heard in this session.")
    if (row.engine or {}).get("stand_in") and not args.despite_warning:
        raise TranscriptUnreliable(
            "The built-in recogniser stood in for Whisper; its words are often wrong. Read the transcript, and set "
            "despite_warning to draft from it all the same."
        )
    segments = tuple(
        Segment(str(line.id), cast(Role, line.role), line.segment.text, line.segment.start_s, line.segment.end_s)
        for line in said
    )
    visit = Visit(segments, await _patient(ctx, row.patient_id))
    warned = ("This transcript was made by the stand-in recogniser: check every word.",) if args.despite_warning else ()
    return SourcedVisit(
        visit, row.patient_id, row.id, row.encounter_id, row.started_at, ctx.now, (*warned, *_notices(visit))
    )


async def _patient(ctx: ToolContext, patient_id: UUID | None) -> Patient:
    if patient_id is None:
        return Patient()
    row = await load_patient(ctx, patient_id)
    sex = cast(Literal["female", "male"], row.sex) if row.sex in ("female", "male") else None
    return Patient(family_name=row.family, sex=sex, age_years=_age(row, ctx.now.astimezone(ctx.tenant.zone).date()))


def _age(row: PatientTable, today: date) -> int:
    born = row.birth_date
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _notices(visit: Visit) -> tuple[str, ...]:
    """Labels that the words speak against, and segments of nobody."""
    notices: list[str] = []
    texts = {
        role: " ".join(segment.text for segment in visit.segments if segment.role == role)
        for role in ("doctor", "patient")
    }
    if all(len(text.split()) >= _TELLING_WORDS for text in texts.values()):
        roles = {name: role for name, (role, _) in roles_of(texts).items()}
        if roles["doctor"] == "patient" or roles["patient"] == "doctor":
            notices.append(
                "The speakers look swapped: what is labelled doctor sounds like the patient, and the reverse."
            )
    unknown = sum(segment.role == "unknown" for segment in visit.segments)
    if unknown and len({segment.role for segment in visit.segments}) > 1:
        notices.append(f"Nobody is named as the speaker of {unknown} of {len(visit.segments)} segments.")
    elif unknown:
        notices.append("No speaker is named: who said what was guessed from the words.")
    return tuple(notices)
