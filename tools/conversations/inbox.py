"""The inbox and the outbox: messages stored in the transaction of their cause, with the job that deals with them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import LiteralString, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from db.engine import direct
from db.json import JsonObject
from governance.record import SESSION_ENDED, SESSION_STARTED, Record, SessionHeader, entry_kind
from governance.vault import Owner
from tools.conversations.attachments import REACTION, is_reaction
from tools.conversations.channel import channel_of
from tools.conversations.contents import Content, seal_address, seal_content
from tools.conversations.purposes import is_awaited
from tools.conversations.tables import Conversation, Message
from tools.runtime.errors import PolicyRefused
from tools.runtime.events import Event, event_type
from tools.runtime.jobs import Job
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import UnitOfWork, unit_of_work

MESSAGE_IN = entry_kind("message_in", "A patient's message came in")
MESSAGE_OUT = entry_kind("message_out", "An answer was put in the outbox")

STARTED = event_type("LLMSession.Started", "An agent's session began")
ENDED = event_type("LLMSession.Ended", "An agent's session ended")
OPENED = event_type("Conversation.Opened", "A conversation with an address began")
RECEIVED = event_type("Message.Received", "A message came in")
QUEUED = event_type("Message.Queued", "A message waits to be sent")
_INSERT_OUT = """
    INSERT INTO message (id, tenant_id, conversation_id, direction, at, content, state, author, purpose,
                         in_reply_to, urgent)
    VALUES (%s, %s, %s, 'out', %s, %s, %s, %s, %s, %s, %s)
"""
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:address, 0))")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as a channel delivers it. `provider_id` makes it act once."""

    channel: str
    address: str  # E.164 of the sender
    body: str
    provider_id: str
    media: list[JsonObject] = field(default_factory=list)
    urgent: bool = False  # a red flag stands in it: its turn waits for nothing


@dataclass(frozen=True, slots=True)
class Received:
    """Where an incoming message was stored."""

    conversation_id: UUID
    message_id: UUID


def header_of(conversation_id: UUID, channel: str, at: datetime, patient_id: UUID | None = None) -> SessionHeader:
    """A conversation is one session on the record, under its own id."""
    return SessionHeader(
        id=conversation_id,
        agent="concierge",
        channel=channel,
        principal="patient",
        started_at=at,
        patient_id=patient_id,
        conversation_id=conversation_id,
    )


class UrgencyCheck(Protocol):
    """Port: is there a red flag in what a patient wrote or said?"""

    def __call__(self, text: str) -> bool: ...


def is_urgent(runtime: Runtime, text: str) -> bool:
    """Whether a message waits for nothing; by the red flags, where agents are wired in."""
    check = runtime.services.find(UrgencyCheck)
    return check is not None and check(text)


async def receive(runtime: Runtime, tenant_id: UUID, incoming: Incoming) -> UUID | None:
    """Store one incoming message and queue its turn; the message's id. None where it had been received before."""
    stored = await receive_message(runtime, tenant_id, incoming)
    return stored.message_id if stored else None


async def receive_message(
    runtime: Runtime, tenant_id: UUID, incoming: Incoming, *, conversation_id: UUID | None = None
) -> Received | None:
    """Store one incoming message; None where it had been received before. Its turn is queued, but for a call's: who has
    the caller on the line runs it. `conversation_id`, where it is known, saves looking for it."""
    now = runtime.clock.now()
    incoming = replace(incoming, urgent=is_urgent(runtime, incoming.body))
    if conversation_id is not None:
        async with unit_of_work(runtime, tenant_id, header=header_of(conversation_id, incoming.channel, now)) as work:
            return await store(work, conversation_id, incoming)
    async with runtime.database.begin(tenant_id) as session:
        key = runtime.vault.fingerprint(tenant_id, incoming.address)
        found = await find_conversation(session, incoming.channel, key)
    header = header_of(found or new_id(), incoming.channel, now)
    async with unit_of_work(runtime, tenant_id, header=header) as work:
        actual = await begin_conversation(work, incoming.channel, incoming.address)  # `found` may be closed by now
        return await store(work, actual, incoming)


async def one_at_a_time(work: UnitOfWork, channel: str, address_key: bytes) -> None:
    """From here to the commit nobody else begins, or ends, a conversation with this address."""
    await work.session.execute(_LOCK, {"address": f"{work.tenant_id}{channel}{address_key.hex()}"})


