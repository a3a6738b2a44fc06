"""Is the service alive, is it ready, and what has it done?"""

from __future__ import annotations

import time

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import text
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from db.engine import Database
from governance.kek import KeyServiceDown
from governance.key_check import KeysDiffer
from tools.runtime.errors import Unavailable
from tools.runtime.outages import is_outage
from tools.runtime.traces import span
from wiring.runtime import check_node_keys

router = APIRouter(tags=["health"])
# A commit of a few bytes (no row, nothing to clean up), and a sort of half a megabyte that spills to the disk: what a
# server with a full disk, or one that only reads, cannot do.
_WRITES = "SELECT pg_logical_emit_message(true, 'wardline.ready', ''), current_setting('transaction_read_only')"
_SPILLS = "SELECT max(n) FROM (SELECT n FROM generate_series(1, 20000) n ORDER BY hashint4(n)) sorted"
REQUESTS = Counter("wardline_http_requests_total", "HTTP requests", ["method", "route", "status"])
SECONDS = Histogram("wardline_http_request_seconds", "Time to answer an HTTP request", ["route"])
JOBS = Gauge("wardline_jobs", "Jobs by queue and state; failed ones wait for a person", ["queue", "state"])
OLDEST = Gauge("wardline_jobs_oldest_seconds", "How long the job that waits longest in a queue is due", ["queue"])
_JOBS = """
    SELECT j.queue_name, j.status::text, count(*),
           coalesce(max(extract(epoch FROM now() - coalesce(j.scheduled_at, e.at))), 0)
      FROM procrastinate_jobs j
      LEFT JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events WHERE job_id = j.id) e ON true
     WHERE j.status = 'failed' OR j.status = 'doing'
        OR (j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now())
     GROUP BY 1, 2
"""


@router.get("/health")
async def health() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@router.get("/ready", responses={503: {"description": "The database cannot be reached, or cannot write"}})
async def ready(request: Request) -> dict[str, str]:
    """The database answers, is migrated, and takes a write."""
    try:
        async with request.app.state.runtime.database.begin(None) as session:
            await session.execute(text("SELECT 1 FROM tenant LIMIT 1"))
            await session.execute(text("SET LOCAL work_mem = '64kB'"))
            await session.execute(text(_SPILLS))
            only_reads = (await session.execute(text(_WRITES))).one()[1] == "on"
    except Exception as error:  # whatever it was, this node cannot serve
        raise Unavailable(_why(error)) from error
    if only_reads:
        raise Unavailable("The database only reads.")
    try:
        await check_node_keys(request.app.state.runtime)
    except KeysDiffer as error:
        raise Unavailable(f"This node's keys are not the database's: {error}.") from error
    except KeyServiceDown as error:
        raise Unavailable("The key service does not answer.") from error
    return {"status": "ready"}


def _why(error: Exception) -> str:
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    full = state.startswith("53")
    return (
        f"The database cannot write: it is out of a resource ({state})." if full else "The database cannot be reached."
    )


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Prometheus metrics: this process's own, and the queue's, which are the same for all."""
    await _count_jobs(request.app.state.runtime.database)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _count_jobs(database: Database) -> None:
    try:
        async with database.begin(None) as session:
            rows = (await session.execute(text(_JOBS))).all()
    except Exception as error:  # only an outage is let pass: the metrics go on without the database
        if not is_outage(error):
            raise
        return  # the database is away: what the process knows by itself is shown all the same
    JOBS.clear()
    OLDEST.clear()
    for queue, state, count, age in rows:
        JOBS.labels(queue, state).set(count)
        if state == "todo":
            OLDEST.labels(queue).set(age)


class Timing:
    """ASGI middleware: counts and times requests by route, not by path, so that ids make no series."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            with span(f"http {scope['method']}", after={"traceparent": given.get("traceparent", "")}):
                await self.app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            REQUESTS.labels(scope["method"], route, status).inc()
            SECONDS.labels(route).observe(time.perf_counter() - started)
