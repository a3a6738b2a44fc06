"""A session as it was: from the record alone, redacted, or in full under a break-glass grant."""

from __future__ import annotations

import json
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from db.json import JsonObject
from governance.chain import Chain, Head
from governance.record import POLICY_DECISION, entry_aad
from governance.seals.report import Break
from governance.tables import AuditEntry, LLMSession, of_session
from tools.record.readable import grant_of, redact_all
from tools.record.tools import READ, SessionId, SessionOut
from tools.runtime.context import ToolContext
from tools.runtime.tool import Effect, Out, get, tool

_CHECKED_AT_ONCE = 2000


class EntryOut(Out):
    seq: int
    kind: str
    body: JsonObject
    full: JsonObject | None = Field(
        None, description="Texts, arguments and results: redacted, or as they were under a break-glass grant"
    )
    erased: bool = Field(False, description="The sealed part cannot be read any more: its key was destroyed")


class ReplaySession(SessionId):
    after: int = Field(
        0, ge=0, le=2**31 - 1, description="Show the entries after this one; `next_after` of the part before"
    )
    limit: int = Field(1000, ge=1, le=5000, description="Entries shown at once")


class ReplayOut(SessionOut):
    whole: bool
    first_break: str | None
    redacted: bool
    entries: list[EntryOut]
    next_after: int | None = Field(None, description="Where the next part begins; null at the end")


@tool(
    "record.replay_session",
    rest=get("/api/v1/governance/sessions/{session_id}/replay"),
    needs=READ,
    effect=Effect.READ,
)
async def replay_session(ctx: ToolContext, args: ReplaySession) -> ReplayOut:
    """A session in order: messages, what was understood, tool calls, decisions, and what the patient saw. A part at a
    time where it is long; whether its chain is whole is said of all of it."""
    row = await ctx.load(LLMSession, args.session_id)
    broken = await _check(ctx, row)
    rows = await session_rows(ctx, row.id, after=args.after, limit=args.limit)
    fulls = await open_entries(ctx, rows)
    patients = patients_of(row, rows)
    ctx.seen.extend(patients)
    erased = [entry.sealed is not None and full is None for entry, full in zip(rows, fulls, strict=True)]
    grant = await grant_of(ctx, row.id)
    if grant is None:
        fulls = await redact_all(ctx, fulls, patients)
    else:
        used = {"at": ctx.now, "rule": "break_glass", "decision": "shown in full", "grant": grant.id, "session": row.id}
        ctx.work.record.append(POLICY_DECISION, used)
    return ReplayOut(
        **SessionOut.model_validate(row).model_dump(),
        whole=broken is None,
        first_break=None if broken is None else f"entry {broken.seq}: {broken.reason}",
        redacted=grant is None,
        entries=[
            EntryOut(
                seq=entry.seq, kind=entry.kind, body=json.loads(entry.body), full=full,
                erased=gone,
            )
            for entry, full, gone in zip(rows, fulls, erased, strict=True)
        ],
        next_after=rows[-1].seq if rows and rows[-1].seq < row.head_seq else None,
    )  # fmt: skip


async def _check(ctx: ToolContext, row: LLMSession) -> Break | None:
    chain, after = Chain(head_of(row)), 0
    columns = (AuditEntry.seq, AuditEntry.kind, AuditEntry.body, AuditEntry.sealed, AuditEntry.hash)
    while True:
        query = select(*columns).where(of_session(row.id), AuditEntry.seq > after)
        rows = (await ctx.session.execute(query.order_by(AuditEntry.seq).limit(_CHECKED_AT_ONCE))).all()
        if not rows:
            return chain.end()
        broken = chain.verify((one.seq, one.kind, one.body, one.sealed, one.hash) for one in rows)
        if broken is not None:
            return broken
        after = rows[-1].seq


async def session_rows(ctx: ToolContext, session_id: UUID, *, after: int = 0, limit: int) -> list[AuditEntry]:
    query = select(AuditEntry).where(of_session(session_id), AuditEntry.seq > after)
    return list(await ctx.session.scalars(query.order_by(AuditEntry.seq).limit(limit)))


def head_of(row: LLMSession) -> Head:
    return Head(
        row.id, row.tenant_id, row.agent, row.channel, row.principal, row.patient_id, row.conversation_id,
        row.started_at, row.ended_at, row.outcome, row.head_seq, row.head_hash,
    )  # fmt: skip


async def open_entries(ctx: ToolContext, rows: list[AuditEntry]) -> list[JsonObject | None]:
    """The sealed parts of a session's entries, in order; None where there is none, or it was erased."""
    opened = await ctx.work.keys.open_many([(row.sealed, entry_aad(row.session_id)) for row in rows])
    return [json.loads(text) if text is not None else None for text in opened]


def patients_of(row: LLMSession, rows: list[AuditEntry]) -> list[UUID]:
    """Whose data a session holds, as far as its entries name them."""
    named = {
        patient for entry in rows if entry.kind == "tool_call" for patient in json.loads(entry.body).get("patients", ())
    }
    return [UUID(patient) for patient in sorted(named)] + ([row.patient_id] if row.patient_id else [])
