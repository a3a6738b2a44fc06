"""What runs every tool: stored answers, events, approvals, failed jobs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from tools.runtime.context import ToolContext
from tools.runtime.rooms import FEW, DataClass, Room, deleting
from tools.runtime.tables import IdempotencyKey


async def _count_answers(ctx: ToolContext, before: datetime) -> int:
    return int(await ctx.session.scalar(select(func.count()).where(IdempotencyKey.created_at < before)) or 0)


STORED_ANSWERS = DataClass(
    "stored_answers", days=1, at_least=1, counted_as="stored_answers", count=_count_answers,
    why="a call is repeated within minutes; the service's own figure",
)  # fmt: skip
EVENTS = DataClass(
    "events", days=400, at_least=30, counted_as="events",
    why="thirteen months, so that a year can be compared with the one before"
)  # fmt: skip
DELIVERIES = DataClass(
    "deliveries", days=90, at_least=7, counted_as="deliveries",
    why="what carriers and receivers reported, decided jobs and expired approvals: three months, the service's own "
        "figure",
)  # fmt: skip
_ANSWERS = deleting(
    "DELETE FROM idempotency_key WHERE id IN (SELECT id FROM idempotency_key WHERE created_at < :before LIMIT :most)"
)
_REACTED = deleting("DELETE FROM reacted WHERE id IN (SELECT id FROM reacted WHERE created_at < :before LIMIT :most)")
_DEAD_JOBS = deleting(
    "DELETE FROM dead_job WHERE id IN (SELECT id FROM dead_job WHERE at < :before AND state <> 'dead' LIMIT :most)"
)
_APPROVALS = deleting(
    "DELETE FROM approval WHERE id IN (SELECT id FROM approval WHERE expires_at < :before LIMIT :most)"
)

ROOM = Room(
    "runtime",
    grants={
        "approvals:write": ("privacy_officer",),
        "jobs:read": ("auditor",),
        "jobs:write": ("admin",),
    },
    classes=(STORED_ANSWERS, EVENTS, DELIVERIES),
    deletes={
        "stored_answers": (_ANSWERS,),
        "events": (_REACTED, deleting("SELECT events_purge(:before, :most)")),
        "deliveries": (_DEAD_JOBS, _APPROVALS),
    },
    ends={
        "idempotency_key": "stored_answers",
        "event_log": "events",
        "reacted": "events",
        "dead_job": "deliveries",
        "approval": "deliveries",
    },
    keeps={"tenant": FEW},
    in_clear=frozenset({"tenant"}),
)
