"""Conversations run again from the record: with the same code every turn is the same, and nothing is written."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from rich.console import Console
from rich.progress import track
from sqlalchemy import text

from cli.chat import say
from evals.harness import hospital, running_runtime
from evals.soak.double_booking import _staff
from tools.runtime.runtime import Runtime
from wiring import demo

TALKS = (
    ("book dr meera nair on thursday morning", "{birth}", "2", "yes", "thanks"),
    ("is there parking", "what are my appointments", "{birth}"),
    ("hello", "mujhe dentist se milna hai", "{birth}", "kal", "1", "haan"),
    ("cancel my appointment", "{birth}", "yes"),
    ("i have crushing chest pain",),
    ("what documents should i bring", "and the opening hours?", "a person please"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    sessions: int
    turns: int
    same: int
    written: int  # rows that the reruns left, beside the notes that they were made
    turns_per_s: float

    @property
    def good(self) -> bool:
        return self.same == self.turns > 0 and self.written == 0


async def run(runtime: Runtime, *, sessions: int, understanding: str = "builtin") -> Outcome:
    console = Console(stderr=True)
    patients = (await demo.facts(runtime.database, demo.TENANT_ID)).patients
    made = []
    for number in track(range(sessions), "playing", console=console, disable=not console.is_terminal):
        who, lines = patients[number % len(patients)], TALKS[number % len(TALKS)]
        for line in lines:
            words = line.format(birth=f"{who['birth_date']:%d %B %Y}")
            answer = await say(runtime, demo.TENANT_ID, who["phone"], words)
        made.append(str(answer["session_id"]))
        closed = {"conversation_id": made[-1]}
        await runtime.call("conversations.close_conversation", closed, _staff())
    before = await _rows(runtime)
    turns = same = 0
    started = time.perf_counter()
    for session_id in track(made, "running again", console=console, disable=not console.is_terminal):
        args = {"session_id": session_id, "understanding": understanding}
        found = json.loads((await runtime.call("record.rerun_session", args, _staff())).body)
        turns, same = turns + found["turns"], same + found["same"]
    spent = time.perf_counter() - started
    return Outcome(len(made), turns, same, await _rows(runtime) - before, round(turns / spent, 1))


async def _rows(runtime: Runtime) -> int:
    """Rows of everything a turn may write, and the versions of what it may change."""
    query = text(
        "SELECT (SELECT count(*) FROM appointment) + (SELECT count(*) FROM message) + (SELECT sum(version) FROM "
        "conversation)"
        " + (SELECT count(*) FROM ticket) + (SELECT count(*) FROM waitlist_entry) + (SELECT count(*) FROM "
        "policy_violation)"
        " + (SELECT count(*) FROM event_log) + (SELECT count(*) FROM audit_entry WHERE kind <> 'tool_call')"
    )
    async with runtime.database.begin(demo.TENANT_ID) as session:
        return int((await session.execute(query)).scalar_one())


async def main() -> Outcome:
    async with hospital() as place, running_runtime(place) as runtime:
        return await run(runtime, sessions=1_000)
