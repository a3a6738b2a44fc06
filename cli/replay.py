"""A session's replay in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from db.json import JsonObject


def print_replay(console: Console, session: JsonObject) -> None:
    """The whole session in order, a line or two an entry."""
    console.print(f"Session {session['id']}  {session['channel']}  patient {session['patient_id'] or 'not known'}")
    if session["redacted"]:
        console.print("Texts are redacted; --break-glass REASON shows them as they were.", style="dim")
    for entry in session["entries"]:
        console.print(_line(entry), soft_wrap=True)
    if session["whole"]:
        console.print("The chain of this session is whole.")
    else:
        console.print(f"THE CHAIN IS BROKEN: {session['first_break']}", style="red")


def _line(entry: JsonObject) -> Text:
    body, full, kind = entry["body"], entry["full"] or {}, entry["kind"]
    text = Text(f"{entry['seq']:4} {str(body.get('at', ''))[:19]}  ")
    if kind in ("message_in", "message_out"):
        text.append("patient:  " if kind == "message_in" else "wardline: ", style="bold")
        text.append("(erased)" if entry["erased"] else full.get("text", ""))
    elif kind == "understood":
        commands = ", ".join(_command(command) for command in full.get("commands", body["commands"])) or "nothing"
        prompt = f" (prompt {body['prompt']})" if body.get("prompt") else ""
        text.append(f"understood by {body['by']}{prompt}: {commands}", style="cyan")
        if body["red_flags"]:
            text.append(f"  RED FLAG {body['red_flags']}", style="red")
    elif kind == "tool_call":
        text.append(f"tool {body['tool']} {body['outcome']}", style="yellow")
        given = full.get("args", body.get("args"))
        text.append(f" {body.get('code') or ''} {given} by {body['principal']} ({body['latency_ms']} ms)")
    elif kind == "policy_decision":
        said = ", ".join(
            f"{name} {value}" for name, value in body.items() if name not in ("at", "rule", "decision") and value
        )
        text.append(f"rule {body['rule']}: {body['decision']}", style="magenta")
        text.append(f"  {said}", style="dim")
    else:
        shown = {name: value for name, value in body.items() if name != "at" and value is not None}
        text.append(f"{kind} {shown}", style="dim")
    return text


def _command(command: JsonObject) -> str:
    rest = ", ".join(str(value) for name, value in command.items() if name != "kind")
    return f"{command['kind']}({rest})" if rest else str(command["kind"])
