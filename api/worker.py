"""The worker: runs jobs, repeats what is periodic, and takes up again what a dead worker left."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from procrastinate import RetryStrategy
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from governance.record import append_event
from governance.seals.documents import Seal
from governance.seals.sealer import run_sealer
from settings import Settings
from tools.record.seals import SEALED
from tools.runtime.events import jobs_for
from tools.runtime.jobs import PERIODIC, TASKS, task
from tools.runtime.runtime import Runtime

log = structlog.get_logger()
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)
FINISHED_JOBS_KEPT_H = 24


@task("jobs.remove_finished", every="40 2 * * *")
async def remove_finished(runtime: Any) -> None:
    """Delete jobs that ended a day ago."""
    await runtime.jobs.app.job_manager.delete_old_jobs(nb_hours=FINISHED_JOBS_KEPT_H)


def register(runtime: Runtime) -> None:
    """Make every declared task known to the queue."""
    app = runtime.jobs.app
    for name, run in TASKS.items():
        registered = app.task(name=name, queue="default", retry=RETRY)(_bind(runtime, run, periodic=name in PERIODIC))
        if name in PERIODIC:
            app.periodic(cron=PERIODIC[name])(registered)


def _bind(runtime: Runtime, run: Any, *, periodic: bool) -> Any:
    async def ticking(timestamp: int) -> None:
        await run(runtime)

    async def running(**args: Any) -> None:
        await run(runtime, **args)

    return ticking if periodic else running


async def work(runtime: Runtime, settings: Settings, *, until_idle: bool = False) -> None:
    """Run jobs until told to stop (or, for tests, until there are none)."""
    sweeper = asyncio.create_task(_sweep(runtime, settings))
    sealer = asyncio.create_task(_seal(runtime, settings))
    try:
        await runtime.jobs.app.run_worker_async(
            queues=["default"],
            concurrency=settings.worker_concurrency,
            wait=not until_idle,
            listen_notify=not until_idle,
            install_signal_handlers=not until_idle,
            fetch_job_polling_interval=2.0,
            update_heartbeat_interval=settings.worker_heartbeat_s,
            stalled_worker_timeout=settings.worker_stalled_s,
            shutdown_graceful_timeout=10.0,
        )
    finally:
        sweeper.cancel()
        sealer.cancel()


async def _seal(runtime: Runtime, settings: Settings) -> None:
    """Put the record under seals, and say so by an event."""

    async def sealed(session: AsyncSession, seal: Seal) -> None:
        event: dict[str, Any] = {"id": new_id(), "type": SEALED, "entity_id": seal.tenant_id, "at": runtime.clock.now()}
        told = {**event, "payload": {"number": seal.number, "heads": seal.size, "key": seal.key}}
        await append_event(session, told)
        await runtime.jobs.defer(session, jobs_for(SEALED, event["id"], seal.tenant_id, seal.tenant_id))

    if runtime.seals is None:
        return
    await run_sealer(
        runtime.database,
        runtime.seals.store,
        runtime.seals.keys,
        now=runtime.clock.now,
        every_s=settings.seal_every_s,
        every_entries=settings.seal_every_entries,
        on_seal=sealed,
    )


async def _sweep(runtime: Runtime, settings: Settings) -> None:
    """Give the jobs of workers that died back to the queue: at the start, and at every heartbeat."""
    manager = runtime.jobs.app.job_manager
    while True:
        try:
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=settings.worker_stalled_s):
                log.warning("job.stalled", task=job.task_name, job=job.id)
                await manager.retry_job(job)
        except Exception as error:
            log.warning("sweep.failed", error=type(error).__name__)
        await asyncio.sleep(settings.worker_heartbeat_s)
