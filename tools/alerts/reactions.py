"""Events that become alerts: one delivery for each endpoint that wants to be told."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from tools.alerts.delivery import delivering
from tools.alerts.events import PAUSED, SEVERITIES, TESTED
from tools.alerts.tables import WebhookDelivery, WebhookEndpoint
from tools.runtime.context import ToolContext
from tools.runtime.events import ALERTS, Event, reaction
from tools.runtime.tables import EventLog


@reaction(TESTED, "alerts.queue_alerts")
@reaction(ALERTS, "alerts.queue_alerts")
async def queue_alerts(ctx: ToolContext, event: Event) -> None:
    """Put the event in the queue of each endpoint that wants it. A paused endpoint keeps what comes; a disabled one,
    whose receiver is gone, gets nothing."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.state != "disabled").order_by(WebhookEndpoint.id)
    wanting = [endpoint for endpoint in await ctx.session.scalars(query) if wants(endpoint, event)]
    if not wanting:
        return
    logged = (await ctx.session.scalars(select(EventLog).where(EventLog.id == event.id))).one()
    for endpoint in wanting:
        row = {
            "id": new_id(), "tenant_id": ctx.tenant.id, "endpoint_id": endpoint.id, "event_id": logged.id,
            "event_type": logged.type, "number": logged.seq, "state": "pending", "attempts": 0, "next_at": ctx.now,
            "created_at": ctx.now,
        }  # fmt: skip
        await ctx.session.execute(insert(WebhookDelivery).values(**row).on_conflict_do_nothing())
        if endpoint.state == "active":
            ctx.defer(delivering(ctx.tenant.id, endpoint.id))


def wants(endpoint: WebhookEndpoint, event: Event) -> bool:
    """Does the endpoint want to be told? A test is for the one endpoint that it was asked for; none is told that it was
    paused itself."""
    if event.type == TESTED:
        return endpoint.id == event.entity_id
    if event.type == PAUSED and endpoint.id == event.entity_id:
        return False
    if "*" not in endpoint.events and event.type not in endpoint.events:
        return False
    severity = event.payload.get("severity")
    if not event.type.startswith("PolicyViolation.") or severity not in SEVERITIES:
        return True
    return SEVERITIES.index(severity) >= SEVERITIES.index(endpoint.minimum_severity)
