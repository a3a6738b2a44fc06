"""`wardline audit` and `wardline seals`: verify the record, export it, prove an entry; make seals, and their keys."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from cli.terminal import unprepared
from db import provision
from db.engine import Database
from db.json import JsonObject
from governance.record import canonical
from governance.seals import keys as key_files
from governance.seals import sealing
from governance.seals.checking import check_tenant
from governance.seals.export import export
from governance.seals.keys import TrustedKeys
from governance.seals.offline import verify_file
from governance.seals.proofs import NotSealed, prove_entry
from governance.seals.report import Report
from settings import get_settings
from wiring.keys import seal_key_path, seals

audit_app = typer.Typer(
    name="audit", no_args_is_help=True, help="The record: is it whole, what is in it, what can be shown of it."
)
seals_app = typer.Typer(name="seals", no_args_is_help=True, help="Seals over the record, and the keys that sign them.")
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]
_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]
Time = Annotated[datetime | None, typer.Option(formats=_TIMES, help="UTC where there is no zone")]
err = Console(stderr=True)


@audit_app.command("verify")
def verify(
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="An export or a proof; none: the database is verified"),
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Trusted keys, from `wardline seals keys`")
    ] = None,
    since: Time = None,
    as_json: Json = False,
) -> None:
    """Is the record whole, and is it what was sealed? Exits with 1 where not, and names each place. A file is verified
    with nothing but itself and the trusted keys."""
    if file is not None:
        if keys is None:
            raise typer.BadParameter("a file is verified against --keys")
        report = verify_file(file, TrustedKeys.load(keys))
    else:
        report = asyncio.run(_verify(None if keys is None else TrustedKeys.load(keys), _aware(since)))
    _show(report, as_json=as_json)


@audit_app.command("export")
def export_period(since: Time = None, until: Time = None, output: Path | None = None) -> None:
    """Write what was sealed in a period as JSON Lines, signed; what waits is sealed first."""

    async def body(place: _Place) -> None:
        if until is None:
            await _seal(place)
        target = sys.stdout if output is None else output.open("w", encoding="utf-8", newline="\n")
        async with place.database.begin(place.tenant_id) as session:
            lines = export(
                session, seals(get_settings()).keys, tenant_id=place.tenant_id, since=_aware(since),
                until=_aware(until),
                now=_now(),
            )  # fmt: skip
            async for line in lines:
                target.write(line)
        if output is not None:
            target.close()

    _with_place(body)


@audit_app.command("prove")
def prove(session_id: UUID, seq: int) -> None:
    """Print a proof that one entry is under a seal; of other entries it shows nothing but digests."""

    async def body(place: _Place) -> None:
        async with place.database.begin(place.tenant_id) as session:
            try:
                proof = await prove_entry(session, tenant_id=place.tenant_id, session_id=session_id, seq=seq)
            except NotSealed as error:
                raise SystemExit(f"{error}; what was just written is sealed by: wardline seals make") from None
        print(canonical(proof))

    _with_place(body)


@seals_app.command("make")
def make(
    everything: Annotated[
        bool, typer.Option("--all", help="Look at all sessions, as after a dump was restored into another server")
    ] = False,
) -> None:
    """Seal what waits, now."""
    _with_place(lambda place: _seal(place, everything=everything))


@seals_app.command("publish")
def publish() -> None:
    """Write copies that are missing outside again, from the database, as after the loss of a disk."""

    async def body(place: _Place) -> None:
        settings = get_settings()
        store, trusted = seals(settings).store, seals(settings).keys.trusted()
        async with place.database.begin(place.tenant_id) as session:
            try:
                written = await sealing.publish(session, store, trusted, tenant_id=place.tenant_id)
            except sealing.SealRefused as refused:
                raise SystemExit(f"not written: {refused}") from None
        err.print(f"{len(written)} copies written")

    _with_place(body)


@seals_app.command("keys")
def public_keys() -> None:
    """Print the public keys: the file that a verifier is given, apart from the record."""
    print(seals(get_settings()).keys.trusted().lines(), end="")


@seals_app.command("rotate")
def rotate() -> None:
    """Add a key, which signs from then on; restart the workers, and give verifiers the new public keys."""
    settings = get_settings()
    seals(settings)  # makes the file where this is the first use
    err.print(f"{key_files.rotate(seal_key_path(settings))} signs from the next start on")


@dataclass(frozen=True, slots=True)
class _Place:
    database: Database
    tenant_id: UUID


@asynccontextmanager
async def _opened() -> AsyncIterator[_Place]:
    """The database alone: neither queue nor runtime."""
    settings = get_settings()
    database = Database((await asyncio.to_thread(provision.urls, settings))[0], pool_size=2)
    try:
        async with database.begin(None) as session:
            query = text("SELECT id FROM tenant WHERE slug = :slug")
            try:
                tenant_id = (await session.execute(query, {"slug": settings.tenant})).scalar_one()
            except ProgrammingError as error:
                raise SystemExit(unprepared(error)) from error
        yield _Place(database, tenant_id)
    finally:
        await database.close()


def _with_place(body: Callable[[_Place], Awaitable[None]]) -> None:
    async def inside() -> None:
        async with _opened() as place:
            await body(place)

    asyncio.run(inside())


async def _seal(place: _Place, *, everything: bool = False) -> None:
    settings = get_settings()
    store, keys = seals(settings).store, seals(settings).keys
    async with place.database.begin(place.tenant_id) as session:
        try:
            seal = await sealing.seal_tenant(
                session, store, keys, tenant_id=place.tenant_id, now=_now(), everything=everything
            )
        except sealing.SealRefused as refused:
            raise SystemExit(f"nothing was sealed: {refused}") from None
    err.print("Nothing waits." if seal is None else f"Seal {seal.number}: {seal.size} heads so far, by {seal.key}")


async def _verify(trusted: TrustedKeys | None, since: datetime | None) -> Report:
    settings = get_settings()
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TextColumn("entries"), TimeRemainingColumn())
    async with _opened() as place, place.database.begin(place.tenant_id) as session:
        with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
            task = bar.add_task("", total=None)
            return await check_tenant(
                session, seals(settings).store, trusted or seals(settings).keys.trusted(), tenant_id=place.tenant_id,
                since=since, progress=lambda done, total: bar.update(task, completed=done, total=total),
            )  # fmt: skip


def _show(report: Report, *, as_json: bool) -> None:
    if as_json:
        shown: JsonObject = {"whole": report.whole, **asdict(report)}
        print(json.dumps(shown, default=str))
    else:
        since = "" if report.since is None else f" (only what moved since {report.since.isoformat()})"
        waiting = f", {report.unsealed} entries wait for a seal" if report.unsealed else ""
        print(f"{report.sessions} sessions, {report.entries} entries, {report.seals} seals{waiting}{since}")
        for broken in report.breaks:
            print(f"BROKEN {broken}")
        print("The record is whole." if report.whole else "The record is broken.")
    if not report.whole:
        raise SystemExit(1)


def _aware(time: datetime | None) -> datetime | None:
    return time if time is None or time.tzinfo is not None else time.replace(tzinfo=UTC)


def _now() -> datetime:
    return get_settings().clock or datetime.now(UTC)
