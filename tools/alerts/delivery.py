"""Sending what waits for an endpoint, in order. One job at a time works on an endpoint (the job's lock), and no
transaction is open while its receiver is asked. A receiver may get an alert twice, under the same webhook-id: where the
process ended after the request and before its note."""

from __future__ import annotations

import random
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select

from governance.record import STATE, canonical
from governance.vault import Keyring
from tools.alerts import posting
from tools.alerts.addresses import AddressRules
from tools.alerts.events import PAUSED
from tools.alerts.posting import Answer
from tools.alerts.tables import WebhookDelivery, WebhookEndpoint
from tools.runtime.events import Event
from tools.runtime.jobs import Job, task
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from tools.runtime.tables import EventLog
from tools.runtime.tenants import tenant_work
from tools.runtime.unit_of_work import UnitOfWork, unit_of_work

WAITS_S = (5, 30, 120, 600, 1800, 7200, 28_800, 50_400)  # after each failed attempt; about a day in all
MAX_ATTEMPTS = len(WAITS_S) + 1
PAUSE_AFTER = 20  # failed attempts in a row
_AT_ONCE = 20  # alerts that one job sends before it lets others run


@dataclass(frozen=True, slots=True)
class _Due:
    """The alert that is to be sent now."""

    delivery_id: UUID
    endpoint_id: UUID
    attempt: int
    url: str
    signing: list[str]
    body: str


def delivering(tenant_id: UUID, endpoint_id: UUID) -> Job:
    """The job that sends what waits for an endpoint. Never deferred for later: under its lock it would hold up
    others."""
    return Job("alerts.deliver", _args(tenant_id, endpoint_id), lock=f"webhook:{endpoint_id}")


def secret_aad(endpoint_id: UUID) -> str:
    return f"webhook:{endpoint_id}"


@task("alerts.deliver", queue="sending")
async def deliver(runtime: Runtime, *, tenant: str, endpoint: str) -> None:
    """Send an endpoint's pending alerts, first to last, until one has to wait."""
    tenant_id, endpoint_id = UUID(tenant), UUID(endpoint)
    for _ in range(_AT_ONCE):
        due = await _begin(runtime, tenant_id, endpoint_id)
        if due is None:
            return
        answer = await posting.post(
            due.url,
            str(due.delivery_id),
            due.body,
            due.signing,
            allow_local=runtime.services.get(AddressRules).allow_local,
        )
        if not await _note(runtime, tenant_id, due=due, answer=answer):
            return
    await wake(runtime, tenant=tenant, endpoint=endpoint)


@task("alerts.wake", queue="sending")
async def wake(runtime: Runtime, *, tenant: str, endpoint: str) -> None:
    """The time of a retry has come."""
    async with _work(runtime, UUID(tenant)) as work:
        work.jobs.append(delivering(UUID(tenant), UUID(endpoint)))


@task("alerts.wake_all", every="* * * * *", each_tenant=True)
async def wake_all(runtime: Runtime, *, tenant: str) -> None:
    """Endpoints with an alert that is due: what a lost job left."""
    async with tenant_work(runtime, UUID(tenant), system_name="alerts.wake_all") as work:
        due = exists().where(
            WebhookDelivery.endpoint_id == WebhookEndpoint.id,
            WebhookDelivery.state == "pending",
            WebhookDelivery.next_at <= work.now - timedelta(minutes=1),
        )
        query = select(WebhookEndpoint.id).where(WebhookEndpoint.state == "active", due)
        work.jobs.extend([delivering(work.tenant_id, found) for found in await work.session.scalars(query)])


