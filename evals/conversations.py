"""Conversations as people write them (`scenarios/*.yaml`), each checked by the state that it leaves in the database.

`python -m evals.conversations` plays each eight times, with a NAME those of that name once, with what was said;
with a file of `data/conversations` (`second.yaml`) those of that file once, with the wrong ones' words.
Between messages something else may happen (see
`_HAPPENS`): `{happens: seat_taken}` gives the seat that is held to somebody else.
"""

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

from agents.turn.running import Turns
from cli.chat import say
from db.base import new_id
from evals.harness import hospital, running_runtime
from tools.conversations.inbox import Incoming, receive
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from tools.voice.notes import transcribe_note
from wiring import demo

FOLDER = Path(__file__).parent / "scenarios"
SETS = Path(__file__).parent / "data" / "conversations"
RUNS = 8
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
        if isinstance(line, dict):
            await _HAPPENS[line["happens"]](runtime, me, phone)
            continue
        words = _fill_in(line, me["birth_date"])
        played.talk.append((words, (await say(runtime, demo.TENANT_ID, phone, words))["reply"]))
    await _check(runtime, scenario["ends"], played, me, phone)
    return played


def _fill_in(line: str, born: date) -> str:
    said = line.replace("$dob_iso", born.isoformat()).replace("$dob_slash", f"{born:%d/%m/%Y}")
    return said.replace("$dob", f"{born.day} {born:%B %Y}".lower())


async def _reset(runtime: Runtime) -> None:
    """No visits, tickets and conversations, and nobody who was registered in one."""
    async with runtime.database.begin(demo.TENANT_ID) as session:
        await session.execute(text(_UNREGISTER))
        for table in _TABLES:
            await session.execute(text(f"DELETE FROM {table}"))
        await session.execute(text("UPDATE conversation SET state = 'closed' WHERE state <> 'closed'"))
        await session.execute(text("UPDATE time_slot SET blocked = false WHERE blocked"))
        await session.execute(text("UPDATE consent SET withdrawn_at = NULL WHERE withdrawn_at IS NOT NULL AND purpose "
            "= 'messages'"
                                   " AND id IN (SELECT DISTINCT ON (patient_id) id FROM consent WHERE purpose = "
                                   "'messages' ORDER BY patient_id, given_at)"
                                   " AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.patient_id = consent.patient_id"
                                   " AND c.purpose = 'messages' AND c.withdrawn_at IS NULL)"))  # fmt: skip


async def _given(runtime: Runtime, scenario: dict[str, Any], me: dict[str, Any]) -> None:
    for visit in scenario.get("given", ()):
        query = text(
            "SELECT s.id FROM time_slot s JOIN practitioner p ON p.id = s.practitioner_id WHERE p.name = :doctor"
            " AND s.local_date = :day AND to_char(s.local_time, 'HH24:MI') = :time"
        )
        async with runtime.database.begin(demo.TENANT_ID) as session:
            slot = (await session.execute(query, {k: visit[k] for k in ("doctor", "day", "time")})).scalar_one()
        who = str(demo._id("patient", visit["patient"])) if "patient" in visit else str(me["id"])
        await runtime.call("scheduling.book_appointment", {"patient_id": who, "slot_id": str(slot)}, _STAFF)
    if "fill" in scenario:
        async with runtime.database.begin(demo.TENANT_ID) as session:
            query = text("UPDATE time_slot SET blocked = true WHERE specialty_code = :code")
            await session.execute(query, {"code": scenario["fill"]["specialty"]})


async def _seat_taken(runtime: Runtime, me: dict[str, Any], phone: str) -> None:
    """The hold runs out, and another patient is booked into the seat."""
    async with runtime.database.begin(demo.TENANT_ID) as session:
        slot = (await session.execute(text("DELETE FROM slot_hold RETURNING slot_id"))).scalar_one()
    other = {"patient_id": str(demo._id("patient", 150)), "slot_id": str(slot)}
    await runtime.call("scheduling.book_appointment", other, _STAFF)


async def _handed_back(runtime: Runtime, me: dict[str, Any], phone: str) -> None:
    """The person gives the conversation back to the agent."""
    async with runtime.database.begin(demo.TENANT_ID) as session:
        found = (
            await session.execute(text(_CONVERSATION_ID), {"key": runtime.vault.fingerprint(demo.TENANT_ID, phone)})
        ).scalar_one()
    await runtime.call("conversations.assign_conversation", {"conversation_id": str(found), "to": None}, _STAFF)


async def _picture(runtime: Runtime, me: dict[str, Any], phone: str) -> None:
    """A voice note that cannot be heard: there is no carrier to fetch it from."""
    media = [{"url": "https://example.org/1", "content_type": "audio/ogg"}]
    sent = Incoming("console", phone, "", f"console-{new_id()}", media=media)
    message = await receive(runtime, demo.TENANT_ID, sent)
    await transcribe_note(runtime, tenant=str(demo.TENANT_ID), message=str(message))
    async with runtime.database.begin(demo.TENANT_ID) as session:
        found = (
            await session.execute(text(_CONVERSATION_ID), {"key": runtime.vault.fingerprint(demo.TENANT_ID, phone)})
        ).scalar_one()
    await runtime.services.get(Turns).drain(demo.TENANT_ID, found)


