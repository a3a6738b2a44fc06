"""Starting what serves and what works."""

from __future__ import annotations

import asyncio
import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cli.terminal import out, with_runtime
from settings import Settings, get_settings

if TYPE_CHECKING:
    from tools.runtime.runtime import Runtime

app = typer.Typer()


@app.command()
def up() -> None:
    """Start everything: database, migrations, demo hospital, server and worker. Ctrl-C ends it."""
    from cli import supervise
    from cli.address import check_free

    settings = get_settings()
    check_free(settings.host, settings.port)
    raise SystemExit(supervise.run(settings, service_url=_prepare(settings)))


@app.command()
def migrate(demo: Annotated[bool, typer.Option(help="Load the demo hospital too")] = False) -> None:
    """Bring the database's schema up to date."""
    settings = get_settings()
    _prepare(settings, demo=demo)
    out.print("The database is up to date.")


@app.command()
def serve() -> None:
    """Serve HTTP."""
    import uvicorn

    from cli.address import check_free
    from cli.supervise import end_with_parent

    settings = get_settings()
    end_with_parent()
    check_free(settings.host, settings.port)
    uvicorn.run(
        "api.http.app:served", factory=True, host=settings.host, port=settings.port, log_level="warning",
        access_log=False, proxy_headers=False, timeout_graceful_shutdown=10, ws_max_size=1_048_576,
    )  # fmt: skip


class Part(StrEnum):
    """Which of the jobs a worker runs."""

    ALL = "all"
    FRONT = "front"
    BACKGROUND = "background"


@app.command()
def worker(
    part: Annotated[
        Part, typer.Argument(help="background: recordings, voice notes, reminders, purges, at the lowest priority")
    ] = Part.ALL,
) -> None:
    """Run jobs: turns, sending, reactions, what repeats, and recognition. The background is best a process of its own
    beside the front: the recogniser takes every core there is."""
    from cli.supervise import end_with_parent
    from tools.runtime.jobs import BACKGROUND, QUEUES
    from wiring.runtime import warm
    from worker.main import register, work

    end_with_parent()
    if part is Part.BACKGROUND:
        os.nice(19)
    front = [queue for queue in QUEUES if queue not in BACKGROUND]
    queues = {Part.ALL: QUEUES, Part.FRONT: front, Part.BACKGROUND: BACKGROUND}[part]

    async def body(runtime: Runtime) -> None:
        register(runtime)
        if part is not Part.BACKGROUND:
            await asyncio.to_thread(warm, runtime)
        await work(runtime, get_settings(), queues=queues)

    with_runtime(body)


@app.command()
def mcp(key: Annotated[str, typer.Option(envvar="WARDLINE_API_KEY", help="API key to act under")]) -> None:
    """Serve the tools over MCP on standard input and output."""
    from api.identity.principals import principal_of
    from api.mcp import serve_stdio

    async def body(runtime: Runtime) -> None:
        await serve_stdio(runtime, await principal_of(key, runtime, None))

    with_runtime(body)


def _prepare(settings: Settings, *, demo: bool = True) -> str:
    """Migrate, and load the demo hospital; the service's URL."""
    from db import provision
    from tools.runtime.unit_of_work import Clock
    from wiring import demo as hospital
    from wiring.keys import master_secret

    service, owner = provision.urls(settings, make=True)
    provision.migrate(owner, settings.database_app_role)
    if demo and settings.env != "production":
        now = Clock(settings.clock).now()
        loading = hospital.load(owner, secret=master_secret(settings), now=now, horizon_days=settings.slot_horizon_days)
        if asyncio.run(loading):
            out.print("The demo hospital is loaded.")
    return service
