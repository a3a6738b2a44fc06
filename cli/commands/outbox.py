"""What was, or waits to be, sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from cli.terminal import Json, print_call
from db.json import JsonObject

if TYPE_CHECKING:
    pass

app = typer.Typer()


@app.command()
def outbox(state: str = "", as_json: Json = False) -> None:
    """Show outgoing messages and their delivery states."""
    args = {"state": state or None, "limit": 200}
    print_call("conversations.list_outbox", args, as_json=as_json, line=_outbox_line)


def _outbox_line(item: JsonObject) -> str:
    return f"{item['at'][:19]}  {item['state']:9} {item['purpose'] or '':12} {item['body']!r}"
