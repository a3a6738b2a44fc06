"""Figures of the record: what agents did, how it went, what policies found."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import Field
from sqlalchemy import text

from tools.record.tools import READ
from tools.runtime.context import ToolContext
from tools.runtime.tool import Args, Effect, Out, get, tool

_SESSIONS = """
    SELECT agent, channel, coalesce(outcome, 'open') AS outcome, count(*) AS sessions, sum(head_seq) AS entries
      FROM llm_session WHERE started_at >= :since AND started_at < :until GROUP BY 1, 2, 3 ORDER BY 4 DESC
"""
_CALLS = """
    SELECT body::jsonb->>'tool' AS tool, body::jsonb->>'outcome' AS outcome, count(*) AS calls,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY (body::jsonb->>'latency_ms')::float) AS p50_ms,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY (body::jsonb->>'latency_ms')::float) AS p95_ms
      FROM audit_entry e JOIN llm_session s ON s.id = e.session_id
     WHERE e.kind = 'tool_call' AND s.started_at >= :since AND s.started_at < :until GROUP BY 1, 2 ORDER BY 3 DESC
"""
_ANSWERS = """
    SELECT coalesce(body::jsonb->>'model', 'unknown') AS model, coalesce(body::jsonb->>'prompt', '') AS prompt,
           coalesce(body::jsonb->>'prompt_version', '') AS prompt_version,
           coalesce(body::jsonb->>'outcome', 'reported') AS outcome, count(*) AS answers,
           coalesce(sum((body::jsonb->>'tokens_in')::bigint), 0) AS tokens_in,
           coalesce(sum((body::jsonb->>'tokens_out')::bigint), 0) AS tokens_out
      FROM audit_entry e JOIN llm_session s ON s.id = e.session_id
     WHERE e.kind = 'model_answer' AND s.started_at >= :since AND s.started_at < :until
     GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC
"""
_VIOLATIONS = """
    SELECT rule, severity, state, count(*) AS violations FROM policy_violation
     WHERE detected_at >= :since AND detected_at < :until GROUP BY 1, 2, 3 ORDER BY 4 DESC
"""
_OTHERS = """
    SELECT (SELECT count(*) FROM break_glass WHERE opened_at >= :since AND opened_at < :until),
           (SELECT count(*) FROM event_log WHERE type = 'Conversation.HandedOff' AND at >= :since AND at < :until),
           (SELECT max(at) FROM seal)
"""


class StatsArgs(Args):
    since: datetime | None = Field(None, description="Sessions begun from then on; default: 30 days ago")
    until: datetime | None = None


class SessionCount(Out):
    agent: str
    channel: str
    outcome: str
    sessions: int
    entries: int


class CallCount(Out):
    tool: str
    outcome: str
    calls: int
    p50_ms: float
    p95_ms: float


class AnswerCount(Out):
    model: str
    prompt: str
    prompt_version: str
    outcome: str
    answers: int
    tokens_in: int
    tokens_out: int


class ViolationCount(Out):
    rule: str
    severity: str
    state: str
    violations: int


class StatsOut(Out):
    since: datetime
    until: datetime
    sessions: list[SessionCount]
    tool_calls: list[CallCount]
    model_answers: list[AnswerCount]
    violations: list[ViolationCount]
    break_glass: int
    hand_overs: int
    last_seal_at: datetime | None


@tool("record.stats", rest=get("/api/v1/governance/stats"), needs=READ, effect=Effect.READ)
async def stats(ctx: ToolContext, args: StatsArgs) -> StatsOut:
    """Sessions, tool calls, model answers and violations of a period, counted."""
    until = args.until or ctx.now + timedelta(seconds=1)
    period = {"since": args.since or until - timedelta(days=30), "until": until}

    async def rows(query: str) -> list[dict[str, object]]:
        return [dict(row) for row in (await ctx.session.execute(text(query), period)).mappings()]

    glass, handed, sealed = (await ctx.session.execute(text(_OTHERS), period)).one()
    return StatsOut(
        since=period["since"], until=until,
        sessions=[SessionCount.model_validate(row) for row in await rows(_SESSIONS)],
        tool_calls=[CallCount.model_validate(row) for row in await rows(_CALLS)],
        model_answers=[AnswerCount.model_validate(row) for row in await rows(_ANSWERS)],
        violations=[ViolationCount.model_validate(row) for row in await rows(_VIOLATIONS)],
        break_glass=glass, hand_overs=handed, last_seal_at=sealed,
    )  # fmt: skip
