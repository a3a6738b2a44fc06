"""What a turn reads and writes of its conversation: claimed by one at a time, ended in one statement. The gate by which
agents reach these tables; they write none themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from db.engine import Database, direct
from db.json import JsonObject
from governance.record import canonical
from governance.tables import LLMResponse
from governance.vault import Owner, Unsealable
from tools.conversations.contents import address_aad, message_aad
from tools.conversations.inbox import MESSAGE_OUT, Outgoing, write_out
from tools.conversations.purposes import PERSON, REPLY
from tools.conversations.tables import Conversation, Message
from tools.runtime.unit_of_work import UnitOfWork

log = structlog.get_logger()
# One writer a conversation (new messages refer to the row meanwhile). A statement of its own: what is read after it
# sees what the writer before has committed.
_LOCK = "SELECT 1 FROM conversation WHERE id = %s FOR NO KEY UPDATE"
# The conversation and its oldest message that waits, an emergency before all others (none while that one is being
# heard), with the model's answer from an earlier try, and the keys that the turn will need.
_CLAIM = """
    SELECT c.channel, c.address, c.state, c.version, c.language, c.flow, m.id, m.content, m.at, r.answer, c.patient_id,
           k.id, k.master, k.wrapped, p.id, p.master, p.wrapped
      FROM conversation c
      JOIN LATERAL (SELECT id, content, at, state FROM message
                     WHERE tenant_id = c.tenant_id AND conversation_id = c.id AND state IN ('hearing', 'received')
                     ORDER BY urgent DESC, seq LIMIT 1) m ON m.state = 'received'
      LEFT JOIN llm_response r ON r.tenant_id = c.tenant_id AND r.message_id = m.id
      LEFT JOIN vault_key k ON k.tenant_id = c.tenant_id AND k.owner_id = c.id AND k.current
      LEFT JOIN vault_key p ON p.tenant_id = c.tenant_id AND p.owner_id = c.patient_id AND p.current
     WHERE c.id = %s
"""
_END = """
    WITH answered AS (UPDATE message SET state = 'processed', processed_at = %s WHERE id = %s),
         kept AS (UPDATE conversation SET flow = %s, language = %s, agent = %s, last_inbound_at = %s,
                         patient_id = coalesce(%s, patient_id), version = version + 1
                   WHERE id = %s)
"""
_UNANSWERED = """
    SELECT c.id, m.id FROM conversation c
      JOIN LATERAL (SELECT id, at, direction, state FROM message
                     WHERE tenant_id = c.tenant_id AND conversation_id = c.id
                       AND purpose IS DISTINCT FROM 'reaction' ORDER BY seq DESC LIMIT 1) m
        ON m.direction = 'in' AND m.state IN ('processed', 'failed') AND m.at < %s
     WHERE c.state = 'handed_over'
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A conversation as a turn finds it, with the message that it is to answer. `state`: None where there is one that
    does not open, or is no object. `answer`: JSON of what a model answered in an earlier try."""

    conversation_id: UUID
    channel: str
    address: str
    conversation_state: str
    version: int
    language: str
    state: JsonObject | None
    patient_id: UUID | None
    message_id: UUID
    text: str
    media: list[JsonObject]
    at: datetime
    answer: str | None


async def claim(work: UnitOfWork, conversation_id: UUID) -> Claimed | None:
    """Lock the conversation until the commit and read what waits in it; None where nothing does."""
    await direct(work.session, _LOCK, (conversation_id,))
    row = await (await direct(work.session, _CLAIM, (conversation_id,))).fetchone()
    if row is None:
        return None
    channel, address, state_now, version, language, flow, message_id, content, at, answer, patient_id, *key = row
    if key[0] is not None:
        await work.keys.put(conversation_id, *key[:3])
    if key[3] is not None:
        await work.keys.put(patient_id, *key[3:])
    said = await work.keys.open_one(content, message_aad(message_id))
    message = json.loads(said or '{"text": "", "media": []}')
    state = await _opened(work, flow, state_aad(conversation_id))
    return Claimed(
        conversation_id=conversation_id,
        channel=channel,
        address=await _opened(work, address, address_aad(conversation_id)) or "",
        conversation_state=state_now,
        version=version,
        language=language,
        state=as_object(state) if flow is not None else {},
        patient_id=patient_id,
        message_id=message_id,
        text=message["text"],
        media=message["media"],
        at=at,
        answer=await _opened(work, answer, _answer_aad(message_id)),
    )


async def _opened(work: UnitOfWork, sealed: bytes | None, aad: str) -> str | None:
    """A sealed text that a turn can do without: None where it does not open."""
    try:
        return await work.keys.open_one(sealed, aad)
    except Unsealable:
        log.error("turn.unsealable", aad=aad)
        return None


def as_object(text: str | None) -> JsonObject | None:
    """A JSON object; None for anything else."""
    try:
        value = json.loads(text or "")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


async def keep_answer(work: UnitOfWork, conversation_id: UUID, *, message_id: UUID, answer: str) -> bool:
    """Keep what a model answered to a message, so that it is not asked twice. False: there is an answer already."""
    kept = await work.keys.seal(Owner(conversation_id, "conversation"), answer, _answer_aad(message_id))
    row = {"id": new_id(), "tenant_id": work.tenant_id, "session_id": conversation_id, "message_id": message_id}
    statement = insert(LLMResponse).values(**row, answer=kept).on_conflict_do_nothing().returning(LLMResponse.id)
    return (await work.session.execute(statement)).scalar() is not None


async def end_turn(
    work: UnitOfWork, claimed: Claimed, *, state: str, language: str, agent: str, patient_id: UUID | None, reply: str,
    urgent: bool
) -> UUID | None:  # fmt: skip
    """Note the message as answered, keep the state (JSON) and put the reply in the outbox and on the record, in one
    statement; the reply's id, None where there is none."""
    await work.session.flush()
    await work.scope(None)
    conversation_id, message_id = claimed.conversation_id, claimed.message_id
    sealed = await work.keys.seal(Owner(conversation_id, "conversation"), state, state_aad(conversation_id))
    kept = (work.now, message_id, sealed, language, agent, claimed.at, patient_id, conversation_id)
    if not reply:
        await direct(work.session, _END + "SELECT 1", kept)
        return None
    outgoing = Outgoing(
        conversation_id, reply, channel=claimed.channel, author=f"agent:{agent}", purpose=REPLY,
        in_reply_to=message_id, urgent=urgent,
    )  # fmt: skip
    await write_out(work, outgoing, before=(_END, kept))
    note_reply(work, outgoing)
    return outgoing.id


