"""Jobs that failed for good: kept, told of, and run again or dropped by a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import structlog
from procrastinate.jobs import Job as QueuedJob
from prometheus_client import Counter
from pydantic import Field
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from db.json import JsonObject
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict
from tools.runtime.events import Event, event_type
from tools.runtime.jobs import DECLARED, Job
from tools.runtime.names import Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.runtime import Runtime
from tools.runtime.tables import DeadJob
from tools.runtime.tenants import tenant_work
from tools.runtime.tool import Args, Effect, Out, get, post, tool

log = structlog.get_logger()
DIED = event_type("Job.Died", "A job failed for good and waits for a person", alert=True)
DEAD = Counter("wardline_jobs_dead_total", "Jobs that failed for good", ["task"])
_WRITE = Permission("jobs:write")
_REMOVE = text("DELETE FROM procrastinate_jobs WHERE id = :id AND status = 'failed'")
_FAILED = text("""
    SELECT id, task_name, args, lock, attempts FROM procrastinate_jobs WHERE status = 'failed' AND id > :after
     ORDER BY id LIMIT 200
""")


class DeadJobOut(Out):
    id: UUID
    task: str
    args: JsonObject
    attempts: int
    error: str = Field(description="The code of the refusal, or what kind of failure it was")
    at: datetime
    state: str
    decided_by: str | None
    reason: str | None


class ListDeadJobs(PageArgs):
    state: Literal["dead", "retried", "dropped"] = "dead"


class RetryJob(Args):
    job_id: UUID


class DropJob(Args):
    job_id: UUID
    reason: Words = Field(min_length=1, max_length=1000)


@tool("jobs.list_dead_jobs", rest=get("/api/v1/jobs/dead"), needs=Permission("jobs:read"), effect=Effect.READ)
async def list_dead_jobs(ctx: ToolContext, args: ListDeadJobs) -> Page[DeadJobOut]:
    """List jobs that failed for good: those that wait for a decision, or were run again or dropped."""
    query = select(DeadJob).where(DeadJob.state == args.state)
    order = (DeadJob.id,)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=DeadJobOut.model_validate)


@tool(
    "jobs.retry_dead_job",
    rest=post("/api/v1/jobs/dead/{job_id}/retry"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(Conflict,),
)
async def retry_dead_job(ctx: ToolContext, args: RetryJob) -> DeadJobOut:
    """Run a job again that failed for good."""
    row = await _decide(ctx, args.job_id, state="retried", reason=None)
    if row.task not in DECLARED:
        raise Conflict(f"This version knows no task {row.task}.")
    ctx.defer(Job(row.task, row.args, lock=row.lock))
    return DeadJobOut.model_validate(row)


@tool(
    "jobs.drop_dead_job",
    rest=post("/api/v1/jobs/dead/{job_id}/drop"),
    needs=_WRITE,
    effect=Effect.WRITE,
    raises=(Conflict,),
)
async def drop_dead_job(ctx: ToolContext, args: DropJob) -> DeadJobOut:
    """Give up a job that failed for good. What it would have done is not done."""
    return DeadJobOut.model_validate(await _decide(ctx, args.job_id, state="dropped", reason=args.reason))


async def _decide(ctx: ToolContext, job_id: UUID, *, state: str, reason: str | None) -> DeadJob:
    row = await ctx.load(DeadJob, job_id, lock=True)
    if row.state != "dead":
        raise Conflict(f"The job was {row.state} already.")
    row.state, row.decided_by, row.reason = state, ctx.principal.id, reason
    await ctx.session.execute(_REMOVE, {"id": row.job_id})
    return row


async def bury(runtime: Runtime, job: QueuedJob, error: str) -> None:
    """Put a job that failed for good before people. One of no tenant is logged and counted: its next tick comes
    anyway."""
    DEAD.labels(job.task_name).inc()
    log.error("job.died", task=job.task_name, job=job.id, error=error, attempts=job.attempts + 1)
    tenant = job.task_kwargs.get("tenant")
    if tenant is None:
        return
    async with tenant_work(runtime, UUID(str(tenant)), system_name="jobs") as work:
        dead_id = new_id()
        row = {
            "id": dead_id, "tenant_id": work.tenant_id, "job_id": job.id, "task": job.task_name,
            "args": job.task_kwargs,
            "lock": job.lock, "attempts": job.attempts + 1, "error": error, "at": work.now, "state": "dead",
        }  # fmt: skip
        made = await work.session.execute(insert(DeadJob).values(row).on_conflict_do_nothing().returning(DeadJob.id))
        if made.scalar() is not None:
            work.events.append(Event(DIED, dead_id, {"task": job.task_name, "error": error}))


async def bury_forgotten(runtime: Runtime) -> None:
    """Failed jobs that nobody has been told of: their worker did not know the task, or died as it gave them up."""
    after = 0
    while True:
        async with runtime.database.begin(None) as session:
            rows = (await session.execute(_FAILED, {"after": after})).all()
        for row in rows:
            after = row.id
            await _bury_once(runtime, row)
        if len(rows) < 200:
            return


async def _bury_once(runtime: Runtime, row: Any) -> None:
    tenant = (row.args or {}).get("tenant")
    if tenant is None:
        async with runtime.database.begin(None) as session:
            await session.execute(_REMOVE, {"id": row.id})
        return
    async with runtime.database.begin(UUID(str(tenant))) as session:
        known = await session.scalar(select(DeadJob.id).where(DeadJob.job_id == row.id))
    if known is None:
        error = "task_failed" if row.task_name in DECLARED else "unknown_task"
        lost = QueuedJob(
            id=row.id, queue="", lock=row.lock, queueing_lock=None, task_name=row.task_name, task_kwargs=row.args,
            attempts=row.attempts,
        )  # fmt: skip
        await bury(runtime, lost, error)
