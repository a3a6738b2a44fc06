"""The one path of every call: idempotency, approvals, the record, events and jobs, cursors, deadlocks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from governance.kek import KeyServiceDown
from governance.record import Record, entry_aad
from governance.vault import Keyring
from tests.conftest import Clone, staff
from tests.tools.hospital import (
    TENANT,
    book,
    call,
    events,
    new_patient,
    new_slots,
    patient,
    refused,
    rows,
    taken,
)
from tools.runtime import idempotency, tool
from tools.runtime.context import ToolContext
from tools.runtime.errors import AlreadyRunning, NotFound, ToolError, Unavailable
from tools.runtime.jobs import Jobs
from tools.runtime.principals import Permission, Principal, patient_principal
from tools.runtime.runtime import Reply, Runtime, Step, confirmation_digest
from tools.runtime.tool import Args, Effect, Out
from tools.runtime.unit_of_work import unit_of_work

CREATE = "patients.create_patient"
FAILURES: list[str] = []  # sqlstates that the throw-away tool below meets, one a try


class Blow(Args):
    patient_id: UUID
    address: str = "moved"


class Blown(Out):
    done: bool


@pytest.fixture
def throwaway() -> Iterator[None]:
    """Two tools for these tests alone: test.erase (critical), test.blow (writes, then fails as told)."""

    @tool.tool("test.erase", needs=Permission("patients:write"), effect=Effect.CRITICAL)
    async def erase(ctx: ToolContext, args: Blow) -> Blown:
        """Erase."""
        await write(ctx, args)
        return Blown(done=True)

    @tool.tool("test.blow", needs=Permission("patients:write"), effect=Effect.WRITE)
    async def blow(ctx: ToolContext, args: Blow) -> Blown:
        """Blow up."""
        await write(ctx, args)
        ctx.emit("Patient.Updated", args.patient_id)
        failure = FAILURES.pop(0) if FAILURES else None
        if failure == "bug":
            raise RuntimeError("secret of the process")
        if failure is not None:
            await ctx.session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = '{failure}'; END $$"))
        return Blown(done=True)

    yield
    FAILURES.clear()
    for name in ("test.erase", "test.blow"):
        del tool._REGISTRY[name]


async def write(ctx: ToolContext, args: Blow) -> None:
    query = text("UPDATE patient SET address = :address WHERE id = :id")
    await ctx.session.execute(query, {"address": args.address, "id": args.patient_id})


async def address(runtime: Runtime, patient_id: str) -> str | None:
    found: str | None = (await call(runtime, "patients.get_patient", patient_id=patient_id))["address"]
    return found


async def entries(runtime: Runtime, caller: Principal, channel: str = "rest") -> list[dict[str, Any]]:
    """The caller's tool calls on the record, in order."""
    session = runtime.header_for(caller, channel).id
    query = "SELECT body, sealed FROM audit_entry WHERE session_id = :id AND kind = 'tool_call' ORDER BY seq"
    found = await rows(runtime, query, id=session)
    async with runtime.database.begin(TENANT) as work:
        keys = Keyring(runtime.vault, work, TENANT)
        fulls = await keys.open_many([(row[1], entry_aad(session)) for row in found])
    return [{**json.loads(row[0]), "full": json.loads(full or "null")} for row, full in zip(found, fulls, strict=True)]


def someone() -> Principal:
    """An admin with a session of their own."""
    return Principal(kind="staff", id=f"test:{uuid4()}", tenant_id=TENANT, roles=frozenset({"admin"}))


def person(**changes: Any) -> dict[str, Any]:
    return {"given": "Once", "family": "Only", "birth_date": "1990-01-01", "mrn": f"K{uuid4().hex[:12]}", **changes}


async def test_the_same_key_and_body_give_the_stored_result(runtime: Runtime) -> None:
    args, key, caller = person(), str(uuid4()), someone()
    first = await runtime.call(CREATE, args, caller, key=key)
    again = await runtime.call(CREATE, args, caller, key=key)
    assert (first.replayed, again.replayed, again.body) == (False, True, first.body)
    assert [entry["outcome"] for entry in await entries(runtime, caller)] == ["ok", "replayed"]
    assert await events(runtime, json.loads(first.body)["id"]) == ["Patient.Created"]


