"""Jobs: everything that waits or repeats. Deferred inside the caller's transaction, run by `wardline worker`.

Each queue has workers of its own, so that no kind of work stands in another's way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job as QueuedJob
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import KEEPALIVES, driver_of
from db.json import JsonObject
from tools.runtime.errors import ToolError
from tools.runtime.traces import carried

# `urgent`: turns and answers of an emergency; `notes`: voice notes, whose sender waits; `bulk`: messages that nobody
# waits for; `speech`: recordings.
Queue = Literal["urgent", "turns", "sending", "reactions", "notes", "bulk", "speech", "housekeeping"]
QUEUES: tuple[Queue, ...] = get_args(Queue)
BACKGROUND: tuple[Queue, ...] = ("notes", "bulk", "speech", "housekeeping")  # what takes long
_ATTEMPTS, _ATTEMPTS_REFUSED = 8, 3  # 2 + 4 + ... + 128 s; what is refused for a reason is hardly taken later
_MOST_DEATHS = 5


@dataclass(frozen=True, slots=True)
class Task:
    """A declared task. `each_tenant`: its tick queues one job a tenant. `ordered`: a job that waits to be tried again
    keeps those behind it under the same lock waiting. `deaths`: how many dying processes it may leave behind before it
    is taken for the cause."""

    name: str
    queue: Queue
    every: str | None
    each_tenant: bool
    ordered: bool
    deaths: int


TASKS: dict[str, Callable[..., Awaitable[None]]] = {}
DECLARED: dict[str, Task] = {}


@dataclass(frozen=True, slots=True)
class Job:
    """A job to be run: jobs with the same lock run one after the other, in the order they were deferred. One that waits
    for its time (`at`) holds no lock, since it would keep back all that come after it. An `urgent` one has workers of
    its own and waits for nothing; a `bulk` one is nobody's hurry, and has a queue of its own too."""

    task: str
    args: JsonObject = field(default_factory=dict)
    lock: str | None = None
    at: datetime | None = None
    urgent: bool = False
    bulk: bool = False


def task(
    name: str, *, queue: Queue = "housekeeping", every: str | None = None, each_tenant: bool = False,
    ordered: bool = False, deaths: int = _MOST_DEATHS,
) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:  # fmt: skip
    """Declare a task: `async def fn(runtime, **args)`. `every` is a cron line, for what repeats."""

    def register(run: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        TASKS[name] = run
        DECLARED[name] = Task(name, queue, every, each_tenant, ordered, deaths)
        return run

    return register


class Retry(BaseRetryStrategy):  # type: ignore[misc]
    """When a job that failed is tried again. While it waits it lets those behind it pass, unless order matters."""

    def __init__(self, declared: Task) -> None:
        self._task = declared

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        refused = isinstance(exception, ToolError) and exception.remedy != "try_later"
        if job.attempts + 1 >= (_ATTEMPTS_REFUSED if refused else _ATTEMPTS):
            return None
        passing = None if job.lock is None or self._task.ordered else f"again:{job.id}"
        return RetryDecision(retry_in={"seconds": 2 ** (job.attempts + 1)}, lock=passing)


class Jobs:
    """The queue, over the same PostgreSQL."""

    def __init__(self, url: str) -> None:
        # a listener for each queue whose jobs someone waits for, and some for the queue's own statements
        self.app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=10, kwargs=KEEPALIVES))

    async def defer(self, session: AsyncSession, jobs: list[Job]) -> None:
        """Queue jobs in the session's transaction: they exist when it commits, and not otherwise."""
        if not jobs:
            return
        connection = await driver_of(session)
        await self.app.job_manager.batch_defer_jobs_async([_queued(job) for job in jobs], connection=connection)


def _queued(job: Job) -> QueuedJob:
    lock = None if job.at is not None or job.urgent else job.lock
    queue = "urgent" if job.urgent else "bulk" if job.bulk else DECLARED[job.task].queue
    return QueuedJob(
        id=None, queue=queue, lock=lock, queueing_lock=None, task_name=job.task, task_kwargs=job.args | carried(),
        scheduled_at=job.at, priority=0,
    )  # fmt: skip
