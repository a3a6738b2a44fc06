"""The demo hospital as these tests handle it: calls, refusals, doctors and slots of one's own, and what follows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from db.base import new_id
from db.engine import Database
from governance.redaction.redactor import Redactor
from settings import Settings
from tests.conftest import NOW, Clone, settings_for, staff
from tools.alerts.addresses import AddressRules
from tools.facility.tables import Location, Practitioner
from tools.patients.people import People
from tools.runtime.errors import ToolError
from tools.runtime.events import reactions_to
from tools.runtime.guard import Guard, KnownPeople
from tools.runtime.jobs import TASKS, Jobs
from tools.runtime.pages import Cursors
from tools.runtime.principals import Principal
from tools.runtime.react import react
from tools.runtime.runtime import Runtime
from tools.runtime.services import Services
from tools.runtime.unit_of_work import Clock
from tools.scheduling.rules import SlotRules
from wiring import demo
from wiring.keys import vault
from worker.main import work

TENANT = demo.TENANT_ID
TUESDAY = "2026-11-24"  # the day after tests.conftest.NOW
_numbers = count(1)


@asynccontextmanager
async def tools_over(clone: Clone, services: Mapping[type, object] = MappingProxyType({})) -> AsyncIterator[Runtime]:
    """A runtime without faces and agents, with these services by their kinds (a recognizer, a carrier)."""
    database = Database(clone.service, pool_size=8)
    people = People(database)
    offered = Services().put(KnownPeople, people).put(Redactor, Redactor())
    offered.put(SlotRules, SlotRules()).put(AddressRules, AddressRules())
    for kind, service in services.items():
        offered.put(kind, service)
    runtime = Runtime(
        database,
        Jobs(clone.service),
        Clock(NOW),
        vault(settings_for(clone.data_dir)),
        cursors=Cursors(b"test"),
        guard=Guard(people),
        services=offered,
    )
    async with runtime.jobs.app.open_async():
        yield runtime
    await runtime.database.close()


def patient(number: int) -> str:
    """A patient of the demo hospital."""
    return str(demo._id("patient", number))


def at(local: str) -> datetime:
    """A time at the demo hospital: `2026-11-24T09:00`."""
    return datetime.fromisoformat(f"{local}+05:30")


async def call(runtime: Runtime, tool: str, /, caller: Principal | None = None, **args: Any) -> dict[str, Any]:
    """A tool's answer, as JSON."""
    reply = await runtime.call(tool, args, caller or staff())
    answer: dict[str, Any] = json.loads(reply.body)
    return answer


async def refused(runtime: Runtime, tool: str, /, caller: Principal | None = None, **args: Any) -> ToolError:
    """The error of a call that must not succeed."""
    with pytest.raises(ToolError) as error:
        await runtime.call(tool, args, caller or staff())
    return error.value


async def approved(runtime: Runtime, tool: str, **args: Any) -> dict[str, Any]:
    """A critical call, approved by another person."""
    await refused(runtime, tool, **args)
    waiting = await call(runtime, "approvals.list_approvals", limit=200)
    [approval] = [item["id"] for item in waiting["items"] if item["tool"] == tool and item["state"] == "asked"]
    other = Principal(kind="staff", id="test:other", tenant_id=TENANT, roles=frozenset({"admin"}))
    await call(runtime, "approvals.decide_approval", other, approval_id=approval, decision="approved", reason="seen")
    return await call(runtime, tool, **args)


async def rows(runtime: Runtime, query: str, **values: Any) -> list[Any]:
    async with runtime.database.begin(TENANT) as session:
        return list((await session.execute(text(query), values)).all())


async def new_patient(runtime: Runtime, **changes: Any) -> str:
    number = next(_numbers)
    person = {
        "given": "Test",
        "family": f"Person {number}",
        "birth_date": "1990-01-01",
        "phone": f"+9199000{number:05d}",
    }
    made = await call(runtime, "patients.create_patient", **{**person, **changes})
    return str(made["id"])


