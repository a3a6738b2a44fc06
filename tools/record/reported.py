"""Sessions, tool calls and model answers that another system's agents report, each session a chain of its own; and the
lists of tool calls and model answers of all sessions."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import Select, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from db.base import new_id
from db.json import JsonObject
from governance.record import SESSION_STARTED, Record, SessionHeader, digest
from governance.tables import AuditEntry, LLMSession, of_session
from governance.vault import Owner
from tools.conversations.inbox import ENDED, STARTED
from tools.patients.gates import load_patient
from tools.record.access import names_patient
from tools.record.tools import READ, SessionOut
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict
from tools.runtime.events import event_type
from tools.runtime.names import Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, post, tool

LOGGED = event_type("LLMToolCall.Logged", "Another system reported a tool call")
_REPORT = Permission("record:report")
_JSON_MOST = 65_536


class StartSession(Args):
    agent: Words = Field(min_length=1, max_length=100)
    channel: Words = Field(min_length=1, max_length=60)
    patient_id: UUID | None = None
    model: str | None = Field(None, max_length=200)
    prompt: str | None = Field(None, max_length=200, description="name@version")


class EndSession(Args):
    session_id: UUID
    outcome: Words = Field(min_length=1, max_length=200)
    tokens_in: int | None = Field(None, ge=0)
    tokens_out: int | None = Field(None, ge=0)
    cost: str | None = Field(None, pattern=r"^\d{1,9}(\.\d{1,6})?$", description="In the currency of the contract")


class LogToolCall(Args):
    session_id: UUID
    tool: Words = Field(min_length=1, max_length=100)
    arguments: str = Field(max_length=_JSON_MOST, description="JSON; kept sealed")
    result: str | None = Field(None, max_length=_JSON_MOST, description="JSON; kept sealed")
    outcome: Literal["ok", "refused", "failed"]
    code: str | None = Field(None, max_length=100)
    latency_ms: float = Field(ge=0)
    idempotency_key: str | None = Field(None, max_length=255)


class LogResponse(Args):
    session_id: UUID
    model: Words = Field(min_length=1, max_length=200)
    prompt: str | None = Field(None, max_length=200, description="name@version")
    asked: str = Field(max_length=_JSON_MOST, description="The messages; kept sealed, their hash is shown")
    answered: str = Field(max_length=_JSON_MOST, description="The answer; kept sealed, its hash is shown")
    tokens_in: int | None = Field(None, ge=0)
    tokens_out: int | None = Field(None, ge=0)
    latency_ms: float = Field(ge=0)
    finish_reason: str | None = Field(None, max_length=60)
    flags: list[str] = Field(default_factory=list, max_length=20)


class ListCalls(PageArgs):
    session_id: UUID | None = None
    patient_id: UUID | None = None
    tool: str | None = Field(None, max_length=100)
    outcome: str | None = Field(None, max_length=20)


class ListResponses(PageArgs):
    session_id: UUID | None = None


class LoggedOut(Out):
    session_id: UUID
    kind: str
    at: datetime


class EntryBody(Out):
    session_id: UUID
    seq: int
    kind: str
    body: JsonObject


@tool("record.start_session", rest=post("/api/v1/governance/sessions", status=201), needs=_REPORT, effect=Effect.WRITE)
async def start_session(ctx: ToolContext, args: StartSession) -> SessionOut:
    """Open a session for an agent that runs elsewhere; its entries form a chain of its own."""
    if args.patient_id is not None:
        await load_patient(ctx, args.patient_id)
    header = SessionHeader(
        id=new_id(), agent=args.agent, channel=args.channel, principal=ctx.principal.id, started_at=ctx.now,
        patient_id=args.patient_id,
    )  # fmt: skip
    record = Record(header)
    payload = {"at": ctx.now, "agent": args.agent, "channel": args.channel, "model": args.model, "prompt": args.prompt}
    record.append(SESSION_STARTED, payload)
    await record.flush(ctx.session, ctx.work.keys, [])
    ctx.emit(STARTED, header.id, agent=args.agent, channel=args.channel)
    return SessionOut.model_validate(await ctx.load(LLMSession, header.id))


@tool(
    "record.end_session",
    rest=post("/api/v1/governance/sessions/{session_id}/end"),
    needs=_REPORT,
    effect=Effect.WRITE,
    raises=(Conflict,),
)
async def end_session(ctx: ToolContext, args: EndSession) -> SessionOut:
    """End a reported session with its outcome, tokens and cost."""
    row = await _open_session(ctx, args.session_id)
    body = {"at": ctx.now, **args.model_dump(exclude={"session_id"}, exclude_none=True)}
    await _append(ctx, row, kind="session_ended", body=body, full=None)
    ctx.emit(ENDED, row.id, outcome=args.outcome)
    await ctx.session.refresh(row)
    return SessionOut.model_validate(row)


@tool(
    "record.log_tool_call", rest=post("/api/v1/governance/tool-calls", status=201), needs=_REPORT, effect=Effect.WRITE
)
async def log_tool_call(ctx: ToolContext, args: LogToolCall) -> LoggedOut:
    """Report a tool call of a session that was opened here."""
    row = await _open_session(ctx, args.session_id)
    body = {
        "at": ctx.now, "tool": args.tool, "principal": ctx.principal.id, "outcome": args.outcome, "code": args.code,
        "latency_ms": args.latency_ms, "key": args.idempotency_key, "reported": True,
        "patients": [row.patient_id] if row.patient_id else [],
    }  # fmt: skip
    await _append(ctx, row, kind="tool_call", body=body, full={"args": args.arguments, "result": args.result})
    ctx.emit(LOGGED, row.id, tool=args.tool, outcome=args.outcome)
    return LoggedOut(session_id=row.id, kind="tool_call", at=ctx.now)


@tool("record.log_response", rest=post("/api/v1/governance/responses", status=201), needs=_REPORT, effect=Effect.WRITE)
async def log_response(ctx: ToolContext, args: LogResponse) -> LoggedOut:
    """Report what a model was asked and what it answered."""
    row = await _open_session(ctx, args.session_id)
    body = {
        "at": ctx.now, **args.model_dump(exclude={"session_id", "asked", "answered"}), "reported": True,
        "asked_sha256": digest([str(row.id), args.asked]), "answered_sha256": digest([str(row.id), args.answered]),
    }  # fmt: skip
    await _append(ctx, row, kind="model_answer", body=body, full={"asked": args.asked, "calls": args.answered})
    return LoggedOut(session_id=row.id, kind="model_answer", at=ctx.now)


@tool("record.list_tool_calls", rest=get("/api/v1/governance/tool-calls"), needs=READ, effect=Effect.READ)
async def list_tool_calls(ctx: ToolContext, args: ListCalls) -> Page[EntryBody]:
    """List tool calls of all sessions: allowed, refused and failed."""
    query = select(AuditEntry).where(AuditEntry.kind == "tool_call")
    if args.patient_id is not None:
        query = query.where(names_patient(args.patient_id))
    body = cast(AuditEntry.body, JSONB)
    for name, value in (("tool", args.tool), ("outcome", args.outcome)):
        if value is not None:
            query = query.where(func.jsonb_extract_path_text(body, name) == value)
    return await _entries(ctx, query, args=args, session_id=args.session_id)


@tool("record.list_responses", rest=get("/api/v1/governance/responses"), needs=READ, effect=Effect.READ)
async def list_responses(ctx: ToolContext, args: ListResponses) -> Page[EntryBody]:
    """List what models answered: model, prompt, tokens, latency, outcome."""
    query = select(AuditEntry).where(AuditEntry.kind == "model_answer")
    return await _entries(ctx, query, args=args, session_id=args.session_id)


async def _entries(ctx: ToolContext, query: Select[Any], *, args: PageArgs, session_id: UUID | None) -> Page[EntryBody]:
    if session_id is not None:
        query = query.where(of_session(session_id))
    order = (AuditEntry.session_id, AuditEntry.seq)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=_body)


def _body(entry: AuditEntry) -> EntryBody:
    return EntryBody(session_id=entry.session_id, seq=entry.seq, kind=entry.kind, body=json.loads(entry.body))


async def _open_session(ctx: ToolContext, session_id: UUID) -> LLMSession:
    """A session that was opened by `start_session` and has not ended: nobody adds to a conversation's own chain."""
    row = await ctx.load(LLMSession, session_id)
    first = await ctx.session.get(AuditEntry, (session_id, 1))
    if row.conversation_id is not None or first is None or first.kind != "session_started":
        raise Conflict("Only a session that was opened with POST /sessions takes reported entries.")
    if row.ended_at is not None:
        raise Conflict("The session has ended.")
    return row


async def _append(ctx: ToolContext, row: LLMSession, *, kind: Any, body: JsonObject, full: JsonObject | None) -> None:
    record = Record(
        SessionHeader(
            row.id, row.agent, row.channel, row.principal, row.started_at, row.patient_id, row.conversation_id
        )
    )
    owner = Owner(row.patient_id, "patient") if row.patient_id else Owner(row.id, "conversation")
    record.append(kind, body, full=full, owner=owner)
    await record.flush(ctx.session, ctx.work.keys, [])
