"""What a phone call writes: that it began and ended, consent to recording, what the caller heard, and the recording.

A call is a voice session under the conversation of the caller's number. Its entries stand in that conversation's
session on the record.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select, update

from db.base import new_id
from db.blobs import Blobs
from governance.record import entry_kind
from governance.vault import DataKey, Keyring
from tools.conversations.contents import open_contents
from tools.conversations.inbox import begin_conversation, header_of, turn_job
from tools.conversations.tables import Conversation, Message
from tools.runtime.events import Event, event_type
from tools.runtime.jobs import Job
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import UnitOfWork, unit_of_work
from tools.voice.recordings import Leg, add_parts, audio_key, destroy_audio, seal_part
from tools.voice.sessions import STARTED
from tools.voice.tables import VoiceSession

CALL_STARTED = entry_kind("call_started", "A phone call began")
RECORDING_CONSENT = entry_kind("recording_consent", "A caller answered whether the call may be recorded")
HEARD = entry_kind("heard", "What was said of an answer before the caller spoke")
CALL_ENDED = entry_kind("call_ended", "A phone call ended")

ENDED = event_type("Call.Ended", "A phone call with the assistant ended")
SCRIPT = "call-1"  # version of what a caller is told and asked at the start
Outcome = Literal["caller_left", "handed_over", "ended", "silent", "failed", "dropped"]
Answer = Literal["granted", "refused", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the carrier named it, and where it is written."""

    tenant_id: UUID
    session_id: UUID
    conversation_id: UUID
    call_sid: str
    address: str  # E.164 of the caller, or a name of this call's own where the number is withheld
    language: str
    conversation_state: str
    consent: str
    ended: bool


async def begin_call(
    runtime: Runtime,
    tenant_id: UUID,
    *,
    call_sid: str,
    address: str,
    prepare: Callable[[UnitOfWork, UUID], Awaitable[None]] | None = None,
) -> Call:
    """Write that a call has come in; one that is known already is given as it is. `prepare` is done in the same
    transaction, with the conversation's id."""
    known = await find_call(runtime, tenant_id, call_sid, address=address)
    if known is not None:
        return known
    header = header_of(new_id(), "phone", runtime.clock.now())
    async with unit_of_work(runtime, tenant_id, header=header) as work:
        conversation_id = await begin_conversation(work, "phone", address)
        row = VoiceSession(
            id=new_id(), tenant_id=tenant_id, kind="call", state="open", opened_by="twilio", started_at=work.now,
            conversation_id=conversation_id, call_sid=call_sid, consent="unknown", dropped={},
        )  # fmt: skip
        work.session.add(row)
        await work.session.flush()
        if prepare is not None:
            await prepare(work, conversation_id)
        work.record.append(
            CALL_STARTED, {"at": work.now, "call": call_sid, "voice_session_id": row.id, "script": SCRIPT}
        )
        work.events.append(Event(STARTED, row.id, {"kind": "call"}))
    begun = await find_call(runtime, tenant_id, call_sid, address=address)
    assert begun is not None
    return begun


async def find_call(runtime: Runtime, tenant_id: UUID, call_sid: str, *, address: str = "") -> Call | None:
    """A call that was begun. `address` is kept beside it where the caller of this knows it."""
    query = (
        select(VoiceSession, Conversation.language, Conversation.state)
        .join(Conversation, Conversation.id == VoiceSession.conversation_id)
        .where(VoiceSession.call_sid == call_sid, VoiceSession.kind == "call")
    )
    async with runtime.database.begin(tenant_id) as session:
        found = (await session.execute(query)).first()
    if found is None:
        return None
    row, language, state = found
    assert row.conversation_id is not None  # it was joined by it
    return Call(
        tenant_id=tenant_id,
        session_id=row.id,
        conversation_id=row.conversation_id,
        call_sid=call_sid,
        address=address,
        language=language,
        conversation_state=state,
        consent=row.consent,
        ended=row.ended_at is not None,
    )


async def note_consent(runtime: Runtime, call: Call, *, answer: Answer, how: Literal["speech", "keypad"]) -> None:
    """Keep what the caller answered, with its time and way. A withdrawal destroys what has been recorded."""
    async with _on_record(runtime, call) as work:
        row = await work.session.get_one(VoiceSession, call.session_id, with_for_update=True)
        row.consent, row.consent_at, row.consent_how = answer, work.now, how
        if answer == "withdrawn":
            await destroy_audio(work, row)
        work.record.append(
            RECORDING_CONSENT,
            {"at": work.now, "call": call.call_sid, "consent": answer, "how": how, "script": SCRIPT},
        )


