"""`wardline`: everything that is done from a terminal."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import typer

from cli.audit import audit_app, seals_app
from cli.governance import policy_app, rerun, vault_app
from cli.jobs import jobs_app
from cli.scribe import note
from cli.terminal import call, call_all, caller_for, check_folder, out, print_call, with_runtime
from cli.voice import transcribe
from db.json import JsonObject
from settings import Settings, get_settings
from tools.runtime.runtime import Runtime
from wiring import logs

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
tools_app = typer.Typer(no_args_is_help=True, help="The tools that every face is made from.")
session_app = typer.Typer(no_args_is_help=True, help="Sessions on the record.")
app.add_typer(tools_app, name="tools")
app.add_typer(session_app, name="session")
app.add_typer(audit_app, name="audit")
app.add_typer(seals_app, name="seals")
app.add_typer(policy_app, name="policy")
app.add_typer(vault_app, name="vault")
app.add_typer(jobs_app, name="jobs")
session_app.command("rerun")(rerun)
app.command("transcribe")(transcribe)
app.command("note")(note)
Json = Annotated[bool, typer.Option("--json", help="Print JSON")]


def main() -> None:
    settings = get_settings()
    logs.configure(settings.log_level)
    app()


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
    from scribe.drafting import load

    settings = get_settings()
    end_with_parent()
    check_free(settings.host, settings.port)
    threading.Thread(target=load, name="scribe-load", daemon=True).start()
    uvicorn.run(
        "api.http.app:served", factory=True, host=settings.host, port=settings.port, log_level="warning",
        access_log=False,
        proxy_headers=False, timeout_graceful_shutdown=10, ws_max_size=1_048_576,
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
    """Run jobs: turns, sending, reactions, what repeats, and hearing. The background is best a process of its own
    beside the front: the recogniser takes every core there is."""
    from cli.supervise import end_with_parent
    from tools.runtime.jobs import BACKGROUND, QUEUES
    from worker.main import register, work

    end_with_parent()
    if part is Part.BACKGROUND:
        os.nice(19)
    front = [queue for queue in QUEUES if queue not in BACKGROUND]
    queues = {Part.ALL: QUEUES, Part.FRONT: front, Part.BACKGROUND: BACKGROUND}[part]

    async def body(runtime: Runtime) -> None:
        register(runtime)
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


@app.command()
def chat(
    phone: Annotated[str, typer.Option(help="Number to write from; the first demo patient's where not given")] = "",
    as_json: Json = False,
    new: Annotated[bool, typer.Option("--new", help="Close the number's open conversation and begin another")] = False,
) -> None:
    """Talk to the assistant from the terminal. With --json: a message a line in, a JSON line a reply out."""
    from cli.chat import run

    with_runtime(lambda runtime: run(runtime, get_settings(), phone=phone, as_json=as_json, new=new))


@app.command()
def demo(as_json: Json = False) -> None:
    """What is needed to try the demo hospital: URL, keys, patients, doctors, Twilio token."""
    from wiring import demo as hospital
    from wiring.keys import master_secret, twilio_token

    settings = get_settings()

    async def body(runtime: Runtime) -> None:
        facts = await hospital.facts(runtime.database, hospital.TENANT_ID)
        secret = master_secret(settings)
        shown = {
            "base_url": f"http://{settings.host}:{settings.port}",
            "tenant": hospital.SLUG,
            "api_keys": {role: hospital.demo_key(secret, role) for role in hospital.ROLES},
            "whatsapp_number": hospital.WHATSAPP,
            "twilio_auth_token": twilio_token(settings),
            "patients": facts.patients,
            "doctors": facts.doctors,
            "specialties": hospital.SPECIALTIES,
        }
        if as_json:
            print(json.dumps(shown, default=str))
        else:
            out.print_json(json.dumps({**shown, "patients": facts.patients[:10]}, default=str))

    with_runtime(body)


@app.command()
def token(role: str, patient: Annotated[str, typer.Option(help="Patient id, for the role patient")] = "") -> None:
    """Print a JWT of the development issuer, good for an hour. Refused in production."""
    from api.identity.dev_issuer import DevIssuer, DevIssuerForbidden

    settings = get_settings()
    check_folder(settings)
    try:
        issuer = DevIssuer(settings.data_dir.resolve(), settings.env)
    except DevIssuerForbidden as forbidden:
        raise SystemExit(str(forbidden)) from None
    patient_id = UUID(patient) if patient else None
    print(issuer.issue(f"dev-{role}", [role], tenant=settings.tenant, patient_id=patient_id))


@app.command()
def doctor() -> None:
    """Say what this installation will use."""
    settings = get_settings()
    model = f"{settings.model_name} at {settings.model_base_url}" if settings.model_name else "none: built-in alone"
    database = "WARDLINE_DATABASE_URL" if settings.database_url else f"embedded, in {settings.data_dir.resolve()}/pg"
    configured = settings.twilio_account_sid and settings.twilio_auth_token and settings.twilio_whatsapp_from
    for name, value in (
        ("environment", settings.env),
        ("data folder", _folder(settings)),
        ("database", database),
        ("model", model),
        ("carrier", "Twilio" if configured else "none: messages rest in the outbox"),
        ("master keys", settings.key_service_url or str(settings.master_key_file or settings.data_dir / "master.keys")),
        ("seals", settings.seal_store or f"{settings.data_dir}/seals: keep them elsewhere in production"),
        ("recordings", settings.blob_store or f"{settings.data_dir}/blobs"),
        ("hearing", _engine(settings, settings.whisper_model, "batch")),
        ("hearing live", _engine(settings, settings.whisper_live_model or settings.whisper_model, "live")),
        ("calls", f"{settings.voice_calls}, voice: {_voice_out(settings)}"),
        ("redaction", settings.spacy_model or "rules and known people, no model"),
        ("clock", str(settings.clock or "the real one")),
    ):
        out.print(f"{name:12} {value}")


def _folder(settings: Settings) -> str:
    """Which, why that one, and whether it is there."""
    why = "WARDLINE_DATA_DIR" if "data_dir" in settings.model_fields_set else "found: WARDLINE_DATA_DIR is not set"
    there = "" if settings.data_dir.is_dir() else "; not there yet: wardline migrate makes it"
    return f"{settings.data_dir.resolve()} ({why}{there})"


def _voice_out(settings: Settings) -> str:
    if settings.voice_speech == "openai":
        return f"{settings.voice_speech_model} at {settings.voice_speech_url}"
    return "the carrier's" if settings.voice_calls == "relay" else "espeak-ng"


def _engine(settings: Settings, model: str | None, slot: Literal["batch", "live"]) -> str:
    """Which recogniser hears, with which model, on which device."""
    from voice.recognition.choosing import describe

    used = describe(
        model, device=settings.whisper_device, compute_type=settings.whisper_compute_type, slot=slot,
        download=settings.whisper_download,
    )  # fmt: skip
    kind = " (stands in: not for clinical notes)" if used.stand_in else "" if used.usable else " (CANNOT BE USED)"
    return f"{used.engine} {used.model}, {used.device} {used.compute_type}{kind}: {used.why}"


@app.command()
def outbox(state: str = "", as_json: Json = False) -> None:
    """Show outgoing messages and their delivery states."""
    args = {"state": state or None, "limit": 200}
    print_call("conversations.list_outbox", args, as_json=as_json, line=_outbox_line)


@tools_app.command("list")
def tools_list(as_json: Json = False) -> None:
    """List all tools."""
    from tools import rooms
    from tools.runtime.tool import all_tools

    rooms.load()
    rows = [
        {"name": t.name, "effect": t.effect.value, "needs": t.needs.name, "summary": t.summary} for t in all_tools()
    ]
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        out.print(f"{row['name']:40} {row['effect']:9} {row['needs']:22} {row['summary']}", soft_wrap=True)


@tools_app.command("schema")
def tools_schema(name: str) -> None:
    """Print a tool's input and output schemas."""
    from tools import rooms
    from tools.runtime.tool import find_tool

    rooms.load()
    tool = find_tool(name)
    if tool is None:
        raise typer.BadParameter(f"there is no tool {name}; see: wardline tools list")
    print(json.dumps({"input": tool.args.model_json_schema(), "output": tool.out.model_json_schema()}, indent=2))


