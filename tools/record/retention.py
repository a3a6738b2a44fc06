"""Retention: how long each class of data is kept, and letting go of what is past it. A dry run says what would go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import Field
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from governance.keeping import count_retired, destroy_retired, retire
from tools.record import growth
from tools.record.tables import RetentionRule
from tools.runtime.context import ToolContext
from tools.runtime.errors import InvalidArguments
from tools.runtime.events import event_type
from tools.runtime.jobs import Job, task
from tools.runtime.principals import Permission, system
from tools.runtime.runtime import Runtime
from tools.runtime.tables import IdempotencyKey
from tools.runtime.tenants import tenant_work
from tools.runtime.tool import Args, Effect, Out, get, post, tool
from tools.voice.keeping import MOST_RECORDINGS, count_past, let_go

APPLIED = event_type("Retention.Applied", "Data past its retention was let go")
DataClass = Literal["record", "texts", "recordings", "stored_answers", "events", "deliveries", "messages"]
# 2,555 days: seven years, the hospital's rule (spec/governance.md). HIPAA asks six for documentation
# (45 CFR 164.316(b)(2)(i)), below which the record cannot be set; the database holds that floor too. Audio goes after 30
# days: by then its transcript, kept as other texts are, has been read and corrected. Messages go with the record that
# tells of them; events after thirteen months, so that a year can be compared with the one before; what carriers and
# receivers reported, decided jobs and expired approvals after three months.
DEFAULT_DAYS: dict[DataClass, int] = {
    "record": 2555, "texts": 2555, "recordings": 30, "stored_answers": 1, "events": 400, "deliveries": 90, "messages": 2555,
}  # fmt: skip
FLOOR_DAYS: dict[DataClass, int] = {
    "record": 2192, "texts": 30, "recordings": 1, "stored_answers": 1, "events": 30, "deliveries": 7, "messages": 30,
}  # fmt: skip
KEY_YEAR = timedelta(days=365)  # a data key seals for a year at most, so that its texts end together
_BATCH = 500
_PAST = text("SELECT count(*) FROM llm_session s WHERE session_is_past(s, :before)")
_PURGE = text("SELECT session_id, head_seq, head_hash FROM record_purge(:before, :most)")


class NoArgs(Args):
    """No arguments."""


class SetRetention(Args):
    data_class: DataClass
    days: int = Field(ge=1, le=36_500)


class ApplyRetention(Args):
    dry_run: bool = Field(True, description="Say what would go, and let nothing go")


class RuleOut(Out):
    data_class: DataClass
    days: int
    at_least: int


class RulesOut(Out):
    items: list[RuleOut]


class AppliedOut(Out):
    dry_run: bool
    sessions: int = Field(description="Sessions removed from the record, each with a certificate")
    text_keys: int = Field(description="Retired keys destroyed: the texts under them cannot be read any more")
    recordings: int = Field(description="Recordings whose audio was destroyed; their transcripts stay")
    stored_answers: int
    events: int = Field(0, description="Events, and notes of what followed from them, that were removed")
    deliveries: int = Field(0, description="Reports of carriers and receivers, decided jobs, expired approvals")
    messages: int = Field(0, description="Messages and communications that were removed")
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
        items=[RuleOut(data_class=name, days=days[name], at_least=FLOOR_DAYS[name]) for name in DEFAULT_DAYS]
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
    least = FLOOR_DAYS[args.data_class]
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
    apply = _count if args.dry_run else _apply
    gone = await apply(ctx, before)
    if not args.dry_run and any(gone.values()):
        ctx.emit(APPLIED, ctx.tenant.id, **gone)
    return AppliedOut(dry_run=args.dry_run, **gone)


async def _count(ctx: ToolContext, before: dict[DataClass, datetime]) -> dict[str, Any]:
    answers = select(func.count()).where(IdempotencyKey.created_at < before["stored_answers"])
    return {
        "sessions": int(await ctx.session.scalar(_PAST, {"before": before["record"]}) or 0),
        "text_keys": await count_retired(ctx.session, before=before["texts"]),
        "recordings": await count_past(ctx.session, before=before["recordings"]),
        "stored_answers": int(await ctx.session.scalar(answers) or 0),
    }


async def _apply(ctx: ToolContext, before: dict[DataClass, datetime]) -> dict[str, Any]:
    purged = (await ctx.session.execute(_PURGE, {"before": before["record"], "most": _BATCH})).all()
    for session_id, head_seq, head_hash in purged:
        gone = {"at": ctx.now, "session_id": session_id, "head_seq": head_seq, "head_hash": head_hash.hex()}
        ctx.work.record.append("session_purged", gone)
    await retire(ctx.session, made_before=ctx.now - KEY_YEAR, now=ctx.now)
    keys = await destroy_retired(ctx.session, before=before["texts"], now=ctx.now)
    if keys:
        ctx.work.record.append("keys_destroyed", {"at": ctx.now, "retired_before": before["texts"], "keys": keys})
    statement: Any = delete(IdempotencyKey).where(IdempotencyKey.created_at < before["stored_answers"])
    answers = await ctx.session.execute(statement)
    recordings = await let_go(ctx.work, before=before["recordings"])
    classes: tuple[growth.Class, ...] = ("events", "deliveries", "messages")
    grown: dict[str, int] = {which: await growth.let_go(ctx, which, before=before[which]) for which in classes}
    more = len(purged) == _BATCH or recordings == MOST_RECORDINGS or max(grown.values()) >= growth.MOST_A_TIME
    return {
        "sessions": len(purged), "text_keys": len(keys), "recordings": recordings,
        "stored_answers": answers.rowcount,  # type: ignore[attr-defined]
        **grown, "more": more,
    }  # fmt: skip


async def _days(ctx: ToolContext) -> dict[DataClass, int]:
    days = dict(DEFAULT_DAYS)
    for row in await ctx.session.scalars(select(RetentionRule)):
        days[cast(DataClass, row.data_class)] = row.days
    return days


@task("record.apply_retention", every="20 3 * * *", each_tenant=True)
async def nightly(runtime: Runtime, *, tenant: str) -> None:
    """A tenant's retention, each night: a part at a time, until nothing is left."""
    async with tenant_work(runtime, UUID(tenant), system_name="record.apply_retention") as work:
        caller = system(work.tenant_id, "record.apply_retention")
        applied = await runtime.call_within(work, apply_retention, ApplyRetention(dry_run=False), caller)
        if applied.more:
            work.jobs.append(Job("record.apply_retention", {"tenant": tenant}))
