"""A session's replay in the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text


def print_replay(console: Console, session: dict[str, Any]) -> None:
    """The whole session in order, a line or two an entry."""
    console.print(f"Session {session['id']}  {session['channel']}  patient {session['patient_id'] or 'not known'}")
    for entry in session["entries"]:
        console.print(_line(entry), soft_wrap=True)
    if session["whole"]:
        console.print("The chain of this session is whole.")
    else:
        console.print(f"THE CHAIN IS BROKEN: {session['first_break']}", style="red")


def _line(entry: dict[str, Any]) -> Text:
    body = entry["body"]
    text = Text(f"{entry['seq']:4} {str(body.get('at', ''))[:19]}  ")
    kind = entry["kind"]
    if kind in ("message_in", "message_out"):
        text.append("patient:  " if kind == "message_in" else "wardline: ", style="bold")
        text.append(entry["text"] if entry["text"] is not None else "(the text is gone)")
        if entry["text_matches"] is False:
            text.append("  [the text is not the one on the record]", style="red")
    elif kind == "understood":
        commands = ", ".join(_command(command) for command in body["commands"]) or "nothing"
        text.append(f"understood by {body['by']}: {commands}", style="cyan")
        if body["red_flags"]:
            text.append(f"  RED FLAG {body['red_flags']}", style="red")
    elif kind == "tool_call":
        text.append(f"tool {body['tool']} {body['outcome']}", style="yellow")
        text.append(f" {body.get('code', '')} {body['args']} by {body['principal']} ({body['latency_ms']} ms)")
    else:
        shown = {name: value for name, value in body.items() if name != "at" and value is not None}
        text.append(f"{kind} {shown}", style="dim")
    return text


def _command(command: dict[str, Any]) -> str:
    rest = ", ".join(str(value) for name, value in command.items() if name != "kind")
    return f"{command['kind']}({rest})" if rest else str(command["kind"])
