"""The worker: runs jobs, repeats what is periodic, and takes up again what a dead worker left."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Collection
from contextlib import suppress

import structlog
from procrastinate import JobContext
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from db.json import JsonObject
from governance.record import append_event
from governance.seals.documents import Seal
from governance.seals.sealer import Seals, run_sealer
from settings import Settings
from tools.record.seals import SEALED
from tools.runtime.dead_jobs import bury, bury_forgotten
from tools.runtime.errors import name_of
from tools.runtime.events import jobs_for
from tools.runtime.jobs import DECLARED, QUEUES, TASKS, Queue, Retry, Task, task
from tools.runtime.runtime import Runtime
from tools.runtime.tenants import tenant_ids
from tools.runtime.traces import span

log = structlog.get_logger()
FINISHED_JOBS_KEPT_H = 24
_AWAITED: tuple[Queue, ...] = (
    "urgent",
    "turns",
    "sending",
    "reactions",
    "notes",
)  # told at once; the rest look each 2 s


@task("jobs.remove_finished", every="40 2 * * *")
async def remove_finished(runtime: Runtime) -> None:
    """Delete jobs that ended a day ago."""
    await runtime.jobs.app.job_manager.delete_old_jobs(nb_hours=FINISHED_JOBS_KEPT_H)


_FORMER: dict[str, tuple[str, ...]] = {"turns": ("default",)}  # where processes of an older version queue everything


def register(runtime: Runtime) -> None:
    """Make every declared task known to the queue."""
    app = runtime.jobs.app
    for name, declared in DECLARED.items():
        retry = Retry(declared)
        run = _running(runtime, name, retry)
        if declared.every is None or declared.each_tenant:
            app.task(name=name, queue=declared.queue, retry=retry, pass_context=True)(run)
        if declared.every is not None:
            tick = _for_each_tenant(runtime, declared) if declared.each_tenant else _ticking(runtime, name)
            ticked = f"{name}.tick" if declared.each_tenant else name
            app.periodic(cron=declared.every)(app.task(name=ticked, queue=declared.queue)(tick))


def _running(runtime: Runtime, name: str, retry: Retry) -> object:
    async def running(context: JobContext, *, trace: dict[str, str] | None = None, **args: object) -> None:
        try:
            with span(f"job {name}", after=trace, job=context.job.id):
                await TASKS[name](runtime, **args)
        except Exception as error:  # whatever it was: a job without another try goes before people
            if retry.get_retry_decision(exception=error, job=context.job) is None:
                await bury(runtime, context.job, name_of(error))
            raise

    return running


def _ticking(runtime: Runtime, name: str) -> object:
    async def ticking(timestamp: int) -> None:
        await TASKS[name](runtime)

    return ticking


def _for_each_tenant(runtime: Runtime, declared: Task) -> object:
    """One job a tenant, so that one tenant's trouble is not the others'; none where the one before has not begun."""

    async def ticking(timestamp: int) -> None:
        for tenant_id in await tenant_ids(runtime):
            lock = f"{declared.name}:{tenant_id}"
            job = runtime.jobs.app.configure_task(declared.name, queue=declared.queue, lock=lock, queueing_lock=lock)
            with suppress(AlreadyEnqueued):
                await job.defer_async(tenant=str(tenant_id))

    return ticking


async def work(
    runtime: Runtime, settings: Settings, *, queues: Collection[Queue] = QUEUES, until_idle: bool = False
) -> None:
    """Run jobs of these queues until told to stop (or, for tests, all until there are none). Who keeps the house also
    sweeps and seals."""
    beside = [_sweep(runtime, settings), _seal(runtime, settings)] if "housekeeping" in queues else []
    aside = [asyncio.create_task(one) for one in beside]
    try:
        if until_idle:
            await _work(runtime, settings, queue=None, concurrency=settings.worker_concurrency, until_idle=True)
        else:
            await _work_each_queue(runtime, settings, queues)
    finally:
        for one in aside:
            one.cancel()


def shares(concurrency: int) -> dict[Queue, int]:
    """How many jobs of each queue a process runs at once: half of all are turns."""
    return {
        "urgent": 2, "turns": max(1, concurrency // 2), "sending": 2, "reactions": 2, "notes": 1, "bulk": 2,
        "speech": 1,
        "housekeeping": 2,
    }  # fmt: skip


async def _work_each_queue(runtime: Runtime, settings: Settings, queues: Collection[Queue]) -> None:
    """A worker a queue in this process. The first to end ends the others, after what they are at."""
    workers = [
        asyncio.create_task(_work(runtime, settings, queue=queue, concurrency=share), name=queue)
        for queue, share in shares(settings.worker_concurrency).items()
        if queue in queues
    ]
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, lambda: [worker.cancel() for worker in workers])
    try:
        done, rest = await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        for worker in rest:
            worker.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for worker in done:
            if not worker.cancelled():
                worker.result()
    finally:
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(sign)


async def _work(
    runtime: Runtime, settings: Settings, *, queue: Queue | None, concurrency: int, until_idle: bool = False
) -> None:
    await runtime.jobs.app.run_worker_async(
        queues=[queue, *_FORMER.get(queue, ())] if queue else None,
        name=queue,
        concurrency=concurrency,
        wait=not until_idle,
        listen_notify=queue in _AWAITED,
        install_signal_handlers=False,
        fetch_job_polling_interval=2.0,
        update_heartbeat_interval=settings.worker_heartbeat_s,
        stalled_worker_timeout=settings.worker_stalled_s,
        shutdown_graceful_timeout=10.0,
    )


async def _seal(runtime: Runtime, settings: Settings) -> None:
    """Put the record under seals, and say so by an event."""

    async def sealed(session: AsyncSession, seal: Seal) -> None:
        event: JsonObject = {"id": new_id(), "type": SEALED, "entity_id": seal.tenant_id, "at": runtime.clock.now()}
        sealed_event = {**event, "payload": {"number": seal.number, "heads": seal.size, "key": seal.key}}
        await append_event(session, sealed_event)
        await runtime.jobs.defer(
            session, jobs_for(SEALED, event["id"], tenant_id=seal.tenant_id, entity_id=seal.tenant_id)
        )

    seals = runtime.services.find(Seals)
    if seals is None:
        return
    await run_sealer(
        runtime.database,
        seals.store,
        seals.keys,
        now=runtime.clock.now,
        every_s=settings.seal_every_s,
        every_entries=settings.seal_every_entries,
        on_seal=sealed,
    )


async def _sweep(runtime: Runtime, settings: Settings) -> None:
    """Give the jobs of workers that died back to the queue, and put failed ones before people: at the start, and at
    every heartbeat."""
    while True:
        try:
            await sweep(runtime, settings.worker_stalled_s)
        except Exception as error:  # the database is away: swept at the next heartbeat
            log.warning("sweep.failed", error=type(error).__name__)
        await asyncio.sleep(settings.worker_heartbeat_s)


async def sweep(runtime: Runtime, stalled_s: float) -> None:
    """A job whose worker died is run again, unless too many have died of it."""
    manager = runtime.jobs.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=stalled_s):
        log.warning("job.stalled", task=job.task_name, job=job.id)
        declared = DECLARED.get(job.task_name)
        if declared is not None and job.attempts + 1 >= declared.deaths:
            await bury(runtime, job, "worker_died")
            await manager.finish_job(job, Status.FAILED, delete_job=False)
        else:
            await manager.retry_job(job)
    await bury_forgotten(runtime)
