"""The load of WhatsApp messages: each delivered three times, shuffled, eight at once; with or without kill -9 of server
and worker in between. Then the database is asked whether anything was lost, doubled, reordered or left off the
record."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import text

from db.engine import Database, driver_of
from evals.harness import Hospital, Processes, Sender, hospital
from governance.seals.chains import chain_breaks
from wiring import demo


@dataclass(frozen=True, slots=True)
class Patient:
    phone: str
    lines: list[str]


@dataclass(slots=True)
class Acknowledged:
    """When each message was first sent and acknowledged, for the order."""

    sent: dict[str, float] = field(default_factory=dict)
    done: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    messages: int
    kills: int
    stored: int
    answered: int
    answers: int
    out_of_order: int
    waiting: int
    breaks: int
    effects_off_record: int
    appointments: list[tuple[str, str, str]]
    seconds: float

    @property
    def good(self) -> bool:
        return (
            self.stored == self.messages == self.answered == self.answers
            and self.out_of_order == self.waiting == self.breaks == self.effects_off_record == 0
        )


# Answered in any order, for deliveries without any.
_ASIDES = (
    "hello", "is parking free?", "what are your hours", "which doctors do you have for eye", "what can you do",
    "what is the address of the lakeside clinic", "which specialties do you have", "what documents should i bring",
    "do you take insurance", "what languages do you speak",
)  # fmt: skip


async def scripts(place: Hospital, patients: int, lines: int, *, in_order: bool) -> list[Patient]:
    """Patients who each deal with a doctor, day and hour of their own: what they end with depends on nobody else."""
    database = Database(place.service, pool_size=1)
    facts = await demo.facts(database, demo.TENANT_ID)
    query = text(
        "SELECT p.name, to_char(s.starts_at AT TIME ZONE 'Asia/Kolkata', 'YYYY-MM-DD'),"
        " to_char(s.local_time, 'HH24:MI') FROM time_slot s JOIN practitioner p ON p.id = s.practitioner_id"
        " WHERE s.local_date >= '2026-11-25' ORDER BY s.starts_at, p.name LIMIT :limit"
    )
    async with database.begin(demo.TENANT_ID) as session:
        slots = (await session.execute(query, {"limit": patients * 2})).all()
    await database.close()
    phones: dict[str, Any] = {}
    for row in facts.patients:
        phones.setdefault(row["phone"], row)
    chosen = [row for phone, row in phones.items() if sum(p["phone"] == phone for p in facts.patients) == 1][:patients]
    made = []
    for number, row in enumerate(chosen):
        (doctor, day, hour), (doctor2, day2, hour2) = slots[2 * number], slots[2 * number + 1]
        talk = [
            "hello", f"book {doctor} on {day} at {hour}", f"{row['birth_date']:%d %B %Y}", "yes",
            "is parking free?", "what are my appointments", f"cancel my appointment with {doctor}", "yes",
            f"book {doctor2} on {day2} at {hour2}", "no", "never mind", f"book {doctor} on {day} at {hour}", "yes",
            "thanks", "which doctors do you have for eye", "show my appointments", "what are your hours",
            f"book {doctor2} on {day2} at {hour2}", "yes", "thank you bye",
        ]  # fmt: skip
        made.append(Patient(row["phone"], talk[:lines] if in_order else [*_ASIDES, *_ASIDES][:lines]))
    return made


async def run(
    place: Hospital,
    *,
    patients: int,
    lines: int,
    kills: int,
    in_order: bool,
    at_once: int = 8,
    logs: Path | None = None,
) -> Outcome:
    """`in_order`: a patient's next message is sent when the one before was acknowledged (repeats come at any time)."""
    started = time.monotonic()
    talks = await scripts(place, patients, lines, in_order=in_order)
    processes = Processes(place, logs=logs)
    for name in ("serve", "worker"):
        processes.start(name)
    acknowledged = Acknowledged()
    try:
        await processes.ready()
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=at_once)) as client:
            sender = Sender(processes.url, client)
            killer = asyncio.create_task(_kill(processes, kills))
            await _send_all(sender, talks, acknowledged, in_order=in_order, at_once=at_once)
            await killer
        await _settled(place, patients * lines)
    finally:
        processes.stop()
    return await _outcome(place, patients * lines, kills, acknowledged, time.monotonic() - started)


