"""A patient's turn while the house is busy, against the same turns in a quiet one: at most twice as long, and an
emergency's answer behind nothing.

Server and worker are processes of their own, as `wardline up` starts them; the carrier is a double on loopback. Every
round sends the same: messages of some patients, two a second, and emergencies of others between them; quiet and busy
rounds take turns. Busy, from before the first message to after the last: eight recordings wait for a Whisper of the
size of base (weights that mean nothing, the arithmetic of a real one), a bulk of reminders is queued and sent at the
carrier's pace, and the server runs sessions again. A turn's time is from the webhook's sending to the commit of its
answer into the outbox; its way from there to the carrier is shown beside it.

What dominates is waiting for a core. While recogniser and reminders ran at the priority of a turn, a busy turn took 20
times a quiet one's time on two cores; in a process of their own at the lowest priority, recordings alone leave it at
1.5 times, reminders alone at 1.3, everything together at about 2.

    python -m evals.bench turns-under-load      python -m evals.bench.turns_under_load recordings   (that load alone)
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from cli.chat import say
from evals.harness import NOW, TOKEN, Processes, Sender, hospital, running_runtime
from evals.soak.double_booking import _staff
from evals.soak.recordings import _uploaded, talk
from tests.doubles.twilio_server import TwilioServer
from tests.voice.small_whisper import BASE, make_random
from tools.runtime.jobs import Job
from tools.runtime.runtime import Runtime
from wiring import demo

BOUND, ROUNDS, EVERY_S = 2.0, 2, 0.5
TALKERS, EMERGENCIES = 12, 10
LINES = ("what are my appointments", "book dr meera nair on thursday morning", "never mind", "is there parking")
EMERGENCY = "my chest hurts and I am sweating"
TALKS = (("book dr meera nair on thursday morning", "{birth}", "2", "yes", "thanks"), ("is there parking", "{birth}"))
SESSIONS, RECORDINGS, RECORDING_MIN, REMINDERS = 24, 8, 0.5, 300
LOADS = ("recordings", "reminders", "rerun")
RATE_PER_S = 10.0  # the carrier's pace as it is unless set
ACCOUNT = "AC" + "0" * 32
TEMPLATE = {"name": "reminder", "language": "en", "content_sid": "HX" + "0" * 32}


@dataclass(slots=True)
class Said:
    """One message of the sample, and when what became of it (seconds of this process's clock)."""

    phone: str
    words: str
    urgent: bool
    busy: bool
    sid: str = field(default_factory=lambda: f"SM{uuid4().hex}")
    sent: float = 0.0
    taken: float = 0.0  # the webhook was acknowledged
    begun: float = 0.0  # a worker took the turn
    answered: float = 0.0  # the answer was in the outbox
    away: float = 0.0  # the carrier had it

    @property
    def turn_s(self) -> float:
        return self.answered - self.sent


class Carrier(TwilioServer):
    """Notes when it was given each message."""

    def __init__(self) -> None:
        super().__init__(ACCOUNT, TOKEN)
        self.at: dict[str, float] = {}

    def _message(self, form: dict[str, list[str]], status: str) -> dict[str, Any]:
        message = super()._message(form, status)
        self.at[message["sid"]] = time.monotonic()
        return message


@contextlib.contextmanager
def _commits(url: str) -> Iterator[dict[int, float]]:
    """When each job was there: PostgreSQL says it at the commit."""
    at: dict[int, float] = {}
    ending = threading.Event()

    def listen() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("LISTEN procrastinate_any_queue_v1")
            while not ending.is_set():
                for told in connection.notifies(timeout=0.5):
                    at.setdefault(json.loads(told.payload)["job_id"], time.monotonic())

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield at
    finally:
        ending.set()
        thread.join()


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything a round needs."""

    runtime: Runtime
    url: str
    carrier: Carrier
    commits: dict[int, float]
    client: httpx.AsyncClient
    superuser: psycopg.AsyncConnection[Any]
    talkers: list[str]
    others: list[str]  # who will have an emergency
    sessions: list[str]
    audio: bytes

    async def number(self, query: str) -> int:
        found = await (await self.superuser.execute(query)).fetchone()
        return int(found[0]) if found else 0


async def run(
    *, rounds: int = ROUNDS, loads: Sequence[str] = LOADS, rate_per_s: float = RATE_PER_S, talkers: int = TALKERS,
    emergencies: int = EMERGENCIES,
) -> list[Said]:  # fmt: skip
    """Quiet and busy rounds in turn."""
    found: list[Said] = []
    async with _stage(rate_per_s) as stage:
        await _sample(stage, stage.talkers[:1], [], busy=False)  # so that nothing measured is the first of its kind
        for number in range(2 * rounds):
            await _quiet(stage)
            busy = bool(number % 2)
            others = stage.others[number * EMERGENCIES :][:emergencies]
            found += await _round(stage, stage.talkers[:talkers], others, loads if busy else ())
    return found


@contextlib.asynccontextmanager
async def _stage(rate_per_s: float) -> AsyncIterator[Stage]:
    async with hospital() as place, contextlib.AsyncExitStack() as stack:
        model = await asyncio.to_thread(make_random, place.data_dir / "base", size=BASE, stop_after=100)
        carrier = stack.enter_context(Carrier())
        runtime = await stack.enter_async_context(running_runtime(place))
        superuser_url = place.service.replace("//wardline_app:", "//postgres:")
        superuser = await psycopg.AsyncConnection.connect(superuser_url, autocommit=True)
        await stack.enter_async_context(superuser)
        await superuser.execute("SELECT set_config('app.tenant', %s, false)", (str(demo.TENANT_ID),))
        people = await _people(runtime)
        await _booked(superuser, [row["phone"] for row in people])
        await runtime.call("communications.set_template", TEMPLATE, _staff())
        processes = Processes(place, environment=_environment(carrier, str(model), rate_per_s))
        stack.callback(processes.stop)
        for name in ("serve", "worker front", "worker background"):
            processes.start(name)
        await processes.ready()
        commits = stack.enter_context(_commits(superuser_url))
        talkers, others = people[:TALKERS], people[TALKERS:]
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=120))
        yield Stage(
            runtime, processes.url, carrier, commits, client, superuser, talkers=await _verified(runtime, talkers),
            others=[row["phone"] for row in others], sessions=await _played(runtime, others),
            audio=await talk(RECORDING_MIN),
        )  # fmt: skip


def _environment(carrier: Carrier, model: str, rate_per_s: float) -> dict[str, str]:
    return {
        "WARDLINE_TWILIO_ACCOUNT_SID": ACCOUNT, "WARDLINE_TWILIO_WHATSAPP_FROM": demo.WHATSAPP,
        "WARDLINE_TWILIO_BASE_URL": carrier.url, "WARDLINE_TWILIO_RATE_PER_S": str(rate_per_s),
        "WARDLINE_WHISPER_MODEL": model, "WARDLINE_WORKER_HEARTBEAT_S": "2", "WARDLINE_WORKER_STALLED_S": "8",
    }  # fmt: skip


async def _people(runtime: Runtime) -> list[dict[str, Any]]:
    """Patients with a number of their own, for the sample."""
    rows = (await demo.facts(runtime.database, demo.TENANT_ID)).patients
    shared = [row["phone"] for row in rows]
    return [row for row in rows if shared.count(row["phone"]) == 1][: TALKERS + 2 * ROUNDS * EMERGENCIES]


async def _verified(runtime: Runtime, people: list[dict[str, Any]]) -> list[str]:
    """Their conversations are open, and they have said who they are."""
    for row in people:
        await _talked(runtime, row, ("show my appointments", "{birth}"), channel="whatsapp")
    return [row["phone"] for row in people]


async def _played(runtime: Runtime, people: list[dict[str, Any]]) -> list[str]:
    """Sessions that are over, to be run again."""
    made = []
    for number, row in enumerate(people[:SESSIONS]):
        made.append(await _talked(runtime, row, TALKS[number % len(TALKS)], channel="console"))
        await runtime.call("conversations.close_conversation", {"conversation_id": made[-1]}, _staff())
    return made


async def _talked(runtime: Runtime, row: dict[str, Any], lines: Sequence[str], *, channel: str) -> str:
    for line in lines:
        words = line.format(birth=f"{row['birth_date']:%d %B %Y}")
        answer = await say(runtime, demo.TENANT_ID, row["phone"], words, channel=channel)
    return str(answer["session_id"])


async def _booked(superuser: psycopg.AsyncConnection[Any], but: list[str]) -> None:
    """Appointments within a day, of patients who do not write."""
    await superuser.execute("UPDATE time_slot SET capacity = 2")
    await superuser.execute(
        """
        INSERT INTO appointment (id, tenant_id, created_at, version, patient_id, slot_id, practitioner_id, location_id,
               specialty_code, starts_at, ends_at, local_date, state, visit_type, source, same_day_allowed,
               overlap_reason, reminded_at)
        SELECT gen_random_uuid(), s.tenant_id, %(now)s - interval '7 days', 1, p.id, s.id, s.practitioner_id,
               s.location_id, s.specialty_code, s.starts_at, s.ends_at, s.local_date, 'booked', 'new', 'staff', true,
               'a bench', %(now)s
          FROM (SELECT *, row_number() OVER (ORDER BY seat, starts_at, id) AS n
                  FROM time_slot, generate_series(1, 2) AS seat
                 WHERE starts_at > %(now)s AND starts_at <= %(now)s + interval '1 day' LIMIT %(count)s) s
          JOIN (SELECT id, row_number() OVER (ORDER BY mrn) AS n, count(*) OVER () AS many FROM patient
                 WHERE phone <> ALL(%(but)s)) p ON p.n = s.n %% p.many + 1
        """,
        {"now": NOW, "but": but, "count": REMINDERS},
    )


async def _round(stage: Stage, talkers: list[str], others: list[str], loads: Sequence[str]) -> list[Said]:
    tasks = [asyncio.create_task(_BACKGROUND[name](stage)) for name in loads]
    try:
        await asyncio.sleep(3)
        before = {name: await stage.number(query) for name, query in _COUNTS.items()}
        said = await _sample(stage, talkers, others, busy=bool(loads))
        after = {name: await stage.number(query) for name, query in _COUNTS.items()}
        assert not any(task.done() for task in tasks), tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await _followed(stage, said)
    meanwhile = {name: after[name] - (0 if "waiting" in name else before[name]) for name in _COUNTS}
    p95_ms = p95([one.turn_s for one in said if not one.urgent]) * 1000
    name, shown = "busy" if loads else "quiet", ", ".join(f"{count} {what}" for what, count in meanwhile.items())
    print(f"  {name}: a turn's p95 {p95_ms:.0f} ms; meanwhile {shown}", flush=True)
    return said


_COUNTS = {
    "recordings": "SELECT count(*) FROM voice_session WHERE state = 'final'",
    "reminders": "SELECT count(*) FROM message WHERE purpose = 'reminder' AND state = 'sent'",
    "sessions": "SELECT count(*) FROM audit_entry WHERE body::jsonb->>'tool' = 'record.rerun_session'",
    "recordings waiting": "SELECT count(*) FROM voice_session WHERE state = 'transcribing'",
    "reminders waiting": "SELECT count(*) FROM message WHERE purpose = 'reminder' AND state IN ('queued', 'sending')",
}


async def _sample(stage: Stage, talkers: list[str], others: list[str], *, busy: bool) -> list[Said]:
    """Send the round's messages at their times; all of them, answered."""
    sender, began = Sender(stage.url, stage.client), time.monotonic()
    told = [Said(phone, line, False, busy) for line in LINES for phone in talkers]
    times = [number * EVERY_S for number in range(len(told))]
    told += [Said(phone, EMERGENCY, True, busy) for phone in others]
    gap_s = times[-1] / max(1, len(others))
    times += [(number + 0.3) * gap_s for number in range(len(others))]

    async def tell(one: Said, at: float) -> None:
        await asyncio.sleep(max(0.0, began + at - time.monotonic()))
        one.sent = time.monotonic()
        await sender.deliver(one.phone, one.words, one.sid)
        one.taken = time.monotonic()

    await asyncio.gather(*(tell(one, at) for one, at in zip(told, times, strict=True)))
    while await stage.number("SELECT count(*) FROM message WHERE direction = 'in' AND state = 'received'"):
        await asyncio.sleep(0.1)
    return told


_JOBS = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"


async def _quiet(stage: Stage) -> None:
    """Until no job is left that could run."""
    async with asyncio.timeout(180):
        while await stage.number(_JOBS):
            await asyncio.sleep(0.3)
    await asyncio.sleep(1)


_ANSWERS = """
    SELECT i.provider_id, i.conversation_id::text, o.provider_id, j.id FROM message i
      JOIN message o ON o.in_reply_to = i.id AND o.purpose = 'reply'
      JOIN procrastinate_jobs j ON j.task_name = 'send_message' AND j.args->>'message' = o.id::text
     WHERE i.provider_id = ANY(%s) ORDER BY j.id DESC
"""
_BEGUN = """
    SELECT j.args->>'conversation', extract(epoch FROM min(d.at))::float8, extract(epoch FROM min(s.at))::float8
      FROM procrastinate_jobs j JOIN procrastinate_events d ON d.job_id = j.id AND d.type = 'deferred'
      JOIN procrastinate_events s ON s.job_id = j.id AND s.type = 'started'
     WHERE j.task_name = 'run_turns' GROUP BY j.id
"""


async def _followed(stage: Stage, said: list[Said]) -> None:
    """Fill in what became of each message, once the carrier has all answers."""
    while await stage.number("SELECT count(*) FROM message WHERE purpose = 'reply' AND state IN ('queued', 'sending')"):
        await asyncio.sleep(0.3)
    rows = await (await stage.superuser.execute(_ANSWERS, ([one.sid for one in said],))).fetchall()
    answers = {sid: rest for sid, *rest in rows}
    begun = defaultdict(list)
    wall = time.time() - time.monotonic()
    for conversation, deferred, started in await (await stage.superuser.execute(_BEGUN)).fetchall():
        begun[conversation].append((deferred - wall, started - wall))
    for one in said:
        assert one.sid in answers, f"{one.words!r} was not answered"
        conversation, sent_as, job = answers[one.sid]
        one.answered, one.away = stage.commits[job], stage.carrier.at[sent_as]
        mine = [started for deferred, started in begun[conversation] if one.sent <= deferred <= one.taken]
        one.begun = min(mine, default=one.taken)


async def _recordings(stage: Stage) -> None:
    """Eight recordings wait, however many are heard."""
    while True:
        for _ in range(RECORDINGS - await stage.number(_COUNTS["recordings waiting"])):
            await _uploaded(stage.runtime, stage.audio)
        await asyncio.sleep(0.5)


async def _reminders(stage: Stage) -> None:
    """A bulk of reminders, and the next when that is sent."""
    jobs = f"{_JOBS} AND task_name LIKE 'scheduling.remind%'"
    while True:
        await stage.superuser.execute(
            "UPDATE appointment SET reminded_at = NULL, starts_at = starts_at + interval '1 millisecond'"
            " WHERE overlap_reason = 'a bench'"
        )
        async with stage.runtime.database.begin(demo.TENANT_ID) as session:
            await stage.runtime.jobs.defer(session, [Job("scheduling.remind", {"tenant": str(demo.TENANT_ID)})])
        await asyncio.sleep(2)
        while await stage.number(jobs) or await stage.number(_COUNTS["reminders waiting"]):
            await asyncio.sleep(0.5)


async def _rerun(stage: Stage) -> None:
    """Session after session is run again."""
    key = {"X-API-Key": demo.demo_key(b"soak", "admin")}
    while True:
        for session in stage.sessions:
            url = f"{stage.url}/api/v1/governance/sessions/{session}/rerun"
            answer = await stage.client.post(url, json={"understanding": "builtin"}, headers=key)
            assert answer.status_code == 200, answer.text


_BACKGROUND: dict[str, Callable[[Stage], Coroutine[Any, Any, None]]] = {
    "recordings": _recordings, "reminders": _reminders, "rerun": _rerun,
}  # fmt: skip


def p95(seconds: Sequence[float]) -> float:
    ordered = sorted(seconds)
    return ordered[max(0, int(len(ordered) * 0.95) - 1)]


def show(said_in_all: list[Said]) -> None:
    said: dict[tuple[bool, bool], list[Said]] = defaultdict(list)
    for one in said_in_all:
        said[one.urgent, one.busy].append(one)
    for (urgent, busy), some in sorted(said.items()):
        _line(f"{'emergency' if urgent else 'turn'}, {'busy' if busy else 'quiet'}", [one.turn_s for one in some])
        _line("  webhook, until a worker takes the turn", [one.begun - one.sent for one in some])
        _line("  from there to the answer's commit", [one.answered - one.begun for one in some])
        _line("  and from there to the carrier", [one.away - one.answered for one in some])
    times = {which: [one.turn_s for one in some] for which, some in said.items()}
    quiet = p95(times[False, False])
    print(f"a turn's p95, busy to quiet: {p95(times[False, True]) / quiet:.2f} (at most {BOUND:.0f})")
    urgent_p95, worst = p95(times[True, True]) * 1000, max(times[True, True]) * 1000
    print(f"emergencies, busy: p95 {urgent_p95:.0f}, worst {worst:.0f} ms; turns, quiet: p95 {quiet * 1000:.0f} ms")


def _line(name: str, seconds: list[float]) -> None:
    p50, most = statistics.median(seconds), max(seconds)
    figures = f"p50 {p50 * 1000:7.1f}  p95 {p95(seconds) * 1000:7.1f}  max {most * 1000:7.1f} ms"
    print(f"{name:42} {figures}  ({len(seconds)})")


async def main(*loads: str) -> None:
    show(await run(loads=loads or LOADS))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
