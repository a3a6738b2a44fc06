"""The record, events, jobs and rows agree, whatever is refused at whatever depth of nested calls and reactions."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.hospital import TENANT, call, rows
from tools.runtime.errors import Conflict, ToolError
from tools.runtime.events import Event, event_type, reaction
from tools.runtime.jobs import Job
from tools.runtime.principals import Permission, system
from tools.runtime.react import react
from tools.runtime.runtime import Runtime
from tools.runtime.tool import _REGISTRY, Args, Effect, Out, tool
from tools.runtime.unit_of_work import unit_of_work
from tools.tickets.tools import CreateTicket, create_ticket

TOLD = event_type("Test.Told", "A nested call was made")
STARTED = event_type("Test.Started", "Reactions are wanted")
# {"name": str, "inner": [plans], "refuses": bool, "swallows": bool}: what a call does, in this order
Plan = dict[str, Any]


class Nested(Args):
    plan: str


class Done(Out):
    ok: bool = True


async def carry_out(ctx: Any, plan: Plan) -> None:
    await ctx.call(create_ticket, CreateTicket(category=plan["name"], subject="x"))
    ctx.emit(TOLD, uuid4(), name=plan["name"])
    ctx.defer(Job("run_turns_of_test", {"tenant": str(TENANT), "name": plan["name"]}))
    for inner in plan["inner"]:
        try:
            await ctx.call(_REGISTRY["tests.nested"].run, Nested(plan=json.dumps(inner)))
        except ToolError:
            if not plan["swallows"]:
                raise
    if plan["refuses"]:
        raise Conflict("refused after all that")


def expected(plan: Plan) -> tuple[list[str], bool]:
    """(the names whose effects stand, did it succeed?)."""
    names = [plan["name"]]
    for inner in plan["inner"]:
        stands, well = expected(inner)
        if not well and not plan["swallows"]:
            return [], False
        names += stands
    return ([], False) if plan["refuses"] else (names, True)


plans = st.recursive(
    st.builds(lambda refuses: {"inner": [], "refuses": refuses, "swallows": False}, refuses=st.booleans()),
    lambda inner: st.fixed_dictionaries(
        {"inner": st.lists(inner, max_size=3), "refuses": st.booleans(), "swallows": st.booleans()}
    ),
    max_leaves=6,
)


def named(plan: Plan) -> Plan:
    return {**plan, "name": uuid4().hex, "inner": [named(one) for one in plan["inner"]]}


def names_of(plan: Plan) -> list[str]:
    return [plan["name"], *(name for inner in plan["inner"] for name in names_of(inner))]


@pytest.fixture(scope="module", autouse=True)
def declared() -> Any:
    @tool("tests.nested", needs=Permission("tickets:write"), effect=Effect.WRITE)
    async def nested(ctx: Any, args: Nested) -> Done:
        """A call that makes others."""
        await carry_out(ctx, json.loads(args.plan))
        return Done()

    from tools.runtime.jobs import DECLARED, TASKS, task

    @task("run_turns_of_test")
    async def never(runtime: Any, **_: Any) -> None:
        """Stays in the queue."""

    yield
    del _REGISTRY["tests.nested"], DECLARED["run_turns_of_test"], TASKS["run_turns_of_test"]


@reaction(STARTED, "tests.nested")
async def nested_reaction(ctx: Any, event: Event) -> None:
    await carry_out(ctx, json.loads(event.payload["plan"]))


async def standing(runtime: Runtime, plan: Plan, session: UUID) -> dict[str, set[str]]:
    """The names whose row, event, job and entry exist."""
    names = names_of(plan)
    tickets = await rows(runtime, "SELECT category FROM ticket WHERE category = ANY(:n)", n=names)
    told = await rows(
        runtime,
        "SELECT payload->>'name' FROM event_log WHERE type = 'Test.Told' AND payload->>'name' = ANY(:n)",
        n=names,
    )
    jobs = await rows(runtime, "SELECT args->>'name' FROM procrastinate_jobs WHERE args->>'name' = ANY(:n)", n=names)
    created = await rows(
        runtime,
        "SELECT e.payload->>'category' FROM event_log e WHERE e.type = 'Ticket.Created' AND NOT EXISTS"
        " (SELECT 1 FROM ticket t WHERE t.id = e.entity_id)",
    )
    assert created == []  # no event of a ticket that is not there
    return {
        "rows": {row[0] for row in tickets}, "events": {row[0] for row in told}, "jobs": {row[0] for row in jobs},
    }  # fmt: skip


async def outcomes(runtime: Runtime, session: UUID, tool_name: str) -> list[str]:
    query = (
        "SELECT body::jsonb->>'outcome' FROM audit_entry WHERE session_id = :s AND body::jsonb->>'tool' = :t "
        "ORDER BY seq"
    )
    return [row[0] for row in await rows(runtime, query, s=session, t=tool_name)]


SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SETTINGS
@given(plan=plans.map(named))
async def test_nested_calls(runtime: Runtime, plan: Plan) -> None:
    caller = system(TENANT, f"test:{uuid4().hex}")
    header = runtime.header_for(caller, "job")
    async with unit_of_work(runtime, TENANT, header=header) as work:
        try:
            await runtime.call_named_within(work, "tests.nested", {"plan": json.dumps(plan)}, caller)
        except ToolError:
            pass
    stands, _ = expected(plan)
    assert await standing(runtime, plan, header.id) == {
        "rows": set(stands),
        "events": set(stands),
        "jobs": set(stands),
    }
    tickets = await outcomes(runtime, header.id, "tickets.create_ticket")
    assert tickets.count("ok") == len(stands) and set(tickets) <= {"ok", "rolled_back"}
    assert (await outcomes(runtime, header.id, "tests.nested")).count("ok") == len(stands)


@SETTINGS
@given(plan=plans.map(named))
async def test_reactions(runtime: Runtime, plan: Plan) -> None:
    caller = system(TENANT, f"test:{uuid4().hex}")
    entity = uuid4()
    async with unit_of_work(runtime, TENANT, header=runtime.header_for(caller, "job")) as work:
        work.events.append(Event(STARTED, entity, {"plan": json.dumps(plan)}))
    [(event,)] = await rows(runtime, "SELECT id FROM event_log WHERE entity_id = :e", e=entity)
    stands, well = expected(plan)
    for _ in range(2):  # once more, as a queue may
        try:
            await react(runtime, tenant=str(TENANT), event=str(event), reaction="tests.nested")
            assert well
        except ToolError:
            assert not well
    found = await standing(runtime, plan, entity)
    assert found == {"rows": set(stands), "events": set(stands), "jobs": set(stands)}
    done = await rows(runtime, "SELECT 1 FROM reacted WHERE event_id = :e", e=event)
    assert len(done) == int(well)


async def test_what_was_undone_says_so_and_why(runtime: Runtime) -> None:
    plan = named({"inner": [], "refuses": True, "swallows": False})
    caller = system(TENANT, f"test:{uuid4().hex}")
    header = runtime.header_for(caller, "job")
    async with unit_of_work(runtime, TENANT, header=header) as work:
        with pytest.raises(Conflict):
            await runtime.call_named_within(work, "tests.nested", {"plan": json.dumps(plan)}, caller)
    query = (
        "SELECT body::jsonb->>'outcome', body::jsonb->>'code', body::jsonb ? 'result' FROM audit_entry WHERE "
        "session_id = :s ORDER BY seq"
    )
    assert [tuple(row) for row in await rows(runtime, query, s=header.id)] == [
        ("rolled_back", "conflict", False), ("refused", "conflict", False),
    ]  # fmt: skip
    audit = await call(runtime, "record.audit_events", session_id=str(header.id))
    assert [entry["resource"]["outcome"] for entry in audit["entry"]] == ["4", "4"]  # FHIR: a minor failure
