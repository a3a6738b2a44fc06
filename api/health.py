"""Is the service alive, is it ready, and what has it done?"""

from __future__ import annotations

import time

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from sqlalchemy import text
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tools.runtime.errors import Unavailable

router = APIRouter(tags=["health"])
REQUESTS = Counter("wardline_http_requests_total", "HTTP requests", ["method", "route", "status"])
SECONDS = Histogram("wardline_http_request_seconds", "Time to answer an HTTP request", ["route"])


@router.get("/health")
async def health() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


@router.get("/ready", responses={503: {"description": "The database cannot be reached"}})
async def ready(request: Request) -> dict[str, str]:
    """The database answers and is migrated."""
    try:
        async with request.app.state.runtime.database.begin(None) as session:
            await session.execute(text("SELECT 1 FROM tenant LIMIT 1"))
    except Exception as error:
        raise Unavailable("The database cannot be reached.") from error
    return {"status": "ready"}


@router.get("/metrics", include_in_schema=False)
async def metrics() -> Response:
    """Prometheus metrics."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


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

        try:
            await self.app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            REQUESTS.labels(scope["method"], route, status).inc()
            SECONDS.labels(route).observe(time.perf_counter() - started)
