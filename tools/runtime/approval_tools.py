"""Deciding on critical calls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from db.json import JsonObject
from tools.runtime.approvals import approval_aad
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, Forbidden
from tools.runtime.names import Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tables import Approval
from tools.runtime.tool import Args, Effect, Out, get, post, tool

_DECIDE = Permission("approvals:write")


class ApprovalOut(Out):
    id: UUID
    tool: str
    args: JsonObject | None = Field(description="Null where the patient was erased")
    asked_by: str
    state: str
    decided_by: str | None
    reason: str | None
    expires_at: datetime


class ListApprovals(PageArgs):
    state: Literal["asked", "approved", "refused", "used"] | None = None


class DecideApproval(Args):
    approval_id: UUID
    decision: Literal["approved", "refused"]
    reason: Words = Field(min_length=1, max_length=1000)


@tool("approvals.list_approvals", rest=get("/api/v1/approvals"), needs=_DECIDE, effect=Effect.READ)
async def list_approvals(ctx: ToolContext, args: ListApprovals) -> Page[ApprovalOut]:
    """List critical calls that wait for, or have had, a person's decision."""
    query = select(Approval)
    if args.state:
        query = query.where(Approval.state == args.state)
    return await page(
        ctx.session, query, args, cursors=ctx.cursors, order=(Approval.id,), show_all=lambda rows: _shown(ctx, rows)
    )


async def _shown(ctx: ToolContext, rows: Sequence[Approval]) -> list[ApprovalOut]:
    opened = await ctx.work.keys.open({approval_aad(row.id): row.args for row in rows})
    args = [json.loads(value) if value is not None else None for value in opened.values()]
    return [ApprovalOut.model_validate({**row.__dict__, "args": given}) for row, given in zip(rows, args, strict=True)]


@tool(
    "approvals.decide_approval",
    rest=post("/api/v1/approvals/{approval_id}/decision"),
    needs=_DECIDE,
    effect=Effect.WRITE,
)
async def decide_approval(ctx: ToolContext, args: DecideApproval) -> ApprovalOut:
    """Approve or refuse one critical call, exactly as asked; not by the one who asked."""
    row = await ctx.load(Approval, args.approval_id, lock=True)
    if row.state != "asked" or row.expires_at <= ctx.now:
        raise Conflict(f"The approval is {row.state}; only one that is asked and not expired can be decided.")
    if row.asked_by == ctx.principal.id:
        raise Forbidden("Someone else must decide.")
    row.state, row.decided_by, row.reason = args.decision, ctx.principal.id, args.reason
    return (await _shown(ctx, [row]))[0]