async def new_doctor(runtime: Runtime, *, zone: str = "Asia/Kolkata", specialty: str = "cardiology") -> dict[str, str]:
    """A practitioner and a location: {practitioner_id, location_id}."""
    doctor, place, number = new_id(), new_id(), next(_numbers)
    facts = {"address": "x", "city": "x", "phone": "x", "hours": "x", "parking": "x", "aliases": [], "version": 1}
    async with runtime.database.begin(TENANT) as session:
        await session.execute(
            insert(Location).values(id=place, tenant_id=TENANT, name=f"Place {number}", zone=zone, **facts)
        )
        await session.execute(
            insert(Practitioner).values(
                id=doctor, tenant_id=TENANT, name=f"Dr. Attending {number}", specialty_code=specialty, version=1
            )
        )
    return {"practitioner_id": str(doctor), "location_id": str(place)}


async def new_schedule(runtime: Runtime, *, zone: str = "Asia/Kolkata", **changes: Any) -> dict[str, Any]:
    """A doctor's Tuesdays, 9 to 11 in four slots, unless told otherwise."""
    hours = {"weekdays": [1], "local_start": "09:00:00", "local_end": "11:00:00", "slot_minutes": 30}
    doctor = {} if "practitioner_id" in changes else await new_doctor(runtime, zone=zone)
    return await call(runtime, "scheduling.create_schedule", **{**doctor, **hours, "valid_from": TUESDAY, **changes})


async def slots_of(runtime: Runtime, schedule: dict[str, Any], **wanted: Any) -> list[dict[str, Any]]:
    found = await call(
        runtime, "scheduling.find_slots", practitioner_id=schedule["practitioner_id"], **{"limit": 200, **wanted}
    )
    items: list[dict[str, Any]] = found["items"]
    return items


async def new_slots(runtime: Runtime, **changes: Any) -> list[str]:
    """The slots of a new doctor's first day."""
    return [slot["id"] for slot in await slots_of(runtime, await new_schedule(runtime, **changes))][:4]


async def taken(runtime: Runtime, slot: str) -> int:
    """The seats that the database counts as taken."""
    count_: int = (await rows(runtime, "SELECT taken FROM time_slot WHERE id = :slot", slot=slot))[0][0]
    return count_


async def book(runtime: Runtime, slot: str, patient_id: str, **more: Any) -> dict[str, Any]:
    return await call(runtime, "scheduling.book_appointment", slot_id=slot, patient_id=patient_id, **more)


async def events(runtime: Runtime, entity: str) -> list[str]:
    """The types of a record's events, in order."""
    found = await rows(runtime, "SELECT type FROM event_log WHERE entity_id = :id ORDER BY seq", id=UUID(entity))
    return [row[0] for row in found]


async def follow(runtime: Runtime, entity: str, *, times: int = 1) -> None:
    """Run every reaction to a record's events, as a worker does; `times` more than once as a queue may."""
    found = await rows(runtime, "SELECT id, type FROM event_log WHERE entity_id = :id ORDER BY seq", id=UUID(entity))
    for _ in range(times):
        for event_id, kind in found:
            for name in sorted(reactions_to(kind)):
                await react(runtime, tenant=str(TENANT), event=str(event_id), reaction=name)


async def tick(runtime: Runtime, task: str, *follow_ups: str) -> None:
    """Run a task that repeats, for the demo tenant, and then the jobs of these tasks that wait."""
    await TASKS[task](runtime, tenant=str(TENANT))
    for name in follow_ups:
        await run_jobs(runtime, name)


async def run_jobs(runtime: Runtime, task: str) -> None:
    """Run the jobs of a task that wait, as a worker does."""
    async with runtime.database.begin(TENANT) as session:
        taken = text("DELETE FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo' RETURNING args")
        waiting = list((await session.execute(taken, {"task": task})).scalars())
    for args in waiting:
        await TASKS[task](runtime, **args)


async def work_off(runtime: Runtime, settings: Settings) -> None:
    """A worker stops at the first look that finds no job it may start; some may wait for one that runs just then, or
    be queued by it."""
    left = "SELECT 1 FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NULL"
    while await rows(runtime, left):
        await work(runtime, settings, until_idle=True)


async def communications(runtime: Runtime, patient_id: str) -> list[tuple[str, str]]:
    """(purpose, body) of what the patient was told."""
    found = await call(runtime, "communications.list_of_patient", patient_id=patient_id)
    return [(item["purpose"], item["body"]) for item in found["items"]]
