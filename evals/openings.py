"""First messages as people write them (`data/openings/*.yaml`): whether what they want is read, and alarms that they
raise though none of them is an emergency.

`python -m evals.openings [open|frozen|second|third] [--misses]`. Of the frozen half no text is shown.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Any

import typer
import yaml

from agents.commands import Abandon, Ask, Chat, Command, Fill, Goodbye, Start, StopMessages, Thank
from agents.screen.screening import Screens
from agents.turn.running import read_hospital
from agents.understanding.builtin.understand import read
from agents.understanding.meaning.reader import Meaning
from agents.understanding.utterance import Utterance
from evals.harness import NOW, hospital, running_runtime
from wiring import demo

SETS = Path(__file__).parent / "data" / "openings"
FLOW_OF = {
    "book": "book", "move": "reschedule", "cancel": "cancel", "ask_visits": "list", "register": "register",
    "refill": "request", "complain": "request", "service": "request",
}  # fmt: skip


def wants(commands: list[Command]) -> list[str]:
    """What the commands are about, in order: flows by name, "ask", "stop", "bye"."""
    found: list[str] = []
    for one in commands:
        if isinstance(one, Start):
            found.append(one.flow)
        elif isinstance(one, Ask) and one.topic != "other":
            found.append("ask")
        elif isinstance(one, StopMessages):
            found.append("stop")
    quiet = all(isinstance(one, Abandon | Goodbye | Thank | Chat | Fill) or not found for one in commands)
    return list(dict.fromkeys(found)) or (["bye"] if quiet else [])


def right(row: dict[str, Any], commands: list[Command]) -> bool:
    """Whether each thing that is wanted was read, and nothing that changes a visit besides."""
    wanted = {FLOW_OF.get(one, {"ask_hospital": "ask"}.get(one, one)) for one in row["wants"]}
    got = set(wants(commands))
    besides = {"book", "reschedule", "cancel", "stop"} & (got - wanted)
    return wanted <= got and not besides


async def readings(half: str) -> list[tuple[dict[str, Any], list[Command], str]]:
    """(the row, the commands read, the level of alarm) of each, at a hospital of its own."""
    rows = yaml.safe_load((SETS / f"{half}.yaml").read_text(encoding="utf-8"))
    async with hospital() as place, running_runtime(place) as runtime:
        names = (await read_hospital(runtime.database, demo.TENANT_ID)).names
        meaning, screens = runtime.services.get(Meaning), runtime.services.get(Screens)
        return [
            (row, read(Utterance(text=row["text"], now=NOW, directory=names), meaning), screens.look(row["text"]).level)
            for row in rows
        ]


def main(half: str = typer.Argument("open"), misses: bool = False) -> None:
    """Score a half; the frozen one shows no text."""
    score: dict[str, list[bool]] = defaultdict(list)
    alarms: dict[str, int] = defaultdict(int)
    for row, commands, level in asyncio.run(readings(half)):
        good = right(row, commands)
        for name in ("all", row["manner"], *(f"wants {one}" for one in row["wants"])):
            score[name].append(good)
            alarms[name] += level != "none"
        if misses and half != "frozen" and (not good or level != "none"):
            print(f"{row['wants']} read {wants(commands)} {level if level != 'none' else ''}: {row['text']}")
    for name, ones in score.items():
        print(f"openings, {half}, {name}: {mean(ones):.3f} of {len(ones)} read right; {alarms[name]} false alarms")


if __name__ == "__main__":
    typer.run(main)
