"""Enrolled voices: a doctor's or nurse's own, by which a visit's recording knows who speaks."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal
from uuid import UUID

import numpy as np
from pydantic import Field
from sqlalchemy import select

from db.base import new_id
from db.blobs import Blobs
from governance.key_lifecycle import destroy
from tools.facility.tables import Practitioner
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, NotFound
from tools.runtime.events import event_type
from tools.runtime.tool import Args, Effect, Out, delete, post, tool
from tools.voice.sessions import WRITE, SessionState
from tools.voice.speaking import print_aad, print_owner, voices_kept
from tools.voice.tables import VoicePrint, VoiceSession
from voice.speakers.clustering import group
from voice.speakers.vectors import HOP_S

ENROLLED = event_type("Voice.Enrolled", "A practitioner's voice was enrolled")
FORGOTTEN = event_type("Voice.Forgotten", "A practitioner's enrolled voice was destroyed")
LEAST_S = 10.0  # of speech


class TooLittleSpeech(Conflict):
    code = "too_little_speech"
    title = "The recording does not hold enough speech of one person"


class EnrolVoice(Args):
    practitioner_id: UUID
    session_id: UUID = Field(description="A final dictation in which this person alone speaks, for 10 seconds or more")
    agreed: Literal[True] = Field(description="The person has agreed that the voice is kept to be known again")


class PractitionerId(Args):
    practitioner_id: UUID


class VoiceOut(Out):
    practitioner_id: UUID
    role: str
    seconds: float
    enrolled_at: datetime | None


@tool(
    "voice.enrol",
    rest=post("/api/v1/voice/practitioners/{practitioner_id}/voice", status=201),
    needs=WRITE,
    effect=Effect.WRITE,
    raises=(SessionState, TooLittleSpeech),
)
async def enrol(ctx: ToolContext, args: EnrolVoice) -> VoiceOut:
    """Keep a practitioner's voice, from a dictation of that person, to know it again in recordings of visits. A later
    enrolment takes the place of an earlier one."""
    await ctx.load(Practitioner, args.practitioner_id)
    session = await ctx.load(VoiceSession, args.session_id)
    blobs = ctx.services.find(Blobs)
    if session.state != "final" or session.kind != "dictation" or blobs is None:
        raise SessionState("A voice is enrolled from a final dictation whose audio is still there.")
    if session.practitioner_id not in (None, args.practitioner_id):
        raise SessionState("The dictation is another practitioner's.")
    voices = await voices_kept(ctx.work, blobs, session)
    speakers, seconds = len(group(voices).centres), len(voices) * HOP_S
    if seconds < LEAST_S or speakers != 1:
        raise TooLittleSpeech(f"{seconds:.0f} seconds by {speakers} speakers; {LEAST_S:.0f} by one are needed.")
    mean = voices.vectors.mean(axis=0)
    row = await _row(ctx, args.practitioner_id)
    if row is None:
        row = VoicePrint(
            id=new_id(), tenant_id=ctx.tenant.id, practitioner_id=args.practitioner_id, vector=b"", seconds=seconds
        )
        ctx.session.add(row)
    vector = json.dumps([round(float(value), 5) for value in mean / np.linalg.norm(mean)])
    row.vector, row.seconds = await ctx.work.keys.seal(print_owner(row), vector, print_aad(row)), seconds
    await ctx.session.flush()
    ctx.emit(ENROLLED, args.practitioner_id, seconds=round(seconds))
    return VoiceOut(practitioner_id=row.practitioner_id, role=row.role, seconds=seconds, enrolled_at=ctx.now)


@tool(
    "voice.forget",
    rest=delete("/api/v1/voice/practitioners/{practitioner_id}/voice"),
    needs=WRITE,
    effect=Effect.WRITE,
    raises=(NotFound,),
)
async def forget(ctx: ToolContext, args: PractitionerId) -> VoiceOut:
    """Destroy a practitioner's enrolled voice."""
    row = await _row(ctx, args.practitioner_id)
    if row is None:
        raise NotFound("No voice of this practitioner is enrolled.")
    await destroy(ctx.session, [print_owner(row).id], now=ctx.now)
    out = VoiceOut(practitioner_id=row.practitioner_id, role=row.role, seconds=row.seconds, enrolled_at=None)
    await ctx.session.delete(row)
    await ctx.session.flush()
    ctx.emit(FORGOTTEN, args.practitioner_id)
    return out


async def _row(ctx: ToolContext, practitioner_id: UUID) -> VoicePrint | None:
    query = select(VoicePrint).where(VoicePrint.practitioner_id == practitioner_id)
    return (await ctx.session.scalars(query.with_for_update())).first()
