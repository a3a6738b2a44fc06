"""Retention of recordings. What is deleted cannot be read again: its key is destroyed first,
then its pieces are removed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, func, or_, select

from db.blobs import Blobs
from db.engine import Database
from governance.record import entry_kind
from tools.patients.consents import WITHDRAWN
from tools.runtime.context import ToolContext
from tools.runtime.events import Event, event_type, reaction
from tools.runtime.jobs import task
from tools.runtime.rooms import Erasing
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import UnitOfWork
from tools.voice.recordings import destroy_audio
from tools.voice.sessions import FAILED, destroy_session
from tools.voice.tables import VoicePart, VoiceSession

AUDIO_GONE = entry_kind("audio_deleted", "A session's audio was destroyed")

log = structlog.get_logger()
AUDIO_DELETED = event_type("VoiceSession.AudioDeleted", "A session's audio was destroyed")
MOST_RECORDINGS = 500  # whose audio is destroyed at once
_UNCLAIMED_H = 24  # pieces that no row names after so long are left over from an upload that died


@task("voice.delete_blobs")
async def delete_blobs(
    runtime: Runtime, *, tenant: str, blobs: list[str] | None = None, session: str | None = None
) -> None:
    """Remove pieces of audio that are no longer part of a recording. A job of an older version names the session only:
    what it left is for the sweep."""
    if blobs:
        await runtime.services.get(Blobs).delete(blobs)


@task("voice.sweep_blobs", every="50 3 * * *", each_tenant=True)
async def sweep_blobs(runtime: Runtime, *, tenant: str) -> None:
    """Remove pieces of audio that no row names: what was put there and never became part of a recording."""
    blobs = runtime.services.get(Blobs)
    before = runtime.clock.now() - timedelta(hours=_UNCLAIMED_H)
    left = await _unclaimed(runtime.database, blobs, tenant_id=UUID(tenant), prefix=f"voice/{tenant}", before=before)
    await blobs.delete(left)
    if left:
        log.info("voice.swept", pieces=len(left))


async def _unclaimed(database: Database, blobs: Blobs, *, tenant_id: UUID, prefix: str, before: datetime) -> list[str]:
    """Old pieces that no row names; rows are read after the listing, so that what was named meanwhile is seen."""
    old = [name async for name in blobs.names(prefix, older_than=before)]
    async with database.begin(tenant_id) as session:
        named = set(await session.scalars(select(VoicePart.blob).where(VoicePart.blob.in_(old)))) if old else set()
    return [name for name in old if name not in named]


@reaction(WITHDRAWN, "voice.stop_recording")
async def stop_recording(ctx: ToolContext, event: Event) -> None:
    """Consent to recording was withdrawn: what is being recorded stops, and its audio is destroyed."""
    if event.payload.get("purpose") != "recording":
        return
    query = select(VoiceSession).where(
        VoiceSession.patient_id == event.entity_id,
        VoiceSession.kind.in_(("visit", "call")),
        VoiceSession.state.in_(("open", "transcribing")),
    )
    for row in list(await ctx.session.scalars(query.with_for_update())):
        row.consent, row.consent_at = "withdrawn", ctx.now
        row.state, row.error = "failed", "consent_withdrawn"
        row.error_detail = "The patient withdrew the consent to recording."
        await destroy_audio(ctx.work, row)
        _note(ctx.work, row, "consent_withdrawn")
        ctx.emit(FAILED, row.id, kind=row.kind)


def _past(before: datetime) -> tuple[ColumnElement[bool], ...]:
    with_audio = or_(
        VoiceSession.received_bytes > 0,
        select(VoicePart.id).where(VoicePart.session_id == VoiceSession.id).exists(),
    )
    return VoiceSession.started_at < before, VoiceSession.state != "transcribing", with_audio


async def count_past_audio(ctx: ToolContext, before: datetime) -> int:
    """How many recordings are past their retention."""
    return int(await ctx.session.scalar(select(func.count()).select_from(VoiceSession).where(*_past(before))) or 0)


async def destroy_past_audio(ctx: ToolContext, before: datetime) -> int:
    """Destroy the audio of recordings past their retention; transcripts stay. How many there were."""
    query = select(VoiceSession).where(*_past(before)).limit(MOST_RECORDINGS).with_for_update(skip_locked=True)
    rows = list(await ctx.session.scalars(query))
    for row in rows:
        await destroy_audio(ctx.work, row)
        _note(ctx.work, row, "retention")
    return len(rows)


async def erase_recordings(ctx: ToolContext, erasing: Erasing) -> None:
    """Destroy all recordings and transcripts of a patient."""
    conversations = erasing.found["conversations"]
    mine = or_(VoiceSession.patient_id == erasing.patient_id, VoiceSession.conversation_id.in_(conversations))
    query = select(VoiceSession).where(mine, VoiceSession.state != "deleted").with_for_update()
    rows = list(await ctx.session.scalars(query))
    for row in rows:
        await destroy_session(ctx.work, row)
    erasing.found["recordings"] = [row.id for row in rows]


def _note(work: UnitOfWork, row: VoiceSession, why: str) -> None:
    work.record.append(AUDIO_GONE, {"at": work.now, "session_id": row.id, "why": why})
    work.events.append(Event(AUDIO_DELETED, row.id, {"why": why}))
