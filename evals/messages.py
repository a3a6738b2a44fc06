"""Our own labelled messages (`data/understanding/*.yaml`): right where all commands are the same, in order."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from agents.commands import COMMANDS, Command
from agents.understanding.builtin.understand import read
from agents.understanding.utterance import Directory, Known, Utterance


def show(commands: list[Command]) -> str:
    return "; ".join(" ".join(str(value) for value in c.model_dump().values()) for c in commands)


def score_own(folder: Path, errors: list[str] | None = None) -> tuple[int, int]:
    """(right, all) of our own labelled messages."""
    right = total = 0
    for path in [folder] if folder.is_file() else sorted(folder.glob("*.yaml")):
        document = yaml.safe_load(path.read_text())
        directory = _directory(document["directory"])
        now = datetime.fromisoformat(document["now"])
        for case in document["cases"]:
            expected = COMMANDS.validate_python([_written(line) for line in case["expect"]])
            context = {key: case[key] for key in ("awaiting", "flow", "last_answer") if key in case}
            utterance = Utterance(
                text=case["say"], now=now, options=tuple(case.get("options", ())), directory=directory, **context
            )
            commands = read(utterance)
            same = _comparable(commands) == _comparable(expected)
            right, total = right + same, total + 1
            if errors is not None and not same:
                errors.append(f"OWN {case['say']!r}\n   expected {show(expected)}\n   got      {show(commands)}")
    return right, total


def _written(line: str) -> dict[str, Any]:
    """A command as the lists write it: "start book", "fill day: next tuesday", "ask parking", "choose: 2", "deny"."""
    head, _, value = line.partition(": ")
    kind, _, rest = head.partition(" ")
    key = {
        "start": "flow",
        "fill": "slot",
        "correct": "slot",
        "more": "direction",
        "ask": "topic",
        "set_language": "language",
    }.get(kind)
    return {"kind": kind} | ({key: rest} if key and rest else {}) | ({"value": value} if value else {})


def _comparable(commands: list[Command]) -> list[dict[str, Any]]:
    """Commands without letter case, and without the words of a question, which are for the answer's logging only."""
    return [
        {
            key: value.lower() if isinstance(value, str) else value
            for key, value in command.model_dump(exclude={"about"}).items()
        }
        for command in commands
    ]


def _directory(said: dict[str, Any]) -> Directory:
    return Directory(
        **{
            kind: tuple(
                Known(id=item["id"], name=item["name"], aliases=tuple(item.get("aliases", ()))) for item in items
            )
            for kind, items in said.items()
        }
    )
