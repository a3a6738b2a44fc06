"""A tenant's policies: documents with versions, one of them in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from governance.policies.policy import DEFAULT, PolicyInvalid, default_policy, read_policy
from governance.policies.tables import PolicyDocument
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, InvalidArguments
from tools.runtime.events import event_type
from tools.runtime.names import Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, post, tool

CHANGED = event_type("Policy.Changed", "Another version of the hospital's policy is in force", alert=True)
_READ, _WRITE = Permission("policies:read"), Permission("policies:write")


class NoArgs(Args):
    """No arguments."""


class AddPolicy(Args):
    document: str = Field(min_length=1, max_length=100_000, description="The policy as YAML")


class PutInForce(Args):
    policy_id: UUID
    reason: Words = Field(min_length=1, max_length=1000)


class PolicyOut(Out):
    id: UUID | None = Field(description="Null for the policy that comes with Wardline")
    name: str
    version: str
    document: str
    in_force: bool
    added_by: str | None
    created_at: datetime | None


@tool("policies.get_policy", rest=get("/api/v1/governance/policy"), needs=_READ, effect=Effect.READ)
async def get_policy(ctx: ToolContext, args: NoArgs) -> PolicyOut:
    """Read the policy that is in force."""
    row = (await ctx.session.scalars(select(PolicyDocument).where(PolicyDocument.in_force))).first()
    if row is not None:
        return PolicyOut.model_validate(row)
    default = default_policy()
    return PolicyOut(
        id=None, name=default.name, version=default.version, document=DEFAULT.read_text(), in_force=True,
        added_by=None, created_at=None,
    )  # fmt: skip


@tool("policies.list_policies", rest=get("/api/v1/governance/policies"), needs=_READ, effect=Effect.READ)
async def list_policies(ctx: ToolContext, args: PageArgs) -> Page[PolicyOut]:
    """List every version that was added, oldest first."""
    query = select(PolicyDocument)
    order = (PolicyDocument.id,)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=PolicyOut.model_validate)


@tool(
    "policies.add_policy",
    rest=post("/api/v1/governance/policies", status=201),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(Conflict, InvalidArguments),
)
async def add_policy(ctx: ToolContext, args: AddPolicy) -> PolicyOut:
    """Add a policy, or a new version of one. It is not in force yet; rerun sessions against it first."""
    try:
        policy = read_policy(args.document)
    except PolicyInvalid as error:
        raise InvalidArguments(errors=[{"field": "document", "rule": str(error)}]) from error
    made = await ctx.session.execute(
        insert(PolicyDocument)
        .values(
            id=new_id(), tenant_id=ctx.tenant.id, name=policy.name, version=policy.version, document=args.document,
            in_force=False, added_by=ctx.principal.id,
        )
        .on_conflict_do_nothing()
        .returning(PolicyDocument.id)
    )  # fmt: skip
    made_id = made.scalar()
    if made_id is None:
        raise Conflict(f"There is a {policy.label} already; a version is never changed, give this one another number.")
    return PolicyOut.model_validate(await ctx.load(PolicyDocument, made_id))


@tool(
    "policies.put_in_force",
    rest=post("/api/v1/governance/policies/{policy_id}/in-force"),
    needs=_WRITE,
    effect=Effect.WRITE,
)
async def put_in_force(ctx: ToolContext, args: PutInForce) -> PolicyOut:
    """Put one version in force from now on (an earlier one too: that is how a change is taken back)."""
    row = await ctx.load(PolicyDocument, args.policy_id, lock=True)
    was = (await ctx.session.scalars(select(PolicyDocument).where(PolicyDocument.in_force))).first()
    away: Any = update(PolicyDocument).where(PolicyDocument.in_force).values(in_force=False)
    await ctx.session.execute(away)
    row.in_force = True
    await ctx.session.flush()
    before = f"{was.name}@{was.version}" if was is not None else default_policy().label
    ctx.emit(CHANGED, row.id, policy=f"{row.name}@{row.version}", was=before)
    ctx.work.guard.forget(ctx.tenant.id)
    return PolicyOut.model_validate(row)
