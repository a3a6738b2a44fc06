"""Conversations as people write them (`scenarios/*.yaml`), each checked by the state that it leaves in the database.

`python -m evals.conversations [NAME]` plays one and prints it."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy import text

from api.chat import say
from evals.harness import hospital, running_runtime
from tools.facility import demo
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime

FOLDER = Path(__file__).parent / "scenarios"
ZONE = ZoneInfo(demo.ZONE)
_TABLES = (
    "slot_hold", "waitlist_entry", "encounter", "communication", "ticket_comment", "ticket", "appointment",
)  # fmt: skip


@dataclass(slots=True)
class Played:
    name: str
    talk: list[tuple[str, str | None]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def scenarios() -> list[dict[str, Any]]:
    """All scenarios, in order of file and place."""
    found: list[dict[str, Any]] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        found += yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


async def play(runtime: Runtime, scenario: dict[str, Any]) -> Played:
    """Play one on a hospital with no appointments, and compare what it leaves."""
    await _reset(runtime)
    facts = await demo.facts(runtime.database, demo.TENANT_ID)
    patients = {str(row["id"]): row for row in facts.patients}
    me = patients[str(demo._id("patient", scenario.get("patient", 0)))]
    phone = scenario.get("phone", me["phone"])
    await _given(runtime, scenario, me)
    played = Played(scenario["name"])
    for line in scenario["say"]:
        words = _fill_in(line, me["birth_date"])
        played.talk.append((words, (await say(runtime, demo.TENANT_ID, phone, words))["reply"]))
    await _check(runtime, scenario["ends"], played, me, phone)
    return played


def _fill_in(line: str, born: date) -> str:
    said = line.replace("$dob_iso", born.isoformat()).replace("$dob_slash", f"{born:%d/%m/%Y}")
    return said.replace("$dob", f"{born.day} {born:%B %Y}".lower())


async def _reset(runtime: Runtime) -> None:
    async with runtime.database.begin(demo.TENANT_ID) as session:
        for table in _TABLES:
            await session.execute(text(f"DELETE FROM {table}"))
        await session.execute(text("UPDATE conversation SET state = 'closed' WHERE state <> 'closed'"))
        await session.execute(text("UPDATE time_slot SET blocked = false WHERE blocked"))
        await session.execute(text("UPDATE consent SET withdrawn_at = NULL WHERE withdrawn_at IS NOT NULL AND purpose = 'messages'"
                                   " AND id IN (SELECT DISTINCT ON (patient_id) id FROM consent WHERE purpose = 'messages'"
                                   " ORDER BY patient_id, given_at)"
                                   " AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.patient_id = consent.patient_id"
                                   " AND c.purpose = 'messages' AND c.withdrawn_at IS NULL)"))  # fmt: skip


async def _given(runtime: Runtime, scenario: dict[str, Any], me: dict[str, Any]) -> None:
    staff = Principal(kind="staff", id="scenario", tenant_id=demo.TENANT_ID, roles=frozenset({"admin"}))
    for visit in scenario.get("given", ()):
        query = text(
            "SELECT s.id FROM time_slot s JOIN practitioner p ON p.id = s.practitioner_id WHERE p.name = :doctor"
            " AND s.local_date = :day AND to_char(s.local_time, 'HH24:MI') = :time"
        )
        async with runtime.database.begin(demo.TENANT_ID) as session:
            slot = (await session.execute(query, {k: visit[k] for k in ("doctor", "day", "time")})).scalar_one()
        who = str(demo._id("patient", visit["patient"])) if "patient" in visit else str(me["id"])
        await runtime.call("scheduling.book_appointment", {"patient_id": who, "slot_id": str(slot)}, staff)
    if "fill" in scenario:
        async with runtime.database.begin(demo.TENANT_ID) as session:
            query = text("UPDATE time_slot SET blocked = true WHERE specialty_code = :code")
            await session.execute(query, {"code": scenario["fill"]["specialty"]})


async def _check(runtime: Runtime, ends: dict[str, Any], played: Played, me: dict[str, Any], phone: str) -> None:
    last = next((reply for _, reply in reversed(played.talk) if reply is not None), "")
    if "last" in ends and ends["last"] not in last:
        played.wrong.append(f"the last answer does not say {ends['last']!r}")
    if ends.get("silent") and played.talk[-1][1] is not None:
        played.wrong.append("the agent answered although a person has the conversation")
    if any(reply is not None and not reply.strip() for _, reply in played.talk):
        played.wrong.append("a blank answer")
    async with runtime.database.begin(demo.TENANT_ID) as session:
        rows = (await session.execute(text(_VISITS))).mappings().all()
        conversation = (await session.execute(text(_CONVERSATION), {"phone": phone})).mappings().one()
        tickets = (await session.execute(text("SELECT priority FROM ticket"))).scalars().all()
        waiting = (await session.execute(text("SELECT specialty_code FROM waitlist_entry"))).scalars().all()
        consents = (await session.execute(text(_CONSENTS), {"patient": me["id"]})).scalar()
    if "appointments" in ends:
        played.wrong += _visits_differ(ends["appointments"], [dict(row) for row in rows], me)
    found = {
        "handed_over": conversation["state"] == "handed_over",
        "language": conversation["language"],
        "tickets": len(tickets),
        "priority": "critical" if "critical" in tickets else "lower",
        "messages_off": consents == 0,
        "waitlist": [{"specialty": code} for code in waiting],
    }
    played.wrong += [f"{n} is {found[n]!r}, not {ends[n]!r}" for n in found if n in ends and found[n] != ends[n]]


_VISITS = """
    SELECT p.name AS doctor, a.specialty_code AS specialty, a.starts_at, a.state, a.patient_id, a.visit_type
      FROM appointment a JOIN practitioner p ON p.id = a.practitioner_id