async def note_playback(
    runtime: Runtime, call: Call, message_id: UUID, *, played: tuple[str, ...], unplayed: tuple[str, ...]
) -> None:
    """Keep how much of an answer the caller heard: by the marks that came back, or as the carrier told."""
    state = "delivered" if not unplayed else "sent" if played else "failed"
    async with _on_record(runtime, call) as work:
        await work.session.execute(
            update(Message)
            .where(Message.id == message_id, Message.state.in_(("queued", "sent", "failed")))
            .values(state=state, error=None if state != "failed" else "the caller did not hear it")
            .execution_options(synchronize_session=False)
        )
        work.record.append(
            HEARD,
            {"at": work.now, "message_id": message_id, "sentences": len(played), "of": len(played) + len(unplayed)},
            full={"heard": played, "unheard": unplayed},
        )


async def unplayed_answer(runtime: Runtime, call: Call) -> tuple[UUID, str] | None:
    """The newest answer of the conversation with its id, where it was not heard to its end: the line broke before."""
    query = (
        select(Message)
        .where(Message.conversation_id == call.conversation_id, Message.direction == "out")
        .order_by(Message.seq.desc())
        .limit(1)
    )
    async with runtime.database.begin(call.tenant_id) as session:
        row = (await session.scalars(query)).first()
        if row is None or row.state not in ("queued", "sent", "failed"):
            return None
        [content] = await open_contents(Keyring(runtime.vault, session, call.tenant_id), [row])
    return (row.id, content.text) if content is not None else None


async def words_so_far(runtime: Runtime, call: Call) -> int:
    """How many messages this call has brought."""
    query = select(func.count()).where(Message.provider_id.startswith(f"{call.call_sid}:", autoescape=True))
    async with runtime.database.begin(call.tenant_id) as session:
        return int(await session.scalar(query) or 0)


async def end_call(runtime: Runtime, call: Call, outcome: Outcome, *, said: dict[str, int] | None = None) -> bool:
    """Write the end of a call; False where it had ended. What the caller said and no turn has answered is answered in
    the conversation. `said`: how often each phrase of the house was said."""
    async with _on_record(runtime, call) as work:
        row = await work.session.get_one(VoiceSession, call.session_id, with_for_update=True)
        if row.ended_at is not None:
            return False
        row.ended_at, row.state = work.now, "final"
        row.patient_id = await work.session.scalar(
            select(Conversation.patient_id).where(Conversation.id == call.conversation_id)
        )
        row.complete = row.received_bytes > 0
        if row.complete:  # what was recorded is heard again, both sides, by the recogniser for recordings
            row.state = "transcribing"
            args = {"tenant": str(call.tenant_id), "session": str(row.id)}
            work.jobs.append(Job("voice.transcribe", args, lock=f"voice:{row.id}"))
        body = {"at": work.now, "call": call.call_sid, "outcome": outcome, "phrases": said or {}}
        work.record.append(CALL_ENDED, body)
        work.events.append(Event(ENDED, row.id, {"outcome": outcome}))
        waiting = select(func.count()).where(
            Message.conversation_id == call.conversation_id, Message.state == "received"
        )
        if await work.session.scalar(waiting):
            work.jobs.append(turn_job(call.tenant_id, call.conversation_id))
    return True


class Recorder:
    """Seals the two sides of a call, piece by piece. Made by `record` only, for a call whose caller said yes."""

    def __init__(self, runtime: Runtime, call: Call, key: DataKey, *, start: int) -> None:
        self._runtime, self._call, self._key, self._at = runtime, call, key, start

    async def keep(self, caller: bytes, answer: bytes) -> None:
        """Both sides of the same seconds: u-law, 8 kHz, of equal length. Nothing is kept once consent is gone."""
        legs: tuple[tuple[Leg, bytes], ...] = (("caller", caller), ("answer", answer))
        blobs, session_id = self._runtime.services.get(Blobs), self._call.session_id
        parts = [
            (leg, await seal_part(blobs, self._key, session_id=session_id, leg=leg, start=self._at, plain=sound))
            for leg, sound in legs
        ]
        kept = False
        try:
            async with _on_record(self._runtime, self._call) as work:
                row = await work.session.get_one(VoiceSession, session_id, with_for_update=True)
                if row.consent == "granted":
                    for leg, part in parts:
                        await add_parts(work, session_id, leg=leg, parts=[part])
                    row.codec, row.channels = "pcm_mulaw", 2
                    row.received_bytes += len(caller)
                    row.duration_s = row.received_bytes / 8000
                    kept = True
        finally:
            if not kept:
                await blobs.delete([part.blob for _, part in parts])
        self._at += len(caller)


async def record(runtime: Runtime, call: Call) -> Recorder | None:
    """A recorder, where the caller has said yes and there is a place to keep recordings; else None."""
    if runtime.services.find(Blobs) is None:
        return None
    async with runtime.database.begin(call.tenant_id) as session:
        row = await session.get_one(VoiceSession, call.session_id)
        granted, start = row.consent == "granted", row.received_bytes
    if not granted:
        return None
    return Recorder(runtime, call, await audio_key(runtime, call.tenant_id, call.session_id), start=start)


def _on_record(runtime: Runtime, call: Call) -> AbstractAsyncContextManager[UnitOfWork]:
    header = header_of(call.conversation_id, "phone", runtime.clock.now())
    return unit_of_work(runtime, call.tenant_id, header=header)