@tools_app.command("run")
def tools_run(
    name: str,
    args: Annotated[str, typer.Argument(help="Arguments as a JSON object")] = "{}",
    key: Annotated[
        str, typer.Option(envvar="WARDLINE_API_KEY", help="API key to act under; the admin of the demo otherwise")
    ] = "",
    idempotency_key: str = "",
) -> None:
    """Run a tool, with the same checks as everywhere."""
    from tools.runtime.errors import ToolError

    async def body(runtime: Runtime) -> None:
        caller = await caller_for(runtime, key)
        try:
            reply = await runtime.call(name, args.encode(), caller, channel="cli", key=idempotency_key or None)
        except ToolError as error:
            print(json.dumps(error.problem()))
            raise SystemExit(1) from None
        print(reply.body)

    with_runtime(body)


@session_app.command("list")
def session_list(agent: str = "", channel: str = "", as_json: Json = False) -> None:
    """List sessions."""
    args = {"agent": agent or None, "channel": channel or None, "limit": 200}
    print_call("record.list_sessions", args, as_json=as_json, line=_session_line)


@session_app.command("show")
def session_show(session_id: UUID) -> None:
    """Show one session."""
    print_call("record.get_session", {"session_id": str(session_id)}, as_json=True, line=str)


@session_app.command("replay")
def session_replay(
    session_id: UUID,
    as_json: Json = False,
    break_glass: Annotated[
        str,
        typer.Option(help="Why the redacted text is not enough: shows it in full for 15 minutes, and alerts others"),
    ] = "",
) -> None:
    """Replay a session: everything that was heard, understood, decided, done and said, in order; texts are redacted."""
    from cli.replay import print_replay

    def show(result: JsonObject) -> None:
        print(json.dumps(result)) if as_json else print_replay(out, result)

    if break_glass:
        call("record.break_glass", {"session_id": str(session_id), "reason": break_glass}, lambda _: None)
    call_all("record.replay_session", {"session_id": str(session_id)}, "entries", show)


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


def _session_line(item: JsonObject) -> str:
    return (
        f"{item['id']}  {item['started_at'][:19]}  {item['channel']:9} {item['agent']:10} {item['head_seq']:5} "
        f"{item['principal']}"
    )


def _outbox_line(item: JsonObject) -> str:
    return f"{item['at'][:19]}  {item['state']:9} {item['purpose'] or '':12} {item['body']!r}"


if __name__ == "__main__":
    main()
