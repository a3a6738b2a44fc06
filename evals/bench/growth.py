"""The nightly purge at 50,000 sessions a day: how long a night takes, and whether it takes longer the more is kept.

Rows of past days are put in by SQL, as many as a day of conversations leaves; then the clock goes on a day at a time, a
new day comes in, and the night's jobs run until nothing is left that is past. What dominates is the record: each
session that goes leaves an entry of its own.

    python -m evals.bench growth            python -m evals.bench.growth 5000   (that many a day)
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import datetime, timedelta
from typing import Any

import psycopg

from evals.harness import NOW, hospital, running_runtime
from tests.tools.hospital import run_jobs
from tools.record.retention import nightly
from tools.runtime.rooms import data_classes
from tools.runtime.runtime import Runtime
from wiring import demo

A_DAY, NIGHTS, KEPT_DAYS = 50_000, 3, 3
ENTRIES, EVENTS, MESSAGES = 8, 6, 3  # of a session; as many messages in as out, each of these with two reports
TABLES = ("llm_session", "audit_entry", "patient_access", "event_log", "reacted", "message", "delivery_report")
# `%(at)s` is the day's beginning; a day's sessions are spread over it.
_SESSIONS = """
INSERT INTO llm_session (id, tenant_id, agent, channel, principal, started_at, ended_at, head_seq, head_hash)
SELECT gen_random_uuid(), %(t)s, 'concierge', 'whatsapp', 'x', %(at)s + n * interval '1 day' / %(most)s,
       %(at)s + n * interval '1 day' / %(most)s, %(entries)s, sha256('x') FROM generate_series(0, %(most)s - 1) n
"""
_OF_SESSIONS = (
    "INSERT INTO audit_entry (session_id, seq, tenant_id, kind, body, sealed, hash) SELECT s.id, n, %(t)s, 'tool_call',"
    " json_build_object('at', s.started_at, 'tool', 'scheduling.find_slots', 'args', repeat('x', 250))::text,"
    " decode(repeat('00', 300), 'hex'), sha256('x') FROM llm_session s, generate_series(1, %(entries)s) n WHERE {day}",
    "INSERT INTO patient_access (tenant_id, patient_id, session_id, seq) SELECT %(t)s, %(patient)s, s.id, n"
    " FROM llm_session s, generate_series(1, 2) n WHERE {day}",
)
_DAY = "s.started_at >= %(at)s AND s.started_at < %(at)s + interval '1 day'"
_BESIDE = (
    "INSERT INTO event_log (type, entity_id, payload, at, id, tenant_id) SELECT 'Message.Sent', gen_random_uuid(), "
    "'{{}}',"
    " %(at)s + n * interval '1 day' / ({count}), gen_random_uuid(), %(t)s FROM generate_series(0, {count} - 1) n",
    "INSERT INTO reacted (event_id, reaction, id, tenant_id, created_at) SELECT gen_random_uuid(), 'x', "
    "gen_random_uuid(), %(t)s, %(at)s FROM generate_series(1, %(most)s * 2) n",
    "INSERT INTO message (conversation_id, direction, content, at, state, author, id, tenant_id) SELECT"
    " %(conversation)s, 'in', decode(repeat('00', 200), 'hex'), %(at)s + n * interval '1 day' / (%(most)s * "
    "%(messages)s),"
    " 'received', 'patient', gen_random_uuid(), %(t)s FROM generate_series(0, %(most)s * %(messages)s - 1) n",
    "INSERT INTO message (conversation_id, direction, content, at, state, author, in_reply_to, id, tenant_id) SELECT"
    " conversation_id, 'out', content, at, 'sent', 'concierge', id, gen_random_uuid(), %(t)s FROM message"
    " WHERE direction = 'in' AND at >= %(at)s AND at < %(at)s + interval '1 day'",
    "INSERT INTO delivery_report (provider_id, status, at, id, tenant_id) SELECT gen_random_uuid()::text, 'sent', "
    "%(at)s, gen_random_uuid(), %(t)s FROM generate_series(1, %(most)s * %(messages)s * 2) n",
)


def _fill(db: psycopg.Connection[Any], now: datetime, a_day: int, days: range) -> None:
    """The rows of days, counted from the first that is past its retention: 0 is past by one day, -1 will be
    tomorrow."""
    ((patient,),) = db.execute("SELECT id FROM patient LIMIT 1").fetchall()
    ((conversation,),) = db.execute("SELECT id FROM conversation LIMIT 1").fetchall()
    given = {"t": demo.TENANT_ID, "most": a_day, "entries": ENTRIES, "messages": MESSAGES, "patient": patient,
             "conversation": conversation}  # fmt: skip
    ages = {
        "record": (_SESSIONS, *_OF_SESSIONS),
        "events": _BESIDE[:2],
        "messages": _BESIDE[2:4],
        "deliveries": _BESIDE[4:],
    }
    for day in days:
        for data_class, statements in ages.items():
            at = now - timedelta(days=data_classes()[data_class].days + 1 + day)
            for statement in statements:
                db.execute(statement.format(day=_DAY, count=a_day * EVENTS), {**given, "at": at})
    db.execute("ANALYZE")


def _counts(db: psycopg.Connection[Any]) -> dict[str, int]:
    return {name: db.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in TABLES}


async def _night(runtime: Runtime) -> tuple[float, int]:
    """Run the night's jobs until nothing is left: seconds, and how many jobs."""
    started, jobs = time.perf_counter(), 1
    await nightly(runtime, tenant=str(demo.TENANT_ID))
    while await _waiting(runtime):
        await run_jobs(runtime, "record.apply_retention")
        jobs += 1
    return time.perf_counter() - started, jobs


async def _waiting(runtime: Runtime) -> bool:
    found = await runtime.jobs.app.connector.execute_query_one_async(
        "SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = 'record.apply_retention' AND status = 'todo'"
    )
    return bool(found["n"])


async def main(a_day: int = A_DAY) -> None:
    async with hospital() as place, running_runtime(place) as runtime:
        await runtime.call("conversations.open_conversation", {"patient_id": str(demo._id("patient", 1))}, _admin())
        with psycopg.connect(place.service.replace("//wardline_app:", "//postgres:"), autocommit=True) as db:
            db.execute("SET session_replication_role = replica")  # rows of days past, as their triggers left them
            _fill(db, NOW, a_day, range(-KEPT_DAYS, 1))
            for night in range(NIGHTS):
                runtime.clock.frozen = NOW + timedelta(days=night)
                before = _counts(db)
                seconds, jobs = await _night(runtime)
                after = _counts(db)
                gone = {name: before[name] - after[name] for name in TABLES}
                _tell(night, a_day, seconds, jobs, gone, sum(before.values()))
                _fill(db, runtime.clock.now() + timedelta(days=1), a_day, range(-KEPT_DAYS, 1 - KEPT_DAYS))


def _tell(night: int, a_day: int, seconds: float, jobs: int, gone: dict[str, int], rows: int) -> None:
    went = ", ".join(f"{name} {count:,}" for name, count in gone.items())
    print(
        f"night {night + 1} of {a_day:,} sessions a day: {seconds:7.1f} s in {jobs} jobs, {seconds / 864:.2f} % of a "
        f"day"
    )
    print(f"    of {rows:,} rows went {went}")


def _admin() -> Any:
    from tests.conftest import staff

    return staff()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else A_DAY))
