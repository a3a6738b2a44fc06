"""Sessions on the record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from cli.commands.governance import rerun
from cli.terminal import Json, call, call_all, out, print_call
from db.json import JsonObject

if TYPE_CHECKING:
    pass

app = typer.Typer(name="session", no_args_is_help=True, help=__doc__)
app.command("rerun")(rerun)


@app.command("list")
def session_list(agent: str = "", channel: str = "", as_json: Json = False) -> None:
    """List sessions."""
    args = {"agent": agent or None, "channel": channel or None, "limit": 200}
    print_call("record.list_sessions", args, as_json=as_json, line=_session_line)


@app.command("show")
def session_show(session_id: UUID) -> None:
    """Show one session."""
    print_call("record.get_session", {"session_id": str(session_id)}, as_json=True, line=str)


@app.command("replay")
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
    call_all("record.replay_session", {"session_id": str(session_id)}, parts="entries", show=show)


def _session_line(item: JsonObject) -> str:
    when, who = item["started_at"][:19], item["principal"]
    return f"{item['id']}  {when}  {item['channel']:9} {item['agent']:10} {item['head_seq']:5} {who}"
