"""What the commands share: a runtime for as long as one takes, a caller, a tool's answer shown."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from sqlalchemy.exc import ProgrammingError

from db.json import JsonObject
from settings import Settings, get_settings

if TYPE_CHECKING:
    from tools.runtime.principals import Principal
    from tools.runtime.runtime import Runtime

out = Console()
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]


def with_runtime(body: Callable[[Runtime], Awaitable[None]]) -> None:
    """Run a body with an open runtime."""
    from db import provision
    from wiring.loop import run
    from wiring.runtime import build_runtime, running

    settings = get_settings()
    check_folder(settings)

    async def inside() -> None:
        async with running(build_runtime(settings, provision.urls(settings)[0])) as runtime:
            await body(runtime)

    try:
        run(inside())
    except ProgrammingError as error:
        raise SystemExit(unprepared(error)) from error


def check_folder(settings: Settings) -> None:
    """Refuse to begin a data folder: these commands use one that is there. Needed is it for the database and for keys
    that no setting names."""
    kept = (settings.database_url, settings.secret_key, settings.master_key_file or settings.key_service_url,
            settings.seal_key_file, settings.seal_store, settings.blob_store)  # fmt: skip
    if not all(kept) and not settings.data_dir.is_dir():
        raise SystemExit(
            f"There is no data folder {settings.data_dir.resolve()}. To begin one there: wardline migrate --demo (or "
            "make up). If yours is elsewhere, name it in WARDLINE_DATA_DIR."
        )


def unprepared(error: ProgrammingError) -> str:
    """What to say of a database that has no tables yet; any other error is raised again."""
    if getattr(error.orig, "sqlstate", None) != "42P01":  # undefined_table
        raise error
    return "The database has no tables yet; run: wardline migrate (or make up)."


async def caller_for(runtime: Runtime, key: str) -> Principal:
    """The principal of an API key; without one, the administrator at this terminal."""
    from sqlalchemy import select

    from api.identity.principals import principal_of
    from tools.runtime.principals import Principal
    from tools.runtime.tables import TenantRecord

    if key:
        return await principal_of(key, runtime, None)
    async with runtime.database.begin(None) as session:
        tenant_id = (
            await session.scalars(select(TenantRecord.id).where(TenantRecord.slug == get_settings().tenant))
        ).one()
    return Principal(kind="staff", id="cli", tenant_id=tenant_id, roles=frozenset({"admin"}))


def call(name: str, args: JsonObject, show: Callable[[JsonObject], None]) -> None:
    """Call a tool and show its answer; a refusal is printed, and the exit status is 1."""
    from tools.runtime.errors import ToolError

    async def body(runtime: Runtime) -> None:
        try:
            reply = await runtime.call(name, args, await caller_for(runtime, ""), channel="cli")
        except ToolError as error:
            print(json.dumps(error.problem()))
            raise SystemExit(1) from None
        show(json.loads(reply.body))

    with_runtime(body)


def call_all(name: str, args: JsonObject, *, parts: str, show: Callable[[JsonObject], None]) -> None:
    """Call a tool that answers a part at a time (`after`, `next_after`) until its end, and show all as one answer."""
    whole: JsonObject = {}

    def receive(result: JsonObject) -> None:
        nonlocal whole
        whole = {**result, parts: [*whole.get(parts, []), *result[parts]]}

    call(name, args, receive)
    while whole["next_after"] is not None:
        call(name, {**args, "after": whole["next_after"]}, receive)
    show(whole)


def print_call(name: str, args: JsonObject, *, as_json: bool, line: Callable[[JsonObject], str]) -> None:
    """Call a tool that lists, and print a line an item."""

    def show(result: JsonObject) -> None:
        if as_json:
            print(json.dumps(result))
            return
        for item in result["items"]:
            out.print(line(item), soft_wrap=True, markup=False)

    call(name, args, show)