async def _send_all(sender: Sender, talks: list[Patient], seen: Acknowledged, *, in_order: bool, at_once: int) -> None:
    rng = random.Random(7)
    gate = asyncio.Semaphore(at_once)
    turn = {patient.phone: asyncio.Lock() for patient in talks}
    deliveries = []
    for patient in talks:
        for number, line in enumerate(patient.lines):
            deliveries += [(patient, line, f"SM{uuid4().hex}", number)]
    repeats = [delivery for delivery in deliveries for _ in range(2)]
    rng.shuffle(repeats)

    async def deliver(patient: Patient, line: str, sid: str) -> None:
        async with gate:
            seen.sent.setdefault(sid, time.monotonic())
            await sender.deliver(patient.phone, line, sid)
            seen.done.setdefault(sid, time.monotonic())

    async def in_turn(patient: Patient) -> None:
        async with turn[patient.phone]:
            for who, line, sid, _ in deliveries:
                if who is patient:
                    await deliver(patient, line, sid)

    async def repeat(patient: Patient, line: str, sid: str) -> None:
        while in_order and sid not in seen.sent:  # Twilio repeats what it has sent
            await asyncio.sleep(0.05)
        await deliver(patient, line, sid)

    if in_order:
        first = [in_turn(patient) for patient in talks]
        await asyncio.gather(*first, *(repeat(p, line, sid) for p, line, sid, _ in repeats))
        return
    everything = [*deliveries, *repeats]
    rng.shuffle(everything)
    await asyncio.gather(*(deliver(p, line, sid) for p, line, sid, _ in everything))


async def _kill(processes: Processes, kills: int) -> None:
    rng = random.Random(11)
    for _ in range(kills):
        await asyncio.sleep(rng.uniform(0.3, 1.5))
        name = rng.choice(("serve", "worker"))
        processes.kill(name)
        processes.start(name)
    await processes.ready()


async def _settled(place: Hospital, expected: int, *, patience_s: float = 300) -> None:
    """Wait until every message that came in has been dealt with."""
    database = Database(place.service, pool_size=1)
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        async with database.begin(demo.TENANT_ID) as session:
            query = text("SELECT count(*) FROM message WHERE direction = 'in' AND state <> 'received'")
            if (await session.execute(query)).scalar() == expected:
                break
        await asyncio.sleep(0.3)
    await database.close()


async def _outcome(place: Hospital, messages: int, kills: int, seen: Acknowledged, seconds: float) -> Outcome:
    database = Database(place.service, pool_size=1)
    async with database.begin(demo.TENANT_ID) as session:

        async def number(query: str) -> int:
            return int((await session.execute(text(query))).scalar() or 0)

        rows = (await session.execute(text(_IN_ORDER))).all()
        breaks = await chain_breaks(await driver_of(session), demo.TENANT_ID)
        appointments = (await session.execute(text(_APPOINTMENTS))).all()
        outcome = Outcome(
            messages=messages,
            kills=kills,
            stored=await number("SELECT count(*) FROM message WHERE direction = 'in'"),
            answered=await number(
                "SELECT count(DISTINCT in_reply_to) FROM message WHERE direction = 'out' AND purpose = 'reply'"
            ),
            answers=await number("SELECT count(*) FROM message WHERE direction = 'out' AND purpose = 'reply'"),
            out_of_order=_out_of_order(rows, seen),
            waiting=await number("SELECT count(*) FROM message WHERE state = 'received'"),
            breaks=len(breaks),
            effects_off_record=await number(_OFF_RECORD),
            appointments=[(str(a), str(b), str(c)) for a, b, c in appointments],
            seconds=seconds,
        )
    await database.close()
    return outcome


_IN_ORDER = """
    SELECT m.conversation_id, m.provider_id, r.seq FROM message m LEFT JOIN message r ON r.in_reply_to = m.id
     WHERE m.direction = 'in' ORDER BY m.conversation_id, m.seq
"""
_APPOINTMENTS = """
    SELECT p.mrn, a.starts_at, a.state FROM appointment a JOIN patient p ON p.id = a.patient_id
     ORDER BY p.mrn, a.starts_at, a.state
"""
# every appointment has the entry of the call that made it, and every such entry has its appointment
_OFF_RECORD = """
    WITH entry AS (SELECT (body::jsonb->>'result')::jsonb->>'id' AS id FROM audit_entry
                    WHERE kind = 'tool_call' AND body::jsonb->>'tool' = 'scheduling.book_appointment'
                      AND body::jsonb->>'outcome' = 'ok')
    SELECT count(*) FROM appointment a FULL JOIN entry e ON e.id = a.id::text WHERE a.id IS NULL OR e.id IS NULL
"""


def _out_of_order(rows: Any, seen: Acknowledged) -> int:
    """Answers of a conversation not in the order of its messages, and messages stored in another order than they were
    acknowledged in (one acknowledged before the next was sent)."""
    wrong = 0
    previous: tuple[Any, str, int] | None = None
    for conversation, sid, reply in rows:
        if previous is not None and previous[0] == conversation:
            wrong += reply is not None and reply < previous[2]
            wrong += sid in seen.done and previous[1] in seen.sent and seen.done[sid] < seen.sent[previous[1]]
        previous = (conversation, sid, reply or 0)
    return wrong


async def main() -> Outcome:
    async with hospital() as place:
        return await run(place, patients=50, lines=20, kills=0, in_order=False)