async def test_the_same_key_with_another_body_is_refused(runtime: Runtime) -> None:
    key, caller = str(uuid4()), someone()
    made = json.loads((await runtime.call(CREATE, person(), caller, key=key)).body)
    for name, args in ((CREATE, person()), ("patients.remove_patient", {"patient_id": made["id"]})):
        with pytest.raises(ToolError) as error:
            await runtime.call(name, args, caller, key=key)
        assert (error.value.code, error.value.status) == ("idempotency_key_reused", 422)
    assert not (await runtime.call(CREATE, person(), someone(), key=key)).replayed  # another's key


async def test_the_same_key_at_once_acts_once(runtime: Runtime) -> None:
    args, key, caller = person(mrn=None), str(uuid4()), someone()
    replies = await asyncio.gather(*(runtime.call(CREATE, args, caller, key=key) for _ in range(6)))
    assert len({reply.body for reply in replies}) == 1
    assert sorted(reply.replayed for reply in replies) == [False] + [True] * 5
    outcomes = sorted(entry["outcome"] for entry in await entries(runtime, caller))
    assert outcomes == ["ok"] + ["replayed"] * 5


async def test_a_call_that_still_runs(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "WAIT_MS", 50)
    caller, key = someone(), str(uuid4())
    async with unit_of_work(runtime, TENANT, header=runtime.header_for(caller, "rest")) as work:
        await idempotency.claim(work, idempotency.Asked(CREATE, "{}", caller.id, key))
        with pytest.raises(ToolError) as error:
            await runtime.call(CREATE, person(), caller, key=key)
    assert (error.value.code, error.value.status, error.value.remedy) == ("already_running", 409, "try_later")


async def test_what_failed_may_be_tried_again_under_its_key(runtime: Runtime) -> None:
    slot, key, caller = (await new_slots(runtime))[0], str(uuid4()), someone()
    other = await book(runtime, slot, await new_patient(runtime))
    args = {"slot_id": slot, "patient_id": await new_patient(runtime)}
    with pytest.raises(ToolError):
        await runtime.call("scheduling.book_appointment", args, caller, key=key)
    await call(runtime, "scheduling.cancel_appointment", appointment_id=other["id"])
    reply = await runtime.call("scheduling.book_appointment", args, caller, key=key)
    assert not reply.replayed and await taken(runtime, slot) == 1
    assert [entry["outcome"] for entry in await entries(runtime, caller)] == ["refused", "ok"]


async def test_reading_takes_no_key(runtime: Runtime) -> None:
    key = str(uuid4())
    for number in (0, 1):
        reply = await runtime.call("patients.get_patient", {"patient_id": patient(number)}, staff(), key=key)
        assert not reply.replayed


async def approvals(runtime: Runtime, caller: Principal) -> list[dict[str, Any]]:
    found = await call(runtime, "approvals.list_approvals", limit=200)
    return [item for item in found["items"] if item["asked_by"] == caller.id]


async def try_erase(runtime: Runtime, args: dict[str, Any], caller: Principal, channel: str = "rest") -> Reply | str:
    """The reply, or the refusal's code."""
    try:
        return await runtime.call("test.erase", args, caller, channel=channel)
    except ToolError as error:
        return error.code


async def decide(runtime: Runtime, approval: dict[str, Any], decision: str = "approved") -> None:
    await call(
        runtime, "approvals.decide_approval", approval_id=approval["id"], decision=decision, reason="looked at it"
    )


async def test_a_critical_call_waits_for_a_person(runtime: Runtime, throwaway: None) -> None:
    who, caller = await new_patient(runtime), someone()
    args = {"patient_id": who, "address": "erased"}
    for _ in range(2):
        assert await try_erase(runtime, args, caller) == "approval_needed"
    (asked,) = await approvals(runtime, caller)
    assert (asked["tool"], asked["args"], asked["state"]) == ("test.erase", args, "asked")
    decision = {"approval_id": asked["id"], "decision": "approved", "reason": "mine"}
    assert (await refused(runtime, "approvals.decide_approval", caller, **decision)).code == "forbidden"
    assert await address(runtime, who) is None

    await decide(runtime, asked)
    assert await try_erase(runtime, {**args, "address": "other"}, caller) == "approval_needed"
    assert await try_erase(runtime, args, caller, "mcp") == "approval_needed"  # another session
    assert await try_erase(runtime, args, someone()) == "approval_needed"
    assert isinstance(await try_erase(runtime, args, caller), Reply)
    assert await address(runtime, who) == "erased"
    assert await try_erase(runtime, args, caller) == "approval_needed"  # it is spent
    assert (await refused(runtime, "approvals.decide_approval", **decision)).code == "conflict"
    states = [item["state"] for item in await approvals(runtime, caller)]
    assert sorted(states) == ["asked", "asked", "asked", "used"]


