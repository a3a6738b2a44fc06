"""Reading the record: sessions, a session's replay, and whether the chain is whole."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy import func, select

from db.json import JsonObject
from governance.tables import AuditEntry, LLMSession
from tools.runtime.context import ToolContext
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, all_tools, get, tool

READ = Permission("record:read")


class ListSessions(PageArgs):
    agent: str | None = Field(None, max_length=60)
    channel: str | None = Field(None, max_length=60)
    patient_id: UUID | None = None


class SessionId(Args):
    session_id: UUID


class NoArgs(Args):
    """No arguments."""


class SessionOut(Out):
    id: UUID
    agent: str
    channel: str
    principal: str
    patient_id: UUID | None
    conversation_id: UUID | None
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    head_seq: int


class ToolOut(Out):
    name: str
    summary: str
    effect: str
    needs: str
    rest: str | None
    by_patient: bool
    input_schema: JsonObject


class ToolsOut(Out):
    items: list[ToolOut]


class ListRuns(PageArgs):
    tool: str | None = Field(None, max_length=100)
    outcome: str | None = Field(None, max_length=20)


class RunOut(Out):
    session_id: UUID
    seq: int
    tool: str
    principal: str
    outcome: str
    code: str | None
    latency_ms: float
    at: datetime


@tool("record.list_sessions", rest=get("/api/v1/governance/sessions"), needs=READ, effect=Effect.READ)
async def list_sessions(ctx: ToolContext, args: ListSessions) -> Page[SessionOut]:
    """List the sessions on the record."""
    query = select(LLMSession)
    for column, value in (
        (LLMSession.agent, args.agent),
        (LLMSession.channel, args.channel),
        (LLMSession.patient_id, args.patient_id),
    ):
        if value is not None:
            query = query.where(column == value)
    order = (LLMSession.started_at, LLMSession.id)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=SessionOut.model_validate)


@tool("record.get_session", rest=get("/api/v1/governance/sessions/{session_id}"), needs=READ, effect=Effect.READ)
async def get_session(ctx: ToolContext, args: SessionId) -> SessionOut:
    """Read one session, without its entries."""
    return SessionOut.model_validate(await ctx.load(LLMSession, args.session_id))


@tool("record.list_tools", rest=get("/api/v1/prm/agents/tools"), needs=Permission("tools:read"), effect=Effect.READ)
async def list_tools(ctx: ToolContext, args: NoArgs) -> ToolsOut:
    """List every tool with its input schema and who may call it."""
    return ToolsOut(
        items=[
            ToolOut(
                name=entry.name,
                summary=entry.summary,
                effect=entry.effect.value,
                needs=entry.needs.name,
                rest=f"{entry.rest.method} {entry.rest.path}" if entry.rest else None,
                by_patient=entry.by_patient,
                input_schema=entry.args.model_json_schema(),
            )
            for entry in all_tools()
        ]
    )


@tool("record.list_runs", rest=get("/api/v1/prm/agents/runs"), needs=READ, effect=Effect.READ)
async def list_runs(ctx: ToolContext, args: ListRuns) -> Page[RunOut]:
    """List tool calls: who called which tool, how long it took, what came of it."""
    from sqlalchemy import cast
    from sqlalchemy.dialects.postgresql import JSONB

    body = cast(AuditEntry.body, JSONB)
    query = select(AuditEntry).where(AuditEntry.kind == "tool_call")
    if args.tool:
        query = query.where(func.jsonb_extract_path_text(body, "tool") == args.tool)
    if args.outcome:
        query = query.where(func.jsonb_extract_path_text(body, "outcome") == args.outcome)
    order = (AuditEntry.session_id, AuditEntry.seq)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=_run)


def _run(entry: AuditEntry) -> RunOut:
    body = json.loads(entry.body)
    names = ("tool", "principal", "outcome", "latency_ms", "at")
    return RunOut(
        session_id=entry.session_id, seq=entry.seq, code=body.get("code"), **{name: body[name] for name in names}
    )