async def _offer_made(runtime: Runtime, me: dict[str, Any], phone: str) -> None:
    """A seat of the first who waits is held for that patient, as when somebody else cancels."""
    async with runtime.database.begin(demo.TENANT_ID) as session:
        query = (
            "SELECT w.id, w.patient_id, s.id AS slot_id FROM waitlist_entry w JOIN time_slot s"
            " ON s.specialty_code = w.specialty_code AND s.local_date = w.date_from ORDER BY s.starts_at, s.id LIMIT 1"
        )
        row = (await session.execute(text(query))).mappings().one()
        await session.execute(text("UPDATE time_slot SET blocked = false WHERE id = :slot"), {"slot": row["slot_id"]})
    args = {"slot_id": str(row["slot_id"]), "patient_id": str(row["patient_id"])}
    await runtime.call("scheduling.hold_slot", args, _STAFF)
    async with runtime.database.begin(demo.TENANT_ID) as session:
        update = "UPDATE waitlist_entry SET state = 'offered', offered_slot_id = :slot WHERE id = :id"
        await session.execute(text(update), {"slot": row["slot_id"], "id": row["id"]})


_STAFF = Principal(kind="staff", id="scenario", tenant_id=demo.TENANT_ID, roles=frozenset({"admin"}))
_HAPPENS = {"seat_taken": _seat_taken, "handed_back": _handed_back, "picture": _picture, "offer_made": _offer_made}
_CONVERSATION_ID = "SELECT id FROM conversation WHERE address_key = :key AND state <> 'closed'"


async def _check(runtime: Runtime, ends: dict[str, Any], played: Played, me: dict[str, Any], phone: str) -> None:
    last = next((reply for _, reply in reversed(played.talk) if reply is not None), "")
    if "last" in ends and ends["last"] not in last:
        played.wrong.append(f"the last answer does not say {ends['last']!r}")
    for words in ends.get("said", ()):
        if not any(reply and words in reply for _, reply in played.talk):
            played.wrong.append(f"no answer says {words!r}")
    if any(reply is not None and not reply.strip() for _, reply in played.talk):
        played.wrong.append("a blank answer")
    async with runtime.database.begin(demo.TENANT_ID) as session:
        rows = (await session.execute(text(_VISITS))).mappings().all()
        conversation = (
            (await session.execute(text(_CONVERSATION), {"key": runtime.vault.fingerprint(demo.TENANT_ID, phone)}))
            .mappings()
            .one()
        )
        opened = (await session.execute(text("SELECT category, priority, subject FROM ticket"))).mappings().all()
        tickets = [row["priority"] for row in opened]
        registered = (await session.execute(text(_REGISTERED), {"phone": phone})).mappings().all()
        query = "SELECT specialty_code FROM waitlist_entry WHERE state IN ('waiting', 'offered')"
        waiting = (await session.execute(text(query))).scalars().all()
        consents = (await session.execute(text(_CONSENTS), {"patient": me["id"]})).scalar()
    if "appointments" in ends:
        played.wrong += _visits_differ(ends["appointments"], [dict(row) for row in rows], me)
    if "tickets_of" in ends:
        played.wrong += _rows_differ("ticket", ends["tickets_of"], [dict(row) for row in opened])
    if "registered" in ends:
        played.wrong += _rows_differ("patient", ends["registered"], [dict(row) for row in registered])
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
_CONVERSATION = "SELECT state, language FROM conversation WHERE address_key = :key AND state <> 'closed'"
_REGISTERED = """
    SELECT p.given, p.family, p.birth_date, p.sex, p.language, p.channel,
           (SELECT string_agg(DISTINCT c.purpose, ' ' ORDER BY c.purpose) FROM consent c
             WHERE c.patient_id = p.id AND c.withdrawn_at IS NULL) AS consents,
           (SELECT r.relation FROM patient_relation r WHERE r.related_id = p.id) AS relation
      FROM patient p
     WHERE p.phone = :phone AND p.deleted_at IS NULL AND EXISTS (
           SELECT 1 FROM consent c WHERE c.patient_id = p.id AND c.evidence ->> 'how' LIKE 'conversation %')
"""
_UNREGISTER = """
    UPDATE patient p SET deleted_at = now(), phone = NULL WHERE EXISTS (
           SELECT 1 FROM consent c WHERE c.patient_id = p.id AND c.evidence ->> 'how' LIKE 'conversation %')
"""
_CONSENTS = "SELECT count(*) FROM consent WHERE patient_id = :patient AND purpose = 'messages' AND withdrawn_at IS NULL"


def _rows_differ(name: str, wanted: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[str]:
    """What is missing of the rows wanted (`subject` is a part of it), and what is there besides."""
    left, wrong = list(rows), []
    for want in wanted:
        fits = [row for row in left if all(v == row[n] if n != "subject" else v in row[n] for n, v in want.items())]
        if fits:
            left.remove(fits[0])
        else:
            wrong.append(f"no {name} {want}")
    return wrong + [f"a {name} too many: {row}" for row in left]


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


async def run(runs: int = RUNS) -> dict[str, int]:
    """How often each scenario ended right."""
    right: dict[str, int] = {scenario["name"]: 0 for scenario in scenarios()}
    async with hospital() as place, running_runtime(place) as runtime:
        for _ in range(runs):
            for scenario in scenarios():
                right[scenario["name"]] += not (await play(runtime, scenario)).wrong
    return right


async def _show(part: str) -> None:
    good = 0
    if part.endswith(".yaml"):
        chosen, part = yaml.safe_load((SETS / part).read_text(encoding="utf-8")), ""
    else:
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


async def main() -> int:
    """Every scenario eight times; or those with a word in their names, once, with what was said."""
    if len(sys.argv) > 1:
        await _show(sys.argv[1])
        return 0
    right = await run(RUNS)
    always = sum(count == RUNS for count in right.values())
    print(f"conversations: {always} of {len(right)} scenarios right in {RUNS} runs of {RUNS}")
    for name, count in right.items():
        if count < RUNS:
            print(f"  {name}: {count} of {RUNS}")
    return 0 if always == len(right) else 1


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
