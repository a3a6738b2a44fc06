"""Many patients, few seats, all at once: over REST and through the agent together. Exactly one booking a seat."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from cli.chat import say
from evals.harness import hospital, running_runtime
from tools.runtime.errors import ToolError
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from wiring import demo


@dataclass(frozen=True, slots=True)
class Outcome:
    attempts: int
    by_agent: int
    seats: int
    booked: int
    most_in_a_seat: int
    whole: bool
    answers: dict[str, int]

    @property
    def good(self) -> bool:
        return self.booked == self.seats and self.most_in_a_seat == 1 and self.whole


async def run(runtime: Runtime, *, attempts: int, seats: int, by_agent: int, at_once: int = 16) -> Outcome:
    """`attempts` in all, `by_agent` of them as conversations; the rest as calls of the tool under REST's path."""
    slots = await _slots(runtime, seats)
    patients = (await demo.facts(runtime.database, demo.TENANT_ID)).patients
    rng = random.Random(1)
    by_tool = attempts - by_agent
    agents = [_by_agent(runtime, slots[n % seats], rng.choice(patients)) for n in range(by_agent)]
    # REST comes from the other end of the list, so that both book and they meet over the same seats
    tools = [_by_tool(runtime, slots[-1 - n * seats // by_tool], rng.choice(patients)) for n in range(by_tool)]
    answers = Counter(sum(await asyncio.gather(_all(agents, at_once // 2), _all(tools, at_once // 2)), []))
    # a seat whose only seeker held it and gave up stays free: one more round settles who books what is left
    for slot in slots:
        for patient in patients:
            if await _taken(runtime, slot["id"]):
                break
            await _by_tool(runtime, slot, patient)
    return await _outcome(runtime, [slot["id"] for slot in slots], attempts, by_agent, dict(answers))


async def _all(jobs: list[Any], at_once: int) -> list[str]:
    gate = asyncio.Semaphore(at_once)

    async def gated(job: Any) -> str:
        async with gate:
            answer: str = await job
            return answer

    return await asyncio.gather(*(gated(job) for job in jobs))


async def _slots(runtime: Runtime, seats: int) -> list[dict[str, Any]]:
    """One-seat slots of different doctors and times, so that words can name each of them."""
    caller = _staff()
    found: list[dict[str, Any]] = []
    cursor = None
    while len(found) < seats:
        args = {"date_from": "2026-11-25", "limit": 200, "cursor": cursor}
        page = json.loads((await runtime.call("scheduling.find_slots", args, caller)).body)
        found += page["items"]
        cursor = page["next_cursor"]
    return found[:seats]


async def _by_tool(runtime: Runtime, slot: dict[str, Any], patient: dict[str, Any]) -> str:
    args = {"patient_id": str(patient["id"]), "slot_id": slot["id"], "same_day_allowed": True}
    try:
        await runtime.call("scheduling.book_appointment", args, _staff(), key=str(uuid4()))
    except ToolError as error:
        return error.code
    return "booked"


async def _by_agent(runtime: Runtime, slot: dict[str, Any], patient: dict[str, Any]) -> str:
    """A conversation that asks for this doctor, day and time, and says yes to what is read back."""
    phone = f"{patient['phone']}"
    wish = f"book {slot['practitioner']} on {slot['local_date']} at {slot['local_time'][:5]}"
    birth = f"{patient['birth_date']:%d %B %Y}"
    reply = await _say(runtime, phone, wish)
    if "date of birth" in reply:
        reply = await _say(runtime, phone, birth)
    if "Shall I book it" not in reply:
        await _say(runtime, phone, "start over")
        return "not offered"
    reply = await _say(runtime, phone, "yes")
    return "booked by agent" if reply.startswith("Booked") else "refused to agent"


async def _say(runtime: Runtime, phone: str, words: str) -> str:
    return str((await say(runtime, demo.TENANT_ID, phone, words))["reply"] or "")


async def _taken(runtime: Runtime, slot_id: str) -> bool:
    async with runtime.database.begin(demo.TENANT_ID) as session:
        query = text("SELECT count(*) FROM appointment WHERE slot_id = :slot AND state = 'booked'")
        return bool((await session.execute(query, {"slot": slot_id})).scalar())


async def _outcome(
    runtime: Runtime, slots: list[str], attempts: int, by_agent: int, answers: dict[str, int]
) -> Outcome:
    async with runtime.database.begin(demo.TENANT_ID) as session:
        query = text(
            "SELECT slot_id, count(*) FROM appointment WHERE slot_id = ANY(:slots) AND state = 'booked' GROUP BY "
            "slot_id"
        )
        rows = (await session.execute(query, {"slots": slots})).all()
    whole = json.loads((await runtime.call("record.verify", {}, _staff())).body)["whole"]
    booked = sum(count for _, count in rows)
    most = max((count for _, count in rows), default=0)
    return Outcome(attempts, by_agent, len(slots), booked, most, whole, answers)


def _staff() -> Principal:
    return Principal(
        kind="staff", id=f"desk-{random.randrange(32)}", tenant_id=demo.TENANT_ID, roles=frozenset({"admin"})
    )


async def main() -> Outcome:
    async with hospital() as place, running_runtime(place, database_pool=20) as runtime:
        return await run(runtime, attempts=10_000, seats=100, by_agent=1_000)
