"""Retention: how long each class of data is kept, and letting go of what is past it. A dry run says what would go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from tools.record.tables import RetentionRule
from tools.runtime import rooms
from tools.runtime.context import ToolContext
from tools.runtime.errors import InvalidArguments
from tools.runtime.events import event_type
from tools.runtime.jobs import Job, task
from tools.runtime.names import OneOf
from tools.runtime.principals import Permission, system
from tools.runtime.runtime import Runtime
from tools.runtime.tenants import tenant_work
from tools.runtime.tool import Args, Effect, Out, get, post, tool

APPLIED = event_type("Retention.Applied", "Data past its retention was let go", alert=True)


class NoArgs(Args):
    """No arguments."""


class SetRetention(Args):
    data_class: Annotated[str, OneOf(lambda: rooms.data_classes())]
    days: int = Field(ge=1, le=36_500)


class ApplyRetention(Args):
    dry_run: bool = Field(True, description="Say what would go, and let nothing go")


class RuleOut(Out):
    data_class: str
    days: int
    at_least: int
    why: str = Field(description="Of these figures, with their source")


class RulesOut(Out):
    items: list[RuleOut]


class AppliedOut(Out):
    """How much of each class of data went, or would: sessions of the record (each with a certificate), keys of texts
    (which cannot be read any more), recordings whose audio was destroyed, stored answers, events, deliveries,
    messages."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int] = Field(init=False)

    dry_run: bool
    more: bool = Field(False, description="There is more that is past its retention: apply again")


@tool(
    "record.get_retention",
    rest=get("/api/v1/governance/retention"),
    needs=Permission("record:read"),
    effect=Effect.READ,
)
async def get_retention(ctx: ToolContext, args: NoArgs) -> RulesOut:
    """How long each class of data is kept: the record's entries, the sealed texts, the audio of
    recordings, answers stored for repeated calls."""
    days = await _days(ctx)
    return RulesOut(
        items=[
            RuleOut(data_class=name, days=days[name], at_least=one.at_least, why=one.why)
            for name, one in rooms.data_classes().items()
        ]
    )


@tool(
    "record.set_retention",
    rest=post("/api/v1/governance/retention/rules"),
    needs=Permission("privacy:write"),
    effect=Effect.WRITE,
    raises=(InvalidArguments,),
)
async def set_retention(ctx: ToolContext, args: SetRetention) -> RulesOut:
    """Set how long a class of data is kept."""
    least = rooms.data_classes()[args.data_class].at_least
    if args.days < least:
        raise InvalidArguments(errors=[{"field": "days", "rule": f"must be at least {least} for {args.data_class}"}])
    row = {"id": new_id(), "tenant_id": ctx.tenant.id, "data_class": args.data_class, "days": args.days}
    statement = insert(RetentionRule).values(row)
    await ctx.session.execute(
        statement.on_conflict_do_update(index_elements=["tenant_id", "data_class"], set_={"days": args.days})
    )
    return await get_retention(ctx, NoArgs())


@tool(
    "record.apply_retention",
    rest=post("/api/v1/governance/retention"),
    needs=Permission("privacy:write"),
    effect=Effect.WRITE,
)
async def apply_retention(ctx: ToolContext, args: ApplyRetention) -> AppliedOut:
    """Let go of what is past its retention, or say what would go. Runs by itself each night."""
    days = await _days(ctx)
    before = {name: ctx.now - timedelta(days=kept) for name, kept in days.items()}
    if args.dry_run:
        return AppliedOut(dry_run=True, **await _count(ctx, before))
    gone, more = await _apply(ctx, before)
    if any(gone.values()):
        ctx.emit(APPLIED, ctx.tenant.id, **gone)
    return AppliedOut(dry_run=False, more=more, **gone)


async def _count(ctx: ToolContext, before: dict[str, datetime]) -> dict[str, int]:
    return {
        one.counted_as: await one.count(ctx, before[name]) if one.count is not None else 0
        for name, one in rooms.data_classes().items()
    }


async def _apply(ctx: ToolContext, before: dict[str, datetime]) -> tuple[dict[str, int], bool]:
    """How many of each class went, and whether there are more."""
    gone = {one.counted_as: 0 for one in rooms.data_classes().values()}
    more = False
    for name, one in rooms.data_classes().items():
        for room in rooms.all_rooms():
            for delete_past in room.deletes.get(name, ()):
                went = await delete_past(ctx, before[name])
                gone[one.counted_as] += went
                more = more or went >= (one.most or rooms.MOST_A_TIME)
    return gone, more


async def _days(ctx: ToolContext) -> dict[str, int]:
    days = {name: one.days for name, one in rooms.data_classes().items()}
    for row in await ctx.session.scalars(select(RetentionRule)):
        days[row.data_class] = row.days
    return days


@task("record.apply_retention", every="20 3 * * *", each_tenant=True)
async def nightly(runtime: Runtime, *, tenant: str) -> None:
    """A tenant's retention, each night: a part at a time, until nothing is left."""
    async with tenant_work(runtime, UUID(tenant), system_name="record.apply_retention") as work:
        caller = system(work.tenant_id, "record.apply_retention")
        applied = await runtime.call_within(work, apply_retention, args=ApplyRetention(dry_run=False), caller=caller)
        if applied.more:
            work.jobs.append(Job("record.apply_retention", {"tenant": tenant}))
