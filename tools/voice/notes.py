"""Voice notes: what a patient says in one becomes the text of the message it came as; then the turn runs as for any
other.

The message waits in its conversation's inbox as `hearing`, and nothing after it is answered before it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import select

from db.base import new_id
from db.blobs import Blobs
from governance.record import entry_kind
from governance.vault import Keyring
from tools.conversations.carrier import Carrier, CarrierRefused
from tools.conversations.contents import Content, open_contents, seal_content
from tools.conversations.inbox import header_of, is_audio, is_urgent, turn_job
from tools.conversations.tables import Conversation, Message
from tools.runtime.events import Event
from tools.runtime.jobs import Job, task
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import UnitOfWork, unit_of_work
from tools.voice.recordings import add_parts, audio_key, open_audio, seal_stream
from tools.voice.said import read_segments
from tools.voice.sessions import STARTED
from tools.voice.tables import VoiceSession
from tools.voice.transcribing import transcribe_session
from voice.decoding import BadAudio, probe

NOTE_HEARD = entry_kind("voice_note_heard", "A voice note became the text of its message, or could not")

log = structlog.get_logger()
LARGEST_BYTES = 16 * 1024 * 1024  # WhatsApp's limit for audio
CLEAR = 0.5  # mean confidence from which a note counts as understood


@dataclass(frozen=True, slots=True)
class Note:
    """A message that is a voice note, and where its audio lies at the carrier."""

    tenant_id: UUID
    message_id: UUID
    conversation_id: UUID
    patient_id: UUID | None
    channel: str
    urls: tuple[str, ...]


@task("voice.hear_note", queue="notes")
async def transcribe_note(runtime: Runtime, *, tenant: str, message: str) -> None:
    """Fetch a voice note, hear it, and put its words into the message. One that cannot be heard goes on without words:
    the patient is asked to write."""
    note = await _note(runtime, UUID(tenant), UUID(message))
    if note is None:
        return
    session_id, why = await _session_of(runtime, note), None
    if session_id is None:
        session_id, why = await _fetch(runtime, note)
    if session_id is not None:
        await transcribe_session(runtime, tenant=tenant, session=str(session_id))
    await _hand_on(runtime, note, session_id=session_id, why=why)


async def _note(runtime: Runtime, tenant_id: UUID, message_id: UUID) -> Note | None:
    async with runtime.database.begin(tenant_id) as session:
        row = await session.get(Message, message_id)
        if row is None or row.state != "hearing":
            return None
        [content] = await open_contents(Keyring(runtime.vault, session, tenant_id), [row])
        conversation = await session.get_one(Conversation, row.conversation_id)
        urls = tuple(media["url"] for media in (content.media if content else []) if is_audio(media))
        return Note(tenant_id, row.id, conversation.id, conversation.patient_id, conversation.channel, urls)


async def _session_of(runtime: Runtime, note: Note) -> UUID | None:
    async with runtime.database.begin(note.tenant_id) as session:
        query = select(VoiceSession.id).where(VoiceSession.message_id == note.message_id)
        found: UUID | None = (await session.scalars(query)).first()
        return found


async def _fetch(runtime: Runtime, note: Note) -> tuple[UUID | None, str | None]:
    """Bring the audio here, sealed, and remove it at the carrier. (session, None), or (None, why not). CarrierBusy is
    raised: the job is tried again."""
    carrier, blobs = runtime.services.find(Carrier), runtime.services.find(Blobs)
    if carrier is None or blobs is None or not note.urls:
        return None, "no_carrier"
    session_id = new_id()
    key = await audio_key(runtime, note.tenant_id, session_id)
    stream = carrier.fetch_media(note.urls[0], most_bytes=LARGEST_BYTES)
    try:
        parts = await seal_stream(blobs, key, session_id=session_id, leg="upload", start=0, stream=stream)
    except CarrierRefused as refused:
        return None, f"carrier_{refused.code}"
    async with _opened(runtime, note.tenant_id, note.conversation_id) as work:
        row = _row(work, note, session_id=session_id, size=sum(part.size for part in parts))
        work.session.add(row)
        await work.session.flush()
        await add_parts(work, session_id, leg="upload", parts=parts)
        await _look(runtime, work, row)
        work.events.append(Event(STARTED, session_id, {"kind": "voice_note"}))
        args = {"tenant": str(note.tenant_id), "url": note.urls[0]}
        work.jobs.append(Job("voice.delete_at_carrier", args))
    return session_id, None


def _row(work: UnitOfWork, note: Note, *, session_id: UUID, size: int) -> VoiceSession:
    return VoiceSession(
        id=session_id, tenant_id=note.tenant_id, kind="voice_note", state="transcribing", opened_by="patient",
        started_at=work.now, ended_at=work.now, patient_id=note.patient_id, conversation_id=note.conversation_id,
        message_id=note.message_id, consent="granted", consent_at=work.now, consent_how="sent_by_patient",
        received_bytes=size, complete=True, dropped={}, speakers=1,
    )  # fmt: skip


async def _look(runtime: Runtime, work: UnitOfWork, row: VoiceSession) -> None:
    try:
        layout = probe(await open_audio(work, runtime.services.get(Blobs), session_id=row.id, leg="upload"))
    except BadAudio as bad:
        row.state, row.error, row.error_detail = "failed", bad.code, str(bad)
    else:
        row.codec, row.channels, row.duration_s = layout.codec, layout.channels, layout.duration_s


@task("voice.delete_at_carrier", queue="sending")
async def delete_at_carrier(runtime: Runtime, *, url: str, tenant: str | None = None) -> None:
    """Remove a voice note at the carrier, which keeps media until told not to."""
    carrier = runtime.services.find(Carrier)
    if carrier is not None:
        await carrier.delete_media(url)


async def _hand_on(runtime: Runtime, note: Note, *, session_id: UUID | None, why: str | None) -> None:
    """Put what was heard into the message, and let its turn run."""
    async with _opened(runtime, note.tenant_id, note.conversation_id) as work:
        message = await work.session.get_one(Message, note.message_id, with_for_update=True)
        if message.state != "hearing":
            return
        row = await work.session.get(VoiceSession, session_id) if session_id is not None else None
        text, facts = "", {"understood": False, "reason": why or (row.error if row is not None else None)}
        if row is not None and row.state == "final":
            said = await read_segments(work, row.id)
            text = " ".join(line.segment.text.strip() for line in said).strip()
            sure = sum(line.segment.confidence for line in said) / len(said) if said else 0.0
            stand_in = bool((row.engine or {}).get("stand_in"))
            facts = {"understood": bool(text) and sure >= CLEAR and not stand_in, "reason": None, "heard": text}
        [content] = await open_contents(work.keys, [message])
        if content is not None:
            media = [{**media, **(facts if is_audio(media) else {})} for media in content.media]
            now = Content(text if facts["understood"] else "", media)
            message.content = await seal_content(work.keys, note.conversation_id, message_id=message.id, content=now)
        message.state, message.urgent = "received", is_urgent(runtime, text)
        body = {"at": work.now, "message_id": message.id, "voice_session_id": session_id, "length": len(text)}
        body |= {"understood": facts["understood"], "reason": facts["reason"]}
        work.record.append(NOTE_HEARD, body, full={"text": text})
        work.jobs.append(turn_job(note.tenant_id, note.conversation_id, urgent=message.urgent))


def _opened(runtime: Runtime, tenant_id: UUID, conversation_id: UUID) -> AbstractAsyncContextManager[UnitOfWork]:
    """A transaction whose entries stand in the conversation's session on the record."""
    return unit_of_work(runtime, tenant_id, header=header_of(conversation_id, "whatsapp", runtime.clock.now()))
