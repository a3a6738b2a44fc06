"""Endpoints of alerts: made, changed, tested, removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import delete, func, select, update

from db.base import new_id
from governance.vault import Owner
from tools.alerts.addresses import AddressRules, UrlRefused, checked_url
from tools.alerts.delivery import delivering, secret_aad, stop
from tools.alerts.events import TESTED, Severity
from tools.alerts.posting import new_secret
from tools.alerts.tables import WebhookDelivery, WebhookEndpoint
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, InvalidArguments
from tools.runtime.events import alert_types
from tools.runtime.names import OneOf
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, patch, post, tool
from tools.runtime.tool import delete as delete_

READ, WRITE = Permission("alerts:read"), Permission("alerts:write")
_PATH = "/api/v1/governance/webhooks"
Wanted = Annotated[str, OneOf(lambda: [*alert_types(), "*"])]


class CreateEndpoint(Args):
    url: str = Field(min_length=1, max_length=2000, description="Where alerts are posted to: https, a public host")
    description: str = Field("", max_length=500)
    events: list[Wanted] = Field(["*"], min_length=1, max_length=20, description="Event types, or * for all")
    minimum_severity: Severity = Field("low", description="The least severity of a violation that is told")


class UpdateEndpoint(Args):
    endpoint_id: UUID
    url: str | None = Field(None, min_length=1, max_length=2000)
    description: str | None = Field(None, max_length=500)
    events: list[Wanted] | None = Field(None, min_length=1, max_length=20)
    minimum_severity: Severity | None = None
    state: Literal["active", "paused"] | None = Field(None, description="Paused: alerts are kept until it is active")


class RotateSecret(Args):
    endpoint_id: UUID
    overlap_hours: int = Field(24, ge=0, le=168, description="How long the secret before signs too")


class EndpointId(Args):
    endpoint_id: UUID


class EndpointOut(Out):
    id: UUID
    url: str
    description: str
    events: list[str]
    minimum_severity: str
    state: str
    stopped_because: str | None
    failures: int = Field(description="Failed attempts since the last success")
    previous_until: datetime | None = Field(description="Until when the secret before signs too")
    created_at: datetime


class ListedEndpoint(EndpointOut):
    pending: int = Field(description="Alerts that wait")
    failed: int = Field(description="Alerts that were given up")


class NewSecret(EndpointOut):
    secret: str = Field(description="Shown this once; receivers verify signatures with it (Standard Webhooks)")


@tool("alerts.create_endpoint", rest=post(_PATH, status=201), needs=WRITE, effect=Effect.WRITE)
async def create_endpoint(ctx: ToolContext, args: CreateEndpoint) -> NewSecret:
    """Have alerts posted to a URL. The secret that signs them is in this answer only."""
    _check(ctx, args.url)
    made_id, secret = new_id(), new_secret()
    row = WebhookEndpoint(
        id=made_id, tenant_id=ctx.tenant.id, url=args.url, description=args.description, events=list(args.events),
        minimum_severity=args.minimum_severity, secret=await _sealed(ctx, made_id, secret), state="active", failures=0,
        created_at=ctx.now,
    )  # fmt: skip
    ctx.session.add(row)
    await ctx.session.flush()
    return _with_secret(row, secret)


@tool("alerts.list_endpoints", rest=get(_PATH), needs=READ, effect=Effect.READ)
async def list_endpoints(ctx: ToolContext, args: PageArgs) -> Page[ListedEndpoint]:
    """List the endpoints with what waits for them, oldest first, without their secrets."""
    return await page(
        ctx.session, select(WebhookEndpoint), args, cursors=ctx.cursors, order=(WebhookEndpoint.id,),
        show_all=lambda rows: _listed(ctx, rows),
    )  # fmt: skip


@tool("alerts.update_endpoint", rest=patch(_PATH + "/{endpoint_id}"), needs=WRITE, effect=Effect.WRITE)
async def update_endpoint(ctx: ToolContext, args: UpdateEndpoint) -> EndpointOut:
    """Change an endpoint, pause it or make it active again. What waits for it is sent at once when it is active."""
    row = await ctx.load(WebhookEndpoint, args.endpoint_id, lock=True)
    if args.url is not None:
        _check(ctx, args.url)
    for name in ("url", "description", "events", "minimum_severity"):
        value = getattr(args, name)
        if value is not None:
            setattr(row, name, value)
    if args.state == "paused" and row.state == "active":
        stop(ctx.work, row, "paused", f"paused by {ctx.principal.id}")
    if args.state == "active":
        row.state, row.stopped_because, row.failures = "active", None, 0
    if row.state == "active" and (args.state is not None or args.url is not None):
        waiting = WebhookDelivery.endpoint_id == row.id, WebhookDelivery.state == "pending"
        await ctx.session.execute(update(WebhookDelivery).where(*waiting).values(next_at=ctx.now))
        ctx.defer(delivering(ctx.tenant.id, row.id))
    await ctx.session.flush()
    return EndpointOut.model_validate(row)


@tool("alerts.rotate_secret", rest=post(_PATH + "/{endpoint_id}/secret"), needs=WRITE, effect=Effect.WRITE)
async def rotate_secret(ctx: ToolContext, args: RotateSecret) -> NewSecret:
    """Make a new secret. The one before signs too for some hours, so that a receiver can change over meanwhile."""
    row = await ctx.load(WebhookEndpoint, args.endpoint_id, lock=True)
    secret = new_secret()
    overlap = timedelta(hours=args.overlap_hours)
    row.previous_secret, row.previous_until = (row.secret, ctx.now + overlap) if overlap else (None, None)
    row.secret = await _sealed(ctx, row.id, secret)
    await ctx.session.flush()
    return _with_secret(row, secret)


@tool("alerts.remove_endpoint", rest=delete_(_PATH + "/{endpoint_id}"), needs=WRITE, effect=Effect.WRITE)
async def remove_endpoint(ctx: ToolContext, args: EndpointId) -> EndpointOut:
    """Remove an endpoint with all that waits for it."""
    row = await ctx.load(WebhookEndpoint, args.endpoint_id, lock=True)
    shown = EndpointOut.model_validate(row)
    await ctx.session.execute(delete(WebhookDelivery).where(WebhookDelivery.endpoint_id == row.id))
    await ctx.session.delete(row)
    await ctx.session.flush()
    return shown


@tool(
    "alerts.send_test",
    rest=post(_PATH + "/{endpoint_id}/test"),
    needs=WRITE,
    effect=Effect.WRITE,
    raises=(Conflict,),
)
async def send_test(ctx: ToolContext, args: EndpointId) -> EndpointOut:
    """Send an endpoint a `Webhook.Tested`, after what waits already; its outcome is in the list of deliveries."""
    row = await ctx.load(WebhookEndpoint, args.endpoint_id, lock=True)
    if row.state != "active":
        raise Conflict(f"The endpoint is {row.state}; make it active first.")
    ctx.emit(TESTED, row.id, by=ctx.principal.id)
    return EndpointOut.model_validate(row)


def _check(ctx: ToolContext, url: str) -> None:
    try:
        checked_url(url, allow_local=ctx.service(AddressRules).allow_local)
    except UrlRefused as refused:
        raise InvalidArguments("Not accepted: url.", errors=[{"field": "url", "rule": str(refused)}]) from refused


async def _sealed(ctx: ToolContext, endpoint_id: UUID, secret: str) -> bytes:
    return await ctx.work.keys.seal(Owner(ctx.tenant.id, "tenant"), secret, secret_aad(endpoint_id))


def _with_secret(row: WebhookEndpoint, secret: str) -> NewSecret:
    return NewSecret(**EndpointOut.model_validate(row).model_dump(), secret=secret)


async def _listed(ctx: ToolContext, rows: Sequence[WebhookEndpoint]) -> list[ListedEndpoint]:
    query = (
        select(WebhookDelivery.endpoint_id, WebhookDelivery.state, func.count())
        .where(WebhookDelivery.endpoint_id.in_([row.id for row in rows]), WebhookDelivery.state != "delivered")
        .group_by(WebhookDelivery.endpoint_id, WebhookDelivery.state)
    )
    counts: dict[object, int] = {(found[0], found[1]): found[2] for found in await ctx.session.execute(query)}
    return [
        ListedEndpoint(
            **EndpointOut.model_validate(row).model_dump(),
            pending=counts.get((row.id, "pending"), 0),
            failed=counts.get((row.id, "failed"), 0),
        )
        for row in rows
    ]