async def test_one_approval_is_spent_once(runtime: Runtime, throwaway: None) -> None:
    args, caller = {"patient_id": await new_patient(runtime)}, someone()
    await try_erase(runtime, args, caller)
    await decide(runtime, (await approvals(runtime, caller))[0])
    answers = await asyncio.gather(*(try_erase(runtime, args, caller) for _ in range(4)))
    assert sorted(type(answer).__name__ for answer in answers) == ["Reply", "str", "str", "str"]


async def test_refused_and_expired_approvals(own_runtime: Runtime, throwaway: None) -> None:
    runtime, caller = own_runtime, someone()
    args = {"patient_id": patient(0), "address": "erased"}
    await try_erase(runtime, args, caller)
    await decide(runtime, (await approvals(runtime, caller))[0], "refused")
    assert await try_erase(runtime, args, caller) == "approval_needed"
    await decide(runtime, (await approvals(runtime, caller))[1])
    runtime.clock.frozen = runtime.clock.now() + timedelta(hours=1)
    assert await try_erase(runtime, args, caller) == "approval_needed"
    late = (await approvals(runtime, caller))[2]
    runtime.clock.frozen = runtime.clock.now() + timedelta(hours=1)
    decision = {"approval_id": late["id"], "decision": "approved", "reason": "x"}
    assert (await refused(runtime, "approvals.decide_approval", **decision)).code == "conflict"
    assert await address(runtime, patient(0)) != "erased"


async def test_every_outcome_is_on_the_record(runtime: Runtime, throwaway: None) -> None:
    caller, who = someone(), await new_patient(runtime)
    FAILURES.extend(["bug", "57014"])
    wanted = [
        ("patients.get_patient", {"patient_id": who}, "ok", None),
        ("patients.get_patient", {"patient_id": str(uuid4())}, "refused", "not_found"),
        ("patients.get_patient", {"patient": who}, "refused", "invalid_arguments"),
        ("no.such_tool", {}, "refused", "not_found"),
        ("test.blow", {"patient_id": who}, "failed", "internal_error"),
        ("test.blow", {"patient_id": who}, "failed", "unavailable"),
    ]
    for name, args, _, code in wanted:
        if code is None:
            await runtime.call(name, args, caller)
        else:
            error = await refused(runtime, name, caller, **args)
            assert error.code == code and "secret" not in json.dumps(error.problem()) + error.for_model()
    found = await entries(runtime, caller)
    assert [(e["tool"], e["outcome"], e.get("code")) for e in found] == [
        (name, out, code) for name, _, out, code in wanted
    ]
    assert all(entry["principal"] == caller.id for entry in found)
    assert json.loads(found[0]["full"]["result"])["id"] == who
    assert found[0]["result"]["given"] == "[text]" and found[0]["result"]["id"] == who and found[0]["patients"] == [who]
    assert await address(runtime, who) is None and await events(runtime, who) == ["Patient.Created"]


async def test_a_replay_does_not_double_the_record(runtime: Runtime) -> None:
    """A session that replays itself again and again grows by what is called, not by all it held before."""
    caller = someone()
    await call(runtime, "patients.search_patients", caller, limit=200)
    session = {"session_id": str(runtime.header_for(caller, "rest").id)}
    for _ in range(8):
        replay = await call(runtime, "record.replay_session", caller, **session)
    assert replay["whole"] and len(replay["entries"]) == 8
    found = await entries(runtime, caller)
    assert all(len(json.dumps(entry)) < 10_000 for entry in found), "a list is counted, not kept"


async def test_who_may_not_is_on_the_record(runtime: Runtime) -> None:
    who = patient_principal(TENANT, UUID(await new_patient(runtime)))
    for name in ("patients.create_patient", "tickets.list_tickets", "encounters.list_encounters"):
        assert (await refused(runtime, name, who)).code == "forbidden"
    assert [entry["code"] for entry in await entries(runtime, who)] == ["forbidden"] * 3


