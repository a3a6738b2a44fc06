"""The queue: nothing waits behind what is not its own, and nothing that failed is lost or tried without end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from procrastinate.jobs import Job as QueuedJob
from sqlalchemy import text

from tests.conftest import NOW, settings_for, staff
from tests.tools.hospital import TENANT, book, call, new_slots, patient, refused, rows, run_jobs, tick, work_off
from tools.runtime import jobs
from tools.runtime.errors import Conflict, PolicyRefused, Unavailable
from tools.runtime.events import Event, event_type, reaction
from tools.runtime.jobs import DECLARED, Job, Retry
from tools.runtime.principals import system
from tools.runtime.react import UnknownReaction, react
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import unit_of_work
from tools.scheduling import reactions
from worker import main as worker

PING = event_type("Test.Pinged", "A test asked for its reactions")


async def queue(runtime: Runtime, *wanted: Job) -> None:
    async with unit_of_work(runtime, TENANT, header=runtime.header_for(system(TENANT, "test"), "job")) as work:
        work.jobs.extend(wanted)


async def ping(runtime: Runtime) -> str:
    async with unit_of_work(runtime, TENANT, header=runtime.header_for(system(TENANT, "test"), "job")) as work:
        work.events.append(Event(PING, uuid4()))
    [(event,)] = await rows(runtime, "SELECT id FROM event_log WHERE type = 'Test.Pinged' ORDER BY seq DESC LIMIT 1")
    return str(event)


@pytest.fixture
def tasks() -> Any:
    """Tasks may be replaced by a test."""
    was = dict(jobs.TASKS)
    yield jobs.TASKS
    jobs.TASKS.clear()
    jobs.TASKS.update(was)


async def test_a_turn_does_not_wait_behind_recordings(own_runtime: Runtime, tasks: Any, tmp_path: Path) -> None:
    gate, ran, one_recogniser = asyncio.Event(), asyncio.Event(), asyncio.Lock()

    async def transcribe(runtime: Any, **_: Any) -> None:
        async with one_recogniser:
            await gate.wait()

    async def turns(runtime: Any, **_: Any) -> None:
        ran.set()

    tasks["voice.transcribe"], tasks["run_turns"] = transcribe, turns
    worker.register(own_runtime)
    await queue(own_runtime, *(Job("voice.transcribe", {"tenant": str(TENANT), "session": str(n)}) for n in range(8)))
    await queue(own_runtime, Job("run_turns", {"tenant": str(TENANT), "conversation": "x"}, lock="conversation:x"))
    running = asyncio.create_task(worker.work(own_runtime, settings_for(tmp_path)))
    try:
        await asyncio.wait_for(ran.wait(), 30)  # it never comes where all share one queue
    finally:
        gate.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def fetched(runtime: Runtime, name: str) -> dict[str, Any] | None:
    query = "SELECT args FROM procrastinate_fetch_job_v2(ARRAY[:queue]::varchar[], NULL)"
    [(args,)] = await rows(runtime, query, queue=name)
    return args  # type: ignore[no-any-return]


async def test_what_waits_for_its_time_keeps_nothing_back(own_runtime: Runtime) -> None:
    later = datetime.now(UTC) + timedelta(minutes=5)
    await queue(own_runtime, Job("send_message", {"n": 1}, lock="send:x", at=later))
    await queue(own_runtime, Job("send_message", {"n": 2}, lock="send:x"))
    assert await fetched(own_runtime, "sending") == {"n": 2}
    await queue(own_runtime, Job("send_message", {"n": 3}, lock="send:x"))
    assert await fetched(own_runtime, "sending") is None  # one at a time
    await queue(own_runtime, Job("send_message", {"n": 4}, lock="send:x", urgent=True))
    assert await fetched(own_runtime, "urgent") == {"n": 4}  # but for an emergency


def test_what_is_tried_again_lets_others_pass_unless_order_matters() -> None:
    job = QueuedJob(id=7, queue="x", lock="conversation:x", queueing_lock=None, task_name="run_turns", attempts=0)
    free = Retry(DECLARED["run_turns"]).get_retry_decision(exception=Unavailable(), job=job)
    kept = Retry(DECLARED["react"]).get_retry_decision(exception=Unavailable(), job=job)
    assert free is not None and free.lock == "again:7"
    assert kept is not None and kept.lock is None


async def test_one_refused_reminder_is_told_of_and_the_others_go_out(
    own_runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = [await book(own_runtime, (await new_slots(own_runtime))[0], patient(number)) for number in range(6)]
    async with own_runtime.database.begin(TENANT) as session:
        soon = (
            "UPDATE appointment SET created_at = created_at - interval '40 days', starts_at = :at WHERE id = ANY(:ids)"
        )
        ids = [UUID(one["id"]) for one in made]
        await session.execute(text(soon), {"at": NOW + timedelta(hours=5), "ids": ids})
    tell = reactions.notify

    async def notify(ctx: Any, row: Any, purpose: str, **rest: Any) -> None:
        if row.id == ids[0] and purpose == "reminder":
            raise PolicyRefused("the policy blocked this reminder")
        await tell(ctx, row, purpose, **rest)

    monkeypatch.setattr(reactions, "notify", notify)
    await tick(own_runtime, "scheduling.remind")
    worker.register(own_runtime)
    monkeypatch.setattr(jobs, "_ATTEMPTS_REFUSED", 1)
    await work_off(own_runtime, settings_for(tmp_path))
    [(told,)] = await rows(own_runtime, "SELECT count(*) FROM communication WHERE purpose = 'reminder'")
    assert told == 5
    [dead] = (await call(own_runtime, "jobs.list_dead_jobs"))["items"]
    assert (dead["task"], dead["error"]) == ("scheduling.remind_of", "policy_refused")
    assert [row[0] for row in await rows(own_runtime, "SELECT type FROM event_log WHERE type = 'Job.Died'")] == [
        "Job.Died"
    ]

    monkeypatch.setattr(reactions, "notify", tell)
    await call(own_runtime, "jobs.retry_dead_job", job_id=dead["id"])
    assert (await call(own_runtime, "jobs.list_dead_jobs"))["items"] == []
    await run_jobs(own_runtime, "scheduling.remind_of")
    [(told,)] = await rows(own_runtime, "SELECT count(*) FROM communication WHERE purpose = 'reminder'")
    assert told == 6
    assert isinstance(await refused(own_runtime, "jobs.drop_dead_job", job_id=dead["id"], reason="x"), Conflict)


async def test_a_dropped_job_says_who_and_why(own_runtime: Runtime) -> None:
    from tools.runtime.dead_jobs import bury

    lost = QueuedJob(
        id=99, queue="x", lock=None, queueing_lock=None, task_name="run_turns", attempts=7,
        task_kwargs={"tenant": str(TENANT), "conversation": "x"},
    )  # fmt: skip
    await bury(own_runtime, lost, "unavailable")
    await bury(own_runtime, lost, "unavailable")  # told once
    [dead] = (await call(own_runtime, "jobs.list_dead_jobs"))["items"]
    shown = await call(own_runtime, "jobs.drop_dead_job", job_id=dead["id"], reason="the patient was seen")
    assert (shown["state"], shown["decided_by"], shown["reason"]) == ("dropped", staff().id, "the patient was seen")


async def put(runtime: Runtime, task: str, state: str, *, attempts: int, worker_id: int | None = None) -> int:
    query = (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts, worker_id)"
        " VALUES ('turns', :task, cast(:args AS jsonb), cast(:state AS procrastinate_job_status), :attempts, :worker) "
        "RETURNING id"
    )
    async with runtime.database.begin(None) as session:
        args = f'{{"tenant": "{TENANT}", "conversation": "x"}}'
        given = {"task": task, "args": args, "state": state, "attempts": attempts, "worker": worker_id}
        return int((await session.execute(text(query), given)).scalar_one())


async def state_of(runtime: Runtime, job: int) -> str:
    [(state,)] = await rows(runtime, "SELECT status::text FROM procrastinate_jobs WHERE id = :id", id=job)
    return str(state)


async def test_a_job_that_kills_its_process_is_not_run_without_end(own_runtime: Runtime) -> None:
    unlucky = await put(own_runtime, "run_turns", "doing", attempts=0)
    killer = await put(own_runtime, "run_turns", "doing", attempts=4)
    await worker.sweep(own_runtime, 1.0)
    assert (await state_of(own_runtime, unlucky), await state_of(own_runtime, killer)) == ("todo", "failed")
    [dead] = (await call(own_runtime, "jobs.list_dead_jobs"))["items"]
    assert dead["error"] == "worker_died"


async def test_a_job_that_this_version_does_not_know_is_kept_and_told_of(own_runtime: Runtime, tmp_path: Path) -> None:
    await put(own_runtime, "a.task_of_tomorrow", "todo", attempts=0)
    worker.register(own_runtime)
    await work_off(own_runtime, settings_for(tmp_path))
    await worker.sweep(own_runtime, 1.0)
    [dead] = (await call(own_runtime, "jobs.list_dead_jobs"))["items"]
    assert (dead["task"], dead["error"]) == ("a.task_of_tomorrow", "unknown_task")
    assert isinstance(await refused(own_runtime, "jobs.retry_dead_job", job_id=dead["id"]), Conflict)


async def test_a_reaction_that_this_version_does_not_know_is_tried_again(own_runtime: Runtime) -> None:
    event = await ping(own_runtime)
    with pytest.raises(UnknownReaction):
        await react(own_runtime, tenant=str(TENANT), event=event, reaction="tomorrow.reaction")
    assert await rows(own_runtime, "SELECT 1 FROM reacted WHERE event_id = :e", e=UUID(event)) == []


ran: list[str] = []


@reaction(PING, "tests.pinged")
async def pinged(ctx: Any, event: Event) -> None:
    ran.append(str(event.id))


async def test_a_job_queued_under_a_functions_path_still_runs(own_runtime: Runtime) -> None:
    event = await ping(own_runtime)
    await react(own_runtime, tenant=str(TENANT), event=event, reaction=f"{pinged.__module__}.pinged")
    assert ran == [event]


async def test_a_tick_queues_a_job_a_tenant_and_never_two(own_runtime: Runtime) -> None:
    tick_of = worker._for_each_tenant(own_runtime, DECLARED["scheduling.remind"])
    await tick_of(0)
    await tick_of(300)
    query = "SELECT args->>'tenant' FROM procrastinate_jobs WHERE task_name = 'scheduling.remind'"
    assert [row[0] for row in await rows(own_runtime, query)] == [str(TENANT)]