def note_reply(work: UnitOfWork, outgoing: Outgoing) -> None:
    """Put a reply on the record."""
    entry = {"at": work.now, "message_id": outgoing.id, "author": outgoing.author, "length": len(outgoing.body)}
    work.record.append(MESSAGE_OUT, entry, full={"text": outgoing.body})


async def reply_to(
    work: UnitOfWork, conversation_id: UUID, body: str, *, channel: str, author: str, message_id: UUID, urgent: bool
) -> UUID:  # fmt: skip
    """Answer a message outside its turn, which failed."""
    outgoing = Outgoing(
        conversation_id, body, channel=channel, author=author, purpose=REPLY, in_reply_to=message_id, urgent=urgent
    )
    await write_out(work, outgoing)
    note_reply(work, outgoing)
    return outgoing.id


async def change_state(work: UnitOfWork, conversation_id: UUID, change: Callable[[JsonObject], None]) -> None:
    """Change a conversation's state outside a turn, where there is one."""
    row = await work.session.get_one(Conversation, conversation_id, with_for_update={"key_share": True})
    state = as_object(await work.keys.open_one(row.flow, state_aad(conversation_id)))
    if state is None:
        return
    change(state)
    row.flow = await work.keys.seal(
        Owner(conversation_id, "conversation"), canonical(state), state_aad(conversation_id)
    )


async def last_of_person(work: UnitOfWork, conversation_id: UUID) -> datetime | None:
    """When a person of the staff wrote last."""
    written = select(func.max(Message.at)).where(
        Message.conversation_id == conversation_id, Message.direction == "out", Message.purpose == PERSON
    )
    return (await work.session.execute(written)).scalar()


async def unanswered(work: UnitOfWork, *, before: datetime) -> list[tuple[UUID, UUID]]:
    """(conversation, its last message) of those that a person has, where the patient wrote last, and before then."""
    rows = await direct(work.session, _UNANSWERED, (before,))
    return [(conversation, message) for conversation, message in await rows.fetchall()]


async def count_failure(
    database: Database, tenant_id: UUID, *, conversation_id: UUID, message_id: UUID | None
) -> tuple[UUID | None, int]:
    """Count a failed try of a message, the oldest that waits where none is named: which one, and how many there
    were."""
    async with database.begin(tenant_id) as session:
        waiting = select(Message).where(Message.conversation_id == conversation_id, Message.state == "received")
        if message_id is not None:
            waiting = waiting.where(Message.id == message_id)
        found = waiting.order_by(Message.urgent.desc(), Message.seq).limit(1).with_for_update()
        message = (await session.scalars(found)).first()
        if message is None:
            return None, 0
        message.attempts += 1
        return message.id, message.attempts


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A message that no turn could answer."""

    language: str
    urgent: bool


async def give_up(work: UnitOfWork, conversation_id: UUID, message_id: UUID, *, error: str) -> GivenUp:
    """Note that a message failed for good."""
    message = await work.session.get_one(Message, message_id, with_for_update=True)
    row = await work.session.get_one(Conversation, conversation_id, with_for_update={"key_share": True})
    message.state, message.error = "failed", error
    row.last_inbound_at = work.now
    return GivenUp(row.language, message.urgent)


async def channel_of_conversation(database: Database, tenant_id: UUID, conversation_id: UUID) -> str:
    async with database.begin(tenant_id) as session:
        return (await session.get_one(Conversation, conversation_id)).channel


async def language_of(work: UnitOfWork, conversation_id: UUID) -> str:
    return (await work.session.get_one(Conversation, conversation_id)).language


def state_aad(conversation_id: UUID) -> str:
    return f"flow:{conversation_id}"


def _answer_aad(message_id: UUID) -> str:
    return f"answer:{message_id}"
