"""Violations: what a rule found or a person reported, and what was done about it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from db.base import new_id
from governance.policies.tables import PolicyViolation
from governance.record import canonical
from governance.tables import LLMSession
from governance.vault import Owner
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, InvalidArguments
from tools.runtime.events import event_type
from tools.runtime.guard import DETECTED, violation_aad
from tools.runtime.names import Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, patch, post, tool

ACKNOWLEDGED = event_type("PolicyViolation.Acknowledged", "A person has taken a violation on", alert=True)
RESOLVED = event_type("PolicyViolation.Resolved", "A violation was resolved", alert=True)
_READ, _WRITE = Permission("violations:read"), Permission("violations:write")
Severity = Literal["low", "medium", "high", "critical"]
State = Literal["open", "acknowledged", "resolved"]


class ListViolations(PageArgs):
    state: State | None = None
    severity: Severity | None = None
    rule: str | None = Field(None, max_length=100)
    session_id: UUID | None = None
    patient_id: UUID | None = None


class ViolationId(Args):
    violation_id: UUID


class ReportViolation(Args):
    session_id: UUID
    rule: Words = Field(
        min_length=1, max_length=100, description="What was violated, in the reporter's words or a rule's id"
    )
    severity: Severity
    evidence: Words = Field(min_length=1, max_length=2000, description="What happened; kept sealed")


class UpdateViolation(Args):
    violation_id: UUID
    state: Literal["acknowledged", "resolved"]
    reason: Words | None = Field(
        None, min_length=1, max_length=2000, description="Needed to resolve: what was done and why"
    )


class ViolationOut(Out):
    id: UUID
    rule: str
    check: str
    policy: str
    severity: Severity
    action: str
    stage: str
    session_id: UUID
    patient_id: UUID | None
    evidence: str
    detected_at: datetime
    state: State
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    resolved_by: str | None
    resolved_at: datetime | None
    resolution: str | None
    version: int


@tool("violations.list_violations", rest=get("/api/v1/governance/violations"), needs=_READ, effect=Effect.READ)
async def list_violations(ctx: ToolContext, args: ListViolations) -> Page[ViolationOut]:
    """List violations, oldest first."""
    query = select(PolicyViolation)
    for column, value in (
        (PolicyViolation.state, args.state), (PolicyViolation.severity, args.severity),
        (PolicyViolation.rule, args.rule),
        (PolicyViolation.session_id, args.session_id), (PolicyViolation.patient_id, args.patient_id),
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    order = (PolicyViolation.id,)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=ViolationOut.model_validate)


@tool(
    "violations.get_violation",
    rest=get("/api/v1/governance/violations/{violation_id}"),
    needs=_READ,
    effect=Effect.READ,
)
async def get_violation(ctx: ToolContext, args: ViolationId) -> ViolationOut:
    """Read one violation. The text it was found in is in the session's replay."""
    return ViolationOut.model_validate(await ctx.load(PolicyViolation, args.violation_id))


@tool(
    "violations.report_violation",
    rest=post("/api/v1/governance/violations", status=201),
    needs=_WRITE,
    effect=Effect.WRITE,
)
async def report_violation(ctx: ToolContext, args: ReportViolation) -> ViolationOut:
    """Report what a person noticed in a session."""
    session = await ctx.load(LLMSession, args.session_id)
    made_id = new_id()
    owner = Owner(session.conversation_id or session.id, "conversation")
    excerpt = await ctx.work.keys.seal(owner, canonical({"text": args.evidence}), violation_aad(made_id))
    row = PolicyViolation(
        id=made_id, tenant_id=ctx.tenant.id, rule=args.rule, check="reported", policy="none", severity=args.severity,
        action="flag", stage="reported", session_id=session.id, patient_id=session.patient_id,
        evidence=f"reported by {ctx.principal.id}", excerpt=excerpt, detected_at=ctx.now, state="open", version=1,
    )  # fmt: skip
    ctx.session.add(row)
    await ctx.session.flush()
    ctx.emit(DETECTED, row.id, rule=row.rule, severity=row.severity, action=row.action, stage=row.stage)
    return ViolationOut.model_validate(row)


@tool(
    "violations.update_violation",
    rest=patch("/api/v1/governance/violations/{violation_id}"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(Conflict,),
)
async def update_violation(ctx: ToolContext, args: UpdateViolation) -> ViolationOut:
    """Acknowledge or resolve a violation: open -> acknowledged -> resolved."""
    row = await ctx.load(PolicyViolation, args.violation_id, lock=True)
    ctx.check_version(row)
    if args.state == "resolved" and args.reason is None:
        raise InvalidArguments(errors=[{"field": "reason", "rule": "is needed to resolve"}])
    if row.state == "resolved" or (row.state == args.state):
        raise Conflict(f"The violation is {row.state}.")
    row.state = args.state
    if args.state == "acknowledged":
        row.acknowledged_by, row.acknowledged_at = ctx.principal.id, ctx.now
        ctx.emit(ACKNOWLEDGED, row.id, severity=row.severity)
    else:
        row.resolved_by, row.resolved_at, row.resolution = ctx.principal.id, ctx.now, args.reason
        ctx.emit(RESOLVED, row.id, severity=row.severity)
    await ctx.session.flush()
    return ViolationOut.model_validate(row)
