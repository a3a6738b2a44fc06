"""A session run again: the same where nothing changed, a difference where something did, and nothing written."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agents.turn.rerun import Rehearse
from agents.turn.running import Turns
from agents.understanding.utterance import Understanding, Understood, Utterance
from cli.chat import say
from tests.conftest import staff
from tests.tools.hospital import refused
from tools.record.rerun import Rerunner
from tools.runtime.runtime import Runtime
from wiring import demo

TALKS = (
    ("book dr meera nair on thursday morning", "{birth}", "2", "yes", "thanks"),
    ("is there parking", "what are my appointments", "{birth}", "cancel my appointment", "hello"),
    ("i have crushing chest pain",),
    ("mujhe dentist se milna hai", "{birth}", "kal", "1", "haan"),
)


@pytest.fixture(scope="module")
async def played(own_runtime_of_module: Runtime) -> tuple[Runtime, list[UUID]]:
    runtime = own_runtime_of_module
    people = (await demo.facts(runtime.database, demo.TENANT_ID)).patients
    sessions = []
    for person, lines in zip(people[10:40:7], TALKS, strict=False):
        for line in lines:
            words = line.format(birth=f"{person['birth_date']:%d %B %Y}")
            answer = await say(runtime, demo.TENANT_ID, person["phone"], words)
        sessions.append(answer["session_id"])
    return runtime, sessions


async def rerun(runtime: Runtime, session_id: UUID, **variant: Any) -> dict[str, Any]:
    args = {"session_id": str(session_id), **variant}
    answer: dict[str, Any] = json.loads((await runtime.call("record.rerun_session", args, staff())).body)
    return answer


async def state_of(runtime: Runtime) -> tuple[Any, ...]:
    query = text(
        "SELECT (SELECT count(*) FROM appointment), (SELECT count(*) FROM message), (SELECT sum(version) FROM "
        "conversation),"
        " (SELECT count(*) FROM audit_entry WHERE kind <> 'tool_call'), (SELECT count(*) FROM policy_violation)"
    )
    async with runtime.database.begin(demo.TENANT_ID) as session:
        return tuple((await session.execute(query)).one())


@pytest.mark.parametrize("understanding", ["recorded", "builtin"])
async def test_the_same_code_gives_the_same(played: tuple[Runtime, list[UUID]], understanding: str) -> None:
    runtime, sessions = played
    before = await state_of(runtime)
    for session_id, lines in zip(sessions, TALKS, strict=True):
        found = await rerun(runtime, session_id, understanding=understanding)
        assert (found["turns"], found["same"], found["different"]) == (len(lines), len(lines), [])
    assert await state_of(runtime) == before


async def test_another_policy(played: tuple[Runtime, list[UUID]]) -> None:
    runtime, sessions = played
    rule = (
        "{id: no-answers, check: personal_data, at: [message_out], severity: high, action: block, entities: "
        "[PHONE, DATE_TIME]}"
    )
    policy = (
        f"name: strict\nversion: '2'\nrules:\n- {rule}\n- "
        f"{{id: words, check: toxic, at: [message_in], severity: low, action: flag}}"
    )
    found = await rerun(runtime, sessions[0], policy=policy)
    assert found["turns"] == len(TALKS[0])
    stricter = policy.replace("check: personal_data", "check: dosage").replace("entities: [PHONE, DATE_TIME]", "why: x")
    assert (await rerun(runtime, sessions[0], policy=stricter))["different"] == []
    assert (
        await refused(runtime, "record.rerun_session", staff(), session_id=str(sessions[0]), policy="rules: 3")
    ).status == 422


async def test_another_understanding_shows_what_would_not_be_done(
    played: tuple[Runtime, list[UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who understands nothing books nothing: the commands, the replies and the missing effect are shown, redacted."""
    runtime, sessions = played

    class Deaf(Understanding):
        async def understand(self, utterance: Utterance) -> Understood:
            return Understood((), "built-in")

    assert isinstance(runtime.services.get(Rerunner), Rehearse)
    monkeypatch.setattr(runtime.services.get(Rerunner), "_builtin", Deaf())
    before = await state_of(runtime)
    found = await rerun(runtime, sessions[0], understanding="builtin")
    assert found["redacted"] and found["same"] < found["turns"]
    booked = [turn for turn in found["different"] if turn["was"]["effects"]]
    assert {effect["tool"] for turn in booked for effect in turn["was"]["effects"]} >= {"scheduling.book_appointment"}
    assert not any(
        effect["tool"] == "scheduling.book_appointment" for turn in booked for effect in turn["would"]["effects"]
    )
    assert all(turn["would"]["commands"] == [] for turn in found["different"])
    assert await state_of(runtime) == before


async def test_a_model_that_is_not_configured(played: tuple[Runtime, list[UUID]]) -> None:
    runtime, sessions = played
    error = await refused(runtime, "record.rerun_session", staff(), session_id=str(sessions[0]), understanding="model")
    assert error.status == 422 and "no model is configured" in json.dumps(error.problem())


async def test_many_at_once_and_no_transaction_while_a_model_thinks(
    played: tuple[Runtime, list[UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice as many reruns as there are connections; none of them holds one while it waits for an understanding."""
    runtime, sessions = played
    # a busy machine may keep them waiting for a connection longer than a service should: only "for ever" is wrong here
    monkeypatch.setattr(runtime.database.engine.pool, "_timeout", 120.0)
    held: list[int] = []

    class Slow(Understanding):
        async def understand(self, utterance: Utterance) -> Understood:
            await asyncio.sleep(0)
            held.append(runtime.database.engine.pool.checkedout())  # type: ignore[attr-defined]
            return Understood((), "built-in")

    assert isinstance(runtime.services.get(Rerunner), Rehearse)
    monkeypatch.setattr(runtime.services.get(Rerunner), "_builtin", Slow())
    await rerun(runtime, sessions[0], understanding="builtin")
    assert held and set(held) == {0}
    size = runtime.database.engine.pool.size()  # type: ignore[attr-defined]
    runtime.services.get(Turns)._hospitals.clear()
    found = await asyncio.gather(*(rerun(runtime, sessions[0], understanding="builtin") for _ in range(2 * size)))
    assert len(found) == 2 * size
