"""Break-glass: seeing what is redacted, with a reason, for minutes, before witnesses."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from db.base import new_id
from governance.tables import LLMSession
from tools.record.tables import BreakGlass
from tools.runtime.context import ToolContext
from tools.runtime.events import event_type
from tools.runtime.names import Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, post, tool

OPENED = event_type("BreakGlass.Opened", "Somebody took leave to see a session unredacted", alert=True)


class OpenBreakGlass(Args):
    session_id: UUID
    reason: Words = Field(min_length=10, max_length=1000, description="Why the redacted text is not enough")
    minutes: int = Field(15, ge=1, le=60)


class ListBreakGlass(PageArgs):
    session_id: UUID | None = None


class BreakGlassOut(Out):
    id: UUID
    session_id: UUID
    principal: str
    reason: str
    opened_at: datetime
    expires_at: datetime


@tool(
    "record.break_glass",
    rest=post("/api/v1/governance/break-glass", status=201),
    needs=Permission("record:break_glass"),
    effect=Effect.WRITE,
)
async def break_glass(ctx: ToolContext, args: OpenBreakGlass) -> BreakGlassOut:
    """See one session as it was, for some minutes. The reason is on the record, and those who watch are alerted."""
    session = await ctx.load(LLMSession, args.session_id)
    row = BreakGlass(
        id=new_id(), tenant_id=ctx.tenant.id, session_id=session.id, principal=ctx.principal.id, reason=args.reason,
        opened_at=ctx.now, expires_at=ctx.now + timedelta(minutes=args.minutes),
    )  # fmt: skip
    ctx.session.add(row)
    if session.patient_id is not None:
        ctx.seen.append(session.patient_id)
    ctx.emit(OPENED, row.id, session_id=str(session.id), by=ctx.principal.id, minutes=args.minutes)
    await ctx.session.flush()
    return BreakGlassOut.model_validate(row)


@tool(
    "record.list_break_glass",
    rest=get("/api/v1/governance/break-glass"),
    needs=Permission("record:read"),
    effect=Effect.READ,
)
async def list_break_glass(ctx: ToolContext, args: ListBreakGlass) -> Page[BreakGlassOut]:
    """List who broke the glass, on which session and why, oldest first."""
    query = select(BreakGlass)
    if args.session_id is not None:
        query = query.where(BreakGlass.session_id == args.session_id)
    order = (BreakGlass.id,)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=BreakGlassOut.model_validate)
