"""Jobs: everything that waits or repeats. Deferred inside the caller's transaction, run by `wardline worker`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Job as QueuedJob
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import driver_of

TASKS: dict[str, Callable[..., Awaitable[None]]] = {}
PERIODIC: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Job:
    """A job to be run: jobs with the same lock run one after the other, in the order they were deferred."""

    task: str
    args: dict[str, Any] = field(default_factory=dict)
    lock: str | None = None
    at: datetime | None = None


def task(
    name: str, *, every: str | None = None
) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
    """Declare a task: `async def fn(runtime, **args)`. `every` is a cron line, for what repeats."""

    def register(run: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        TASKS[name] = run
        if every:
            PERIODIC[name] = every
        return run

    return register


class Jobs:
    """The queue, over the same PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=6))

    async def defer(self, session: AsyncSession, jobs: list[Job]) -> None:
        """Queue jobs in the session's transaction: they exist when it commits, and not otherwise."""
        if not jobs:
            return
        connection = await driver_of(session)
        queued = [
            QueuedJob(
                id=None, queue="default", lock=job.lock, queueing_lock=None, task_name=job.task, task_kwargs=job.args,
                scheduled_at=job.at, priority=0,
            )
            for job in jobs
        ]  # fmt: skip
        await self.app.job_manager.batch_defer_jobs_async(queued, connection=connection)