@pytest.mark.parametrize("part", [(Record, "flush"), (Jobs, "defer")], ids=["record", "jobs"])
async def test_effect_and_entry_are_one(
    runtime: Runtime, throwaway: None, monkeypatch: pytest.MonkeyPatch, part: tuple[type, str]
) -> None:
    """Where the record, or the queue, cannot be written, there is no effect and no event either."""
    who, caller = await new_patient(runtime), someone()
    kind, name = part
    real, broken = getattr(kind, name), [True]

    async def flush(*args: Any) -> None:
        if broken:
            broken.clear()
            raise RuntimeError("the disk is full")
        await real(*args)

    monkeypatch.setattr(kind, name, flush)
    assert (await refused(runtime, "test.blow", caller, patient_id=who)).code == "internal_error"
    assert await address(runtime, who) is None and await events(runtime, who) == ["Patient.Created"]
    assert [entry["outcome"] for entry in await entries(runtime, caller)] == ["failed"]
    await call(runtime, "test.blow", caller, patient_id=who)
    assert [entry["outcome"] for entry in await entries(runtime, caller)] == ["failed", "ok"]


async def test_events_and_jobs_come_with_the_effect(runtime: Runtime) -> None:
    slot, who = (await new_slots(runtime))[0], await new_patient(runtime)
    booked = await book(runtime, slot, who)
    query = "SELECT id, payload FROM event_log WHERE entity_id = :id"
    ((event_id, payload),) = await rows(runtime, query, id=booked["id"])
    assert payload == {"patient_id": who}
    query = (
        "SELECT task_name, lock, status::text, args FROM procrastinate_jobs WHERE args->>'event' = :event ORDER BY id"
    )
    jobs = await rows(runtime, query, event=str(event_id))
    assert [(job[0], job[1], job[2]) for job in jobs] == [("react", f"entity:{booked['id']}", "todo")] * 2
    names = sorted(job[3]["reaction"].rpartition(".")[2] for job in jobs)
    assert names == ["confirm_booking", "leave_waitlist"]
    before = await rows(runtime, "SELECT count(*) FROM procrastinate_jobs")
    await refused(runtime, "scheduling.book_appointment", slot_id=slot, patient_id=await new_patient(runtime))
    created = await rows(runtime, "SELECT count(*) FROM procrastinate_jobs")
    assert created == before


async def test_a_refused_step_of_a_turn_leaves_its_entry_alone(runtime: Runtime) -> None:
    """Inside one transaction: what was refused is rolled back to before it, with its events; the rest commits."""
    slots, who = await new_slots(runtime), await new_patient(runtime)
    caller = someone()
    async with unit_of_work(runtime, TENANT, header=runtime.header_for(caller, "rest")) as work:
        args = {"slot_id": slots[0], "patient_id": who}
        booked = await runtime.call_named_within(work, "scheduling.book_appointment", args, caller)
        with pytest.raises(ToolError, match="already has"):
            await runtime.call_named_within(work, "scheduling.book_appointment", {**args, "slot_id": slots[1]}, caller)
        with pytest.raises(NotFound):
            await runtime.call_named_within(
                work, "scheduling.get_appointment", {"appointment_id": str(uuid4())}, caller
            )
        await runtime.call_named_within(
            work, "scheduling.confirm_appointment", {"appointment_id": str(booked.id)}, caller
        )
    assert [await taken(runtime, slot) for slot in slots[:2]] == [1, 0]
    assert await events(runtime, str(booked.id)) == ["Appointment.Created", "Appointment.Confirmed"]
    outcomes = [(entry["outcome"], entry.get("code")) for entry in await entries(runtime, caller)]
    assert outcomes == [("ok", None), ("refused", "one_a_day"), ("refused", "not_found"), ("ok", None)]


async def test_an_agent_acts_within_its_flow_and_the_patients_yes(runtime: Runtime) -> None:
    slots, who = await new_slots(runtime), await new_patient(runtime)
    caller, name = patient_principal(TENANT, UUID(who)), "scheduling.book_appointment"
    args = {"slot_id": slots[0], "patient_id": who}
    yes = confirmation_digest(name, args)
    steps = [
        (Step("turn", 1, frozenset()), args, "forbidden"),
        (Step("turn", 2, frozenset({name})), args, "assent_missing"),
        (Step("turn", 3, frozenset({name}), yes), {**args, "slot_id": slots[1]}, "assent_missing"),
        (Step("turn", 4, frozenset({name}), yes), args, None),
    ]
    async with unit_of_work(runtime, TENANT, header=runtime.header_for(caller, "chat")) as work:
        for step, wanted, code in steps:
            if code is None:
                await runtime.call_named_within(work, name, wanted, caller, step=step)
                continue
            with pytest.raises(ToolError) as error:
                await runtime.call_named_within(work, name, wanted, caller, step=step)
            assert error.value.code == code
    found = await entries(runtime, caller, "chat")
    assert [entry["step"] for entry in found] == ["turn/1", "turn/2", "turn/3", "turn/4"]
    assert [await taken(runtime, slot) for slot in slots[:2]] == [1, 0]