async def begin_conversation(work: UnitOfWork, channel: str, address: str) -> UUID:
    """The live conversation with an address, made where there is none, as the session of this work's entries."""
    await one_at_a_time(work, channel, work.keys.fingerprint(address))
    found = await find_conversation(work.session, channel, work.keys.fingerprint(address))
    new = work.record.header.id
    if found is None and await work.session.get(Conversation, new) is not None:
        new = new_id()  # the session that was found before has ended meanwhile
    conversation_id = found or await ensure_conversation(work, channel, address, new=new)
    work.record.header = header_of(conversation_id, channel, work.now)
    if found is None:
        work.record.append(SESSION_STARTED, {"at": work.now, "channel": channel})
        work.events.append(Event(STARTED, conversation_id, {"agent": "concierge", "channel": channel}))
    return conversation_id


async def store(work: UnitOfWork, conversation_id: UUID, incoming: Incoming) -> Received | None:
    """Put one incoming message into the inbox of a conversation; None where it had been received before."""
    message_id = new_id()
    content = Content(incoming.body, incoming.media)
    made = await work.session.execute(
        insert(Message)
        .values(
            id=message_id, tenant_id=work.tenant_id, conversation_id=conversation_id, direction="in", at=work.now,
            content=await seal_content(work.keys, conversation_id, message_id=message_id, content=content),
            state=_first_state(incoming),
            provider_id=incoming.provider_id, author="patient", urgent=incoming.urgent,
            purpose=REACTION if is_reaction(incoming.media) else None,
        )
        .on_conflict_do_nothing()
        .returning(Message.id)
    )  # fmt: skip
    if made.scalar() is None:
        return None
    work.events.append(Event(RECEIVED, conversation_id, {"message_id": str(message_id)}))
    work.record.append(
        MESSAGE_IN,
        {
            "at": work.now,
            "message_id": message_id,
            "provider_id": incoming.provider_id,
            "length": len(incoming.body),
            "media": len(incoming.media),
        },
        full={"text": incoming.body, "media": incoming.media},
    )
    if is_voice_note(incoming.body, incoming.media):
        args = {"tenant": str(work.tenant_id), "message": str(message_id)}
        work.jobs.append(Job("voice.hear_note", args, lock=f"hearing:{conversation_id}"))
    elif is_reaction(incoming.media):
        pass  # no message that somebody waits to be answered
    elif channel_of(incoming.channel).turn_by_job:
        work.jobs.append(turn_job(work.tenant_id, conversation_id, urgent=incoming.urgent))
    return Received(conversation_id, message_id)


def _first_state(incoming: Incoming) -> str:
    if is_reaction(incoming.media):
        return "processed"
    return "hearing" if is_voice_note(incoming.body, incoming.media) else "received"


def is_voice_note(body: str, media: list[JsonObject]) -> bool:
    """Whether a message says what it says in audio alone."""
    return not body.strip() and any(is_audio(one) for one in media)


def is_audio(media: JsonObject) -> bool:
    return str(media.get("content_type", "")).startswith("audio/")


def turn_job(tenant_id: UUID, conversation_id: UUID, *, urgent: bool = False) -> Job:
    args = {"tenant": str(tenant_id), "conversation": str(conversation_id)}
    return Job("run_turns", args, lock=f"conversation:{conversation_id}", urgent=urgent)


async def end_session(work: UnitOfWork, row: Conversation, outcome: str) -> None:
    """Note on a conversation's own chain that its session is over."""
    record = Record(header_of(row.id, row.channel, row.created_at))
    record.append(SESSION_ENDED, {"at": work.now, "outcome": outcome})
    await record.flush(work.session, work.keys, [])
    work.events.append(Event(ENDED, row.id, {"outcome": outcome}))


async def find_conversation(session: AsyncSession, channel: str, address_key: bytes) -> UUID | None:
    """The live conversation with an address, by the address's fingerprint."""
    query = select(Conversation.id).where(
        Conversation.channel == channel, Conversation.address_key == address_key, Conversation.state != "closed"
    )
    return (await session.scalars(query)).first()


