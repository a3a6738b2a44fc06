"""Is the record whole, and what has been sealed of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from db.engine import driver_of
from db.json import JsonObject
from governance.seals.chains import chain_breaks
from governance.seals.checking import check_tenant
from governance.seals.proofs import NotSealed, prove_entry
from governance.seals.report import Report
from governance.seals.sealer import Seals
from governance.seals.tables import SealRow
from tools.record.tools import READ
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict
from tools.runtime.events import event_type
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.tool import Args, Effect, Out, get, tool

SEALED = event_type("Audit.Sealed", "The record's heads were put under a seal", alert=True)
BROKEN = event_type("Audit.Broken", "A verification found the record changed", alert=True)


class VerifyArgs(Args):
    since: datetime | None = Field(None, description="Only what moved since then")


class PeriodArgs(Args):
    since: datetime | None = None
    until: datetime | None = None


class EntryArgs(Args):
    session_id: UUID
    seq: int = Field(ge=1)


class BreakOut(Out):
    reason: str
    session_id: UUID | None
    seq: int | None
    seal: int | None


class VerifyOut(Out):
    whole: bool
    sessions: int
    entries: int
    seals: int
    unsealed: int = Field(description="Entries that wait for the next seal")
    since: datetime | None
    breaks: list[BreakOut]


class SealOut(Out):
    number: int
    at: datetime
    size: int = Field(description="Session heads under it")
    key: str


class ProofOut(Out):
    proof: JsonObject = Field(description="For `wardline audit verify FILE --keys KEYS`")


class ExportOut(Out):
    since: datetime | None
    until: datetime | None
    path: str = Field(description="Where the export is streamed from")


@tool("record.verify", rest=get("/api/v1/governance/audit/verify"), needs=READ, effect=Effect.READ)
async def verify_record(ctx: ToolContext, args: VerifyArgs) -> VerifyOut:
    """Is the record whole, and is it what was sealed? Names the first broken entry of each session, and broken
    seals."""
    seals = ctx.services.find(Seals)
    if seals is None:
        report = Report(breaks=await chain_breaks(await driver_of(ctx.session), ctx.tenant.id))
    else:
        trusted = seals.keys.trusted()
        report = await check_tenant(ctx.session, seals.store, trusted, tenant_id=ctx.tenant.id, since=args.since)
    if not report.whole:
        ctx.emit(BROKEN, ctx.tenant.id, breaks=len(report.breaks))
    return VerifyOut.model_validate(report)


@tool("record.list_seals", rest=get("/api/v1/governance/audit/seals"), needs=READ, effect=Effect.READ)
async def list_seals(ctx: ToolContext, args: PageArgs) -> Page[SealOut]:
    """List the seals, oldest first."""
    order = (SealRow.number,)
    return await page(ctx.session, select(SealRow), args, cursors=ctx.cursors, order=order, show=SealOut.model_validate)


@tool(
    "record.prove_entry",
    rest=get("/api/v1/governance/sessions/{session_id}/entries/{seq}/proof"),
    needs=READ,
    effect=Effect.READ,
    raises=(Conflict,),
)
async def prove(ctx: ToolContext, args: EntryArgs) -> ProofOut:
    """A proof that one entry is under a seal, to be checked offline; of other entries it shows nothing but digests."""
    from governance.tables import LLMSession

    await ctx.load(LLMSession, args.session_id)
    try:
        found = await prove_entry(ctx.session, tenant_id=ctx.tenant.id, session_id=args.session_id, seq=args.seq)
    except NotSealed as error:
        raise Conflict(str(error)) from error
    return ProofOut(proof=found)


@tool("record.export", needs=READ, effect=Effect.READ)
async def export_record(ctx: ToolContext, args: PeriodArgs) -> ExportOut:
    """Note on the record that somebody takes an export; the lines are streamed by GET
    /api/v1/governance/audit/export."""
    return ExportOut(since=args.since, until=args.until, path="/api/v1/governance/audit/export")