"""
_CONVERSATION = "SELECT state, language FROM conversation WHERE address = :phone AND state <> 'closed'"
_CONSENTS = "SELECT count(*) FROM consent WHERE patient_id = :patient AND purpose = 'messages' AND withdrawn_at IS NULL"


def _visits_differ(wanted: list[dict[str, Any]], rows: list[dict[str, Any]], me: dict[str, Any]) -> list[str]:
    left = [_plain(row) for row in rows]
    missing = []
    for want in wanted:
        fits = [row for row in left if _fits(want, row, me)]
        if fits:
            left.remove(fits[0])
        else:
            missing.append(f"no appointment {want}")
    return missing + [f"an appointment too many: {row}" for row in left]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    at = row["starts_at"].astimezone(ZONE)
    return {**row, "day": at.date(), "time": f"{at:%H:%M}"}


def _fits(want: dict[str, Any], row: dict[str, Any], me: dict[str, Any]) -> bool:
    who = demo._id("patient", want["patient"]) if "patient" in want else me["id"]
    same = all(row[name] == want[name] for name in ("doctor", "specialty", "day", "time", "visit_type") if name in want)
    state = want.get("state", "booked")
    anyone = "patient" not in want and want.get("doctor") and row["patient_id"] != me["id"]
    hours = want.get("from", "00:00") <= row["time"] < want.get("before", "24:00")
    return bool(same and hours and row["state"] == state and (row["patient_id"] == who or anyone))


async def run(runs: int = 8) -> dict[str, int]:
    """How often each scenario ended right."""
    right: dict[str, int] = {scenario["name"]: 0 for scenario in scenarios()}
    async with hospital() as place, running_runtime(place) as runtime:
        for _ in range(runs):
            for scenario in scenarios():
                right[scenario["name"]] += not (await play(runtime, scenario)).wrong
    return right


async def _show(part: str) -> None:
    good = 0
    chosen = [scenario for scenario in scenarios() if part in scenario["name"]]
    async with hospital() as place, running_runtime(place) as runtime:
        for scenario in chosen:
            played = await play(runtime, scenario)
            good += not played.wrong
            if played.wrong or part:
                print(f"== {played.name}")
                for words, reply in played.talk:
                    print(f"   > {words}\n     {json.dumps(reply, ensure_ascii=False)}")
                for wrong in played.wrong:
                    print(f"   WRONG: {wrong}")
    print(f"{good} of {len(chosen)} scenarios right")


if __name__ == "__main__":
    asyncio.run(_show(sys.argv[1] if len(sys.argv) > 1 else ""))