async def ensure_conversation(
    work: UnitOfWork, channel: str, address: str, *, new: UUID | None = None, patient_id: UUID | None = None
) -> UUID:
    """The live conversation with an address, made where there is none."""
    key = work.keys.fingerprint(address)
    found = await find_conversation(work.session, channel, key)
    if found is not None:
        return found
    conversation_id = new or new_id()
    made = await work.session.execute(
        insert(Conversation)
        .values(
            id=conversation_id, tenant_id=work.tenant_id, channel=channel, address_key=key, state="open", version=1,
            address=await seal_address(work.keys, conversation_id, address), agent="concierge", language="en",
            patient_id=patient_id,
        )
        .on_conflict_do_nothing()
        .returning(Conversation.id)
    )  # fmt: skip
    made_id = made.scalar()
    if made_id is None:
        found = await find_conversation(work.session, channel, key)
        assert found is not None
        return found
    work.events.append(Event(OPENED, made_id, {"channel": channel}))
    return made_id


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is to leave. `facts` fill the template that a channel may demand instead of the text."""

    conversation_id: UUID
    body: str
    channel: str
    author: str
    purpose: str
    in_reply_to: UUID | None = None
    facts: dict[str, str] | None = None
    urgent: bool = False
    id: UUID = field(default_factory=new_id)


async def queue_out(
    work: UnitOfWork,
    conversation_id: UUID,
    body: str,
    *,
    channel: str,
    author: str,
    purpose: str,
    facts: dict[str, str] | None = None,
) -> UUID:
    """Put a message that no turn has screened in the outbox; the policy judges it first: PolicyRefused, or what must
    not leave is replaced."""
    body = await _screen_out(work, conversation_id, body)
    outgoing = Outgoing(conversation_id, body, channel, author, purpose, facts=facts)
    await write_out(work, outgoing)
    return outgoing.id


async def write_out(
    work: UnitOfWork, outgoing: Outgoing, *, before: tuple[LiteralString, tuple[object, ...]] | None = None
) -> None:
    """Put a screened message in the outbox. Its channel says what becomes of it: a job sends it, it is shown or said at
    once, or it rests. `before`: WITH queries and their parameters, to be done in the same statement."""
    channel = channel_of(outgoing.channel)
    state = channel.first_state(answers=outgoing.in_reply_to is not None)
    sealed = Content(outgoing.body, facts=outgoing.facts)
    content = await seal_content(work.keys, outgoing.conversation_id, message_id=outgoing.id, content=sealed)
    row = (outgoing.id, work.tenant_id, outgoing.conversation_id, work.now, content, state, outgoing.author,
           outgoing.purpose, outgoing.in_reply_to, outgoing.urgent)  # fmt: skip
    first, parameters = before or ("", ())
    await direct(work.session, first + _INSERT_OUT, (*parameters, *row))
    await work.session.flush()  # before a row that names it
    payload = {"message_id": str(outgoing.id), "purpose": outgoing.purpose}
    work.events.append(Event(QUEUED, outgoing.conversation_id, payload))
    if channel.carrier is not None:
        args, bulk = {"tenant": str(work.tenant_id), "message": str(outgoing.id)}, not is_awaited(outgoing.purpose)
        lock = f"send:{outgoing.conversation_id}"
        work.jobs.append(Job("send_message", args, lock=lock, urgent=outgoing.urgent, bulk=bulk))


async def _screen_out(work: UnitOfWork, conversation_id: UUID, body: str) -> str:
    scope = work.session.info.get("scope")
    await work.scope(None)
    patient_id = await work.session.scalar(select(Conversation.patient_id).where(Conversation.id == conversation_id))
    verdict, subject, decisions = await work.guard.outgoing(
        work, body, conversation_id=conversation_id, patients=[patient_id] if patient_id else [], by_agent=False,
        zone=ZoneInfo("UTC"),
    )  # fmt: skip
    owner = Owner(conversation_id, "conversation")
    if verdict.text is None:
        found = ", ".join(label for decision in decisions for label in decision.labels())
        raise PolicyRefused(f"The message was not sent: {found}.", subject=subject, decisions=decisions, owner=owner)
    await work.guard.note(work, subject, decisions, owner=owner, patient_id=patient_id)
    await work.scope(scope[1] if scope else None)
    return verdict.text