async def test_a_deadlock_is_tried_again(runtime: Runtime, throwaway: None) -> None:
    caller, who = someone(), await new_patient(runtime)
    FAILURES.extend(["40P01", "40001"])
    assert await call(runtime, "test.blow", caller, patient_id=who) == {"done": True}
    assert await address(runtime, who) == "moved" and FAILURES == []
    assert [entry["outcome"] for entry in await entries(runtime, caller)] == ["ok"]
    assert await events(runtime, who) == ["Patient.Created", "Patient.Updated"]


async def test_a_deadlock_that_does_not_go_away(runtime: Runtime, throwaway: None) -> None:
    caller, who = someone(), await new_patient(runtime)
    FAILURES.extend(["40P01"] * 4)
    error = await refused(runtime, "test.blow", caller, patient_id=who)
    assert (error.status, error.remedy, len(FAILURES)) == (503, "try_later", 1)
    assert [entry["outcome"] for entry in await entries(runtime, caller)] == ["failed"]


async def test_a_database_that_went_away(own_clone: Clone, own_runtime: Runtime) -> None:
    """One call is told to try later; the next finds the database again, though the pool was full of dead
    connections."""
    runtime = own_runtime
    await asyncio.gather(*(call(runtime, "facility.list_specialties") for _ in range(8)))
    with psycopg.connect(own_clone.superuser, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND application_name NOT LIKE 'procrastinate%'"
        )
    error = await refused(runtime, "facility.list_specialties")
    assert (error.code, error.status, error.remedy) == ("unavailable", 503, "try_later")
    assert len((await call(runtime, "facility.list_specialties"))["items"]) == 12


async def test_a_lost_connection_while_a_key_is_claimed_is_not_called_a_running_call(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deadlock(*_: Any) -> None:
        raise OperationalError("INSERT", {}, psycopg.errors.DeadlockDetected("deadlock"))

    monkeypatch.setattr(idempotency, "insert", deadlock)
    with pytest.raises(ToolError) as error:
        await runtime.call(CREATE, person(), someone(), key=str(uuid4()))
    assert (error.value.code, error.value.status) == ("unavailable", 503)


async def test_what_takes_long_is_not_paid_twice_under_one_key(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first call is in its slow part, which holds no transaction, a repeat is told so; afterwards it is given
    the result; one that failed may be tried again."""
    slow, begun, thought = asyncio.Event(), asyncio.Event(), []

    async def before(ctx: ToolContext, args: Any) -> Any:
        async def outside() -> None:
            thought.append(1)
            begun.set()
            await slow.wait()
            if len(thought) == 1:
                raise Unavailable("the model fell silent")

        return outside

    create = tool.find_tool(CREATE)
    assert create is not None
    monkeypatch.setitem(tool._REGISTRY, CREATE, replace(create, before=before))
    args, key, caller = person(mrn=None), str(uuid4()), someone()
    for fails in (True, False):
        begun.clear()
        first = asyncio.create_task(runtime.call(CREATE, args, caller, key=key))
        await begun.wait()
        with pytest.raises(AlreadyRunning):
            await runtime.call(CREATE, args, caller, key=key)
        slow.set()
        if fails:
            with pytest.raises(Unavailable):
                await first
            slow.clear()
        else:
            assert not (await first).replayed
    assert (await runtime.call(CREATE, args, caller, key=key)).replayed and len(thought) == 2


async def test_a_silent_key_service_is_told_as_try_later(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(*_: Any) -> Any:
        raise KeyServiceDown("ConnectError")

    monkeypatch.setattr(runtime.vault.keks, "wrap", silent)
    with pytest.raises(Unavailable) as error:
        await runtime.call(CREATE, person(), someone(), key=str(uuid4()))
    assert (error.value.status, error.value.remedy) == (503, "try_later")