async def _begin(runtime: Runtime, tenant_id: UUID, endpoint_id: UUID) -> _Due | None:
    """The first pending alert, if it may go now; its attempt is counted before it is made."""
    async with runtime.database.begin(tenant_id) as session:
        endpoint = await session.get(WebhookEndpoint, endpoint_id, with_for_update=True)
        if endpoint is None or endpoint.state != "active":
            return None
        query = select(WebhookDelivery).where(
            WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.state == "pending"
        )
        row = (await session.scalars(query.order_by(WebhookDelivery.number).limit(1))).first()
        if row is None or row.next_at > runtime.clock.now():
            return None
        row.attempts += 1
        keys = Keyring(runtime.vault, session, tenant_id)
        signing = await _signing(keys, endpoint, runtime.clock.now())
        event = (await session.scalars(select(EventLog).where(EventLog.id == row.event_id))).one()
        return _Due(row.id, endpoint_id, row.attempts, endpoint.url, signing, _body(row.id, event))


async def _signing(keys: Keyring, endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """The secrets that sign now, the current one first."""
    previous = endpoint.previous_secret if endpoint.previous_until and endpoint.previous_until > now else None
    aad = secret_aad(endpoint.id)
    opened = await keys.open_many([(endpoint.secret, aad), (previous, aad)])
    return [secret for secret in opened if secret is not None]


def _body(delivery_id: UUID, event: EventLog) -> str:
    data = {**event.payload, "id": delivery_id, "event_id": event.id, "entity_id": event.entity_id}
    return canonical({"type": event.type, "timestamp": event.at, "data": data})


async def _note(runtime: Runtime, tenant_id: UUID, *, due: _Due, answer: Answer) -> bool:
    """Note what came of an attempt; True where the next alert may go."""
    async with _work(runtime, tenant_id) as work:
        endpoint = await work.session.get(WebhookEndpoint, due.endpoint_id, with_for_update=True)
        row = await work.session.get(WebhookDelivery, due.delivery_id, with_for_update=True)
        if endpoint is None or row is None or row.state != "pending" or row.attempts != due.attempt:
            return False  # removed, asked for anew, or another worker has it
        row.last_status, row.last_error = answer.status, answer.error
        if answer.ok:
            row.state, row.delivered_at, endpoint.failures = "delivered", work.now, 0
        else:
            endpoint.failures += 1
            _retry(work, endpoint, row=row, answer=answer)
        noted = {"delivery_id": row.id, "endpoint_id": endpoint.id, "state": row.state, "status": answer.status}
        work.record.append(STATE, {"at": work.now, **noted})
        goes_on: bool = row.state != "pending" and endpoint.state == "active"
    return goes_on


def _retry(work: UnitOfWork, endpoint: WebhookEndpoint, *, row: WebhookDelivery, answer: Answer) -> None:
    """What follows from a failed attempt: another one later, giving up, or stopping the endpoint."""
    if answer.status == 410:
        stop(work, endpoint, "disabled", "the receiver answered 410 Gone")
        return
    if row.attempts >= MAX_ATTEMPTS:
        row.state = "failed"
    else:
        wait = timedelta(seconds=max(WAITS_S[row.attempts - 1] * random.uniform(1.0, 1.2), answer.retry_after_s))
        row.next_at = work.now + wait
        at = datetime.now(UTC) + wait
        work.jobs.append(Job("alerts.wake", _args(work.tenant_id, endpoint.id), at=at))
    if endpoint.failures >= PAUSE_AFTER and endpoint.state == "active":
        stop(work, endpoint, "paused", f"{endpoint.failures} attempts in a row failed")


def stop(work: UnitOfWork, endpoint: WebhookEndpoint, state: str, because: str) -> None:
    """Send nothing more to an endpoint, and say so."""
    endpoint.state, endpoint.stopped_because = state, because
    work.events.append(Event(PAUSED, endpoint.id, {"state": state, "because": because}))


def _args(tenant_id: UUID, endpoint_id: UUID) -> dict[str, str]:
    return {"tenant": str(tenant_id), "endpoint": str(endpoint_id)}


def _work(runtime: Runtime, tenant_id: UUID) -> AbstractAsyncContextManager[UnitOfWork]:
    return unit_of_work(runtime, tenant_id, header=runtime.header_for(system(tenant_id, "alerts"), "job"))
