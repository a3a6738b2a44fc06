"""Sending what the outbox holds, and what the carrier reports of it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert

from db.base import new_id
from db.json import JsonObject
from governance.record import STATE
from governance.vault import Keyring
from tools.conversations.carrier import Carrier, CarrierBusy, CarrierRefused, CarrierUncertain, Sent
from tools.conversations.channel import channel_of
from tools.conversations.communications import DELIVERED, FAILED, SENT, needed_consent
from tools.conversations.contents import open_addresses, open_contents
from tools.conversations.inbox import header_of
from tools.conversations.purposes import is_awaited
from tools.conversations.tables import Communication, Conversation, DeliveryReport, Message, MessageTemplate
from tools.patients.gates import has_consent
from tools.runtime.events import Event, event_type
from tools.runtime.jobs import Job, task
from tools.runtime.runtime import Runtime
from tools.runtime.traces import span
from tools.runtime.unit_of_work import UnitOfWork, unit_of_work

SENT_MESSAGE = event_type("Message.Sent", "An outgoing message changed its delivery state")
MAX_ATTEMPTS = 6
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:provider_id, 1))")  # a send's end and its report, in turn
_RANK = {"queued": 0, "sending": 1, "held": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 5}
_REPORTED = {
    "queued": "sent", "accepted": "sent", "scheduled": "sent", "sending": "sent", "sent": "sent",
    "delivered": "delivered", "read": "read", "failed": "failed", "undelivered": "failed", "canceled": "failed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Due:
    """A message that is to be sent now."""

    channel: str
    carrier: type[Carrier]
    to: str
    body: str
    uncertain: bool
    conversation_id: UUID
    content_sid: str | None
    facts: dict[str, str] | None
    since: datetime
    urgent: bool


@task("send_message", queue="sending")
async def send_message(runtime: Runtime, *, tenant: str, message: str) -> None:
    """Send one message of the outbox: noted as `sending` before, as `sent` after. No transaction is open while the
    carrier is asked. A send whose outcome is not known is looked up with the carrier before it is tried again."""
    tenant_id, message_id = UUID(tenant), UUID(message)
    due = await _begin(runtime, tenant_id, message_id)
    if due is None:
        return
    carrier = runtime.services.get(due.carrier)
    try:
        with span("carrier", channel=due.channel, message=message_id):
            sent = await _sent_before(runtime, carrier, tenant_id=tenant_id, due=due) or await carrier.send(
                due.to,
                due.body,
                content_sid=due.content_sid,
                content_variables=due.facts,
                urgent=due.urgent,
            )
    except CarrierRefused as refused:
        if not refused.permanent:
            await _later(runtime, tenant_id, message_id=message_id, due=due, busy=refused)
            return
        await _finish(
            runtime,
            tenant_id,
            message_id=message_id,
            due=due,
            state="failed",
            error=f"carrier refused ({refused.code})",
        )
        return
    except (CarrierBusy, CarrierUncertain) as busy:
        await _later(runtime, tenant_id, message_id=message_id, due=due, busy=busy)
        return
    await _finish(runtime, tenant_id, message_id=message_id, due=due, state="sent", provider_id=sent.provider_id)


async def _sent_before(runtime: Runtime, carrier: Carrier, *, tenant_id: UUID, due: _Due) -> Sent | None:
    """What the carrier took in an earlier try whose outcome was not known."""
    if not due.uncertain:
        return None
    found = await carrier.find(due.to, due.body, since=due.since)
    if found is None:
        return None
    async with runtime.database.begin(tenant_id) as session:  # a message of its own that reads the same
        known = (await session.scalars(select(Message.id).where(Message.provider_id == found.provider_id))).first()
    return found if known is None else None


async def _begin(runtime: Runtime, tenant_id: UUID, message_id: UUID) -> _Due | None:
    async with runtime.database.begin(tenant_id) as session:
        row = await session.get(Message, message_id, with_for_update=True)
        if row is None or row.state not in ("queued", "sending"):
            return None
        keys = Keyring(runtime.vault, session, tenant_id)
        if not await _still_wanted(session, row):
            row.state, row.error = "cancelled", "the patient withdrew the consent before it was sent"
            await _note_outcome(session, row.id, outcome="refused", error=row.error)
            return None
        conversation = await session.get_one(Conversation, row.conversation_id)
        channel = channel_of(conversation.channel)
        if channel.carrier is None or runtime.services.find(channel.carrier) is None:  # nobody carries it
            row.state = "held"
            return None
        [content], [address] = await open_contents(keys, [row]), await open_addresses(keys, [conversation])
        if content is None or address is None:
            row.state, row.error = "cancelled", "the conversation was erased before it was sent"
            await _note_outcome(session, row.id, outcome="refused", error=row.error)
            return None
        content_sid = None
        if not channel.takes_free_text(conversation.last_inbound_at, runtime.clock.now()):
            query = select(MessageTemplate.content_sid).where(
                MessageTemplate.name == row.purpose,
                MessageTemplate.language == conversation.language,
                MessageTemplate.channel == channel.name,
            )
            content_sid = (await session.scalars(query)).first()
            if content_sid is None:
                row.state = "failed"
                row.error = "outside the 24-hour window, and no approved template for this purpose and language"
                await _note_outcome(session, row.id, outcome="failed", error=row.error)
                return None
        uncertain = row.state == "sending"
        row.state = "sending"
        row.attempts += 1
        return _Due(
            channel.name,
            channel.carrier,
            address,
            content.text,
            uncertain,
            row.conversation_id,
            content_sid,
            content.facts,
            row.created_at,
            row.urgent,
        )


async def _still_wanted(session: AsyncSession, row: Message) -> bool:
    """A STOP also stops what was queued before it. A message that may have gone already is followed up."""
    query = select(Communication).where(Communication.message_id == row.id)
    named = (await session.scalars(query)).first()
    if named is None or row.state == "sending":
        return True
    return await has_consent(session, named.patient_id, needed_consent(named.purpose), channel=named.channel)


async def _finish(
    runtime: Runtime, tenant_id: UUID, *, message_id: UUID, due: _Due, state: str, provider_id: str | None = None,
    error: str | None = None
) -> None:  # fmt: skip
    async with _on_record(runtime, tenant_id, due.conversation_id, due.channel) as work:
        row = await work.session.get_one(Message, message_id, with_for_update=True)
        row.provider_id, row.error = provider_id or row.provider_id, error
        reports = []
        if provider_id is not None:  # what was reported before our own send returned
            await work.session.execute(_LOCK, {"provider_id": provider_id})
            query = select(DeliveryReport).where(DeliveryReport.provider_id == provider_id)
            reports = list(await work.session.scalars(query))
        await _advance(work, row, state=state, error=error)
        for report in reports:
            await _advance(work, row, state=_REPORTED[report.status], error=report.error_code)


async def _later(runtime: Runtime, tenant_id: UUID, *, message_id: UUID, due: _Due, busy: Exception) -> None:
    async with _on_record(runtime, tenant_id, due.conversation_id, due.channel) as work:
        row = await work.session.get_one(Message, message_id, with_for_update=True)
        if row.attempts >= MAX_ATTEMPTS:
            await _advance(work, row, state="failed", error=f"not sent after {row.attempts} attempts")
            return
        if not isinstance(busy, CarrierUncertain) and not due.uncertain:  # else it must be looked up before it is sent
            row.state = "queued"
        wait = max(getattr(busy, "retry_after_s", None) or 0.0, 2.0**row.attempts)
        args = {"tenant": str(tenant_id), "message": str(message_id)}
        at = datetime.now(work.now.tzinfo) + timedelta(seconds=wait)
        work.jobs.append(Job("send_message", args, at=at, urgent=row.urgent, bulk=not is_awaited(row.purpose)))


async def report_delivery(
    runtime: Runtime, tenant_id: UUID, *, provider_id: str, status: str, error_code: str | None
) -> bool:
    """Store what the carrier reports of a message; False where that was reported before. States only move forward."""
    if status not in _REPORTED:
        return False
    async with runtime.database.begin(tenant_id) as session:
        await session.execute(_LOCK, {"provider_id": provider_id})
        query = (
            select(Conversation.id, Conversation.channel)
            .join(Message, Message.conversation_id == Conversation.id)
            .where(Message.provider_id == provider_id, Message.direction == "out")
        )
        sent_in = (await session.execute(query)).first()
        row = {"id": new_id(), "tenant_id": tenant_id, "provider_id": provider_id, "status": status}
        if sent_in is None:
            made = await session.execute(_report(row, error_code, runtime.clock.now()))
            return made.scalar() is not None
    async with _on_record(runtime, tenant_id, *sent_in) as work:
        made = await work.session.execute(_report(row, error_code, work.now))
        if made.scalar() is None:
            return False
        found = select(Message).where(Message.provider_id == provider_id).with_for_update()
        message = (await work.session.scalars(found)).one()
        await _advance(work, message, state=_REPORTED[status], error=error_code)
    return True


def _report(row: JsonObject, error_code: str | None, at: datetime) -> ReturningInsert[tuple[UUID]]:
    statement = insert(DeliveryReport).values(**row, error_code=error_code, at=at)
    return statement.on_conflict_do_nothing().returning(DeliveryReport.id)


async def _advance(work: UnitOfWork, row: Message, *, state: str, error: str | None) -> None:
    if _RANK[state] <= _RANK.get(row.state, 0):
        return
    row.state = state
    row.error = error if state == "failed" else row.error
    work.record.append(STATE, {"at": work.now, "message_id": row.id, "state": state, "error": error})
    work.events.append(Event(SENT_MESSAGE, row.conversation_id, {"message_id": str(row.id), "state": state}))
    named = await _note_outcome(work.session, row.id, outcome=state, error=error)
    event = {"sent": SENT, "delivered": DELIVERED, "failed": FAILED}.get(state)
    if named is not None and event is not None:
        work.events.append(Event(event, named, {}))


async def _note_outcome(session: AsyncSession, message_id: UUID, *, outcome: str, error: str | None) -> UUID | None:
    statement = (
        update(Communication)
        .where(Communication.message_id == message_id)
        .values(outcome=outcome, error=error)
        .returning(Communication.id)
        .execution_options(synchronize_session=False)
    )
    noted: UUID | None = (await session.execute(statement)).scalar()
    return noted


def _on_record(
    runtime: Runtime, tenant_id: UUID, conversation_id: UUID, channel: str
) -> AbstractAsyncContextManager[UnitOfWork]:
    header = header_of(conversation_id, channel, runtime.clock.now())
    return unit_of_work(runtime, tenant_id, header=header)
