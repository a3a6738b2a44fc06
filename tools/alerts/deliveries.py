"""What was sent to whom, and sending it again."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, select, update

from tools.alerts.delivery import delivering
from tools.alerts.tables import WebhookDelivery, WebhookEndpoint
from tools.alerts.tools import READ, WRITE
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.tool import Args, Effect, Out, get, post, tool


class ListDeliveries(PageArgs):
    endpoint_id: UUID | None = None
    state: Literal["pending", "delivered", "failed"] | None = None


class DeliveryId(Args):
    delivery_id: UUID


class RedeliverFailed(Args):
    endpoint_id: UUID
    since: AwareDatetime = Field(description="Alerts that were given up and arose at this time or later")


class DeliveryOut(Out):
    id: UUID = Field(description="The webhook-id that its receiver sees")
    endpoint_id: UUID
    event_id: UUID
    event_type: str
    state: str
    attempts: int
    last_status: int | None = Field(description="Of the last answer; null where there was none")
    last_error: str | None
    next_at: datetime = Field(description="While pending: not before then")
    delivered_at: datetime | None
    created_at: datetime


class RedeliveredOut(Out):
    deliveries: int = Field(description="How many are sent again")


@tool("alerts.list_deliveries", rest=get("/api/v1/governance/webhook-deliveries"), needs=READ, effect=Effect.READ)
async def list_deliveries(ctx: ToolContext, args: ListDeliveries) -> Page[DeliveryOut]:
    """List deliveries, oldest first."""
    query = select(WebhookDelivery)
    if args.endpoint_id is not None:
        query = query.where(WebhookDelivery.endpoint_id == args.endpoint_id)
    if args.state is not None:
        query = query.where(WebhookDelivery.state == args.state)
    order = (WebhookDelivery.id,)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=DeliveryOut.model_validate)


@tool(
    "alerts.redeliver",
    rest=post("/api/v1/governance/webhook-deliveries/{delivery_id}/redelivery"),
    needs=WRITE,
    effect=Effect.WRITE,
    raises=(Conflict,),
)
async def redeliver(ctx: ToolContext, args: DeliveryId) -> DeliveryOut:
    """Send one alert again, under the same webhook-id and in its old place: before those that came after it."""
    row = await ctx.load(WebhookDelivery, args.delivery_id)
    if row.state == "pending":
        raise Conflict("The alert is pending; it is sent without being asked for.")
    await _again(ctx, row.endpoint_id, WebhookDelivery.id == row.id, WebhookDelivery.state != "pending")
    await ctx.session.refresh(row)
    return DeliveryOut.model_validate(row)


@tool(
    "alerts.redeliver_failed",
    rest=post("/api/v1/governance/webhooks/{endpoint_id}/redelivery"),
    needs=WRITE,
    effect=Effect.WRITE,
)
async def redeliver_failed(ctx: ToolContext, args: RedeliverFailed) -> RedeliveredOut:
    """Send again, in their order, all alerts of an endpoint that were given up since a time."""
    which = WebhookDelivery.state == "failed", WebhookDelivery.created_at >= args.since
    return RedeliveredOut(deliveries=await _again(ctx, args.endpoint_id, *which))


async def _again(ctx: ToolContext, endpoint_id: UUID, *which: ColumnElement[bool]) -> int:
    endpoint = await ctx.load(WebhookEndpoint, endpoint_id, lock=True)
    fresh = {"state": "pending", "attempts": 0, "next_at": ctx.now, "delivered_at": None}
    statement = update(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id, *which).values(**fresh)
    count = len((await ctx.session.scalars(statement.returning(WebhookDelivery.id))).all())
    if count and endpoint.state == "active":
        ctx.defer(delivering(ctx.tenant.id, endpoint.id))
    return count
