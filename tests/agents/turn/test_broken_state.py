"""A conversation whose stored state cannot be read is answered all the same, an emergency before everything."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from agents.turn.conversation_state import State, read_state
from agents.turn.running import Turns
from cli.chat import say
from governance.record import canonical
from governance.vault import Keyring, Owner
from tests.agents.turn.test_turn import PHONE
from tests.tools.hospital import TENANT, rows
from tools.conversations.inbox import Incoming, receive
from tools.conversations.tables import Conversation
from tools.conversations.turns import state_aad
from tools.runtime.runtime import Runtime

PAIN = "my chest hurts and I am sweating"
NEWER = {"greeted": True, "flow": "intake", "slots": {"day": "tomorrow"}, "tries": 1}


async def with_state(runtime: Runtime, state: Any) -> UUID:
    """A conversation that was begun, and whose stored state was then written by another version; bytes are stored as
    they are."""
    conversation: UUID = (await say(runtime, TENANT, PHONE, "hello"))["conversation_id"]
    async with runtime.database.begin(TENANT) as session:
        row = await session.get_one(Conversation, conversation)
        keys = Keyring(runtime.vault, session, TENANT)
        if isinstance(state, bytes):
            assert row.flow is not None
            row.flow = row.flow[:-1] + bytes([row.flow[-1] ^ 1])
        else:
            owner = Owner(conversation, "conversation")
            row.flow = await keys.seal(owner, canonical(state), state_aad(conversation))
    return conversation


@pytest.mark.parametrize("state", [NEWER, b"changed", ["no", "object"]], ids=["newer", "unsealable", "not an object"])
async def test_an_emergency_is_answered(own_runtime: Runtime, state: Any) -> None:
    conversation = await with_state(own_runtime, state)
    answer = await say(own_runtime, TENANT, PHONE, PAIN)
    assert "112" in answer["reply"]
    assert await rows(own_runtime, "SELECT state FROM conversation WHERE id = :i", i=conversation) == [("handed_over",)]
    assert [row[0] for row in await rows(own_runtime, "SELECT priority FROM ticket")] == ["critical"]
    dropped = "SELECT body::jsonb->>'fields' FROM audit_entry WHERE kind = 'state_dropped' AND session_id = :i"
    assert [row[0] for row in await rows(own_runtime, dropped, i=conversation)] == ["flow" if state == NEWER else "all"]


async def test_an_ordinary_message_goes_on(own_runtime: Runtime) -> None:
    await with_state(own_runtime, NEWER)
    answer = (await say(own_runtime, TENANT, PHONE, "I want to book a dentist"))["reply"]
    assert "lost track" in answer and "birth" in answer
    assert "lost track" not in (await say(own_runtime, TENANT, PHONE, "hello"))["reply"]


def test_who_it_is_stays_known() -> None:
    state, wrong = read_state(NEWER)
    assert (state, wrong) == (State(greeted=True, tries=1), "flow")
    assert read_state({"tries": "many"}) == (State(), "tries")
    assert read_state({"tries": 2, "unknown": 1}) == (State(tries=2), None)


async def test_a_turn_that_cannot_begin_is_counted_and_given_up(
    own_runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agents.turn import state as turn_state

    await say(own_runtime, TENANT, PHONE, "hello")

    async def broken(*_: Any) -> Any:
        raise RuntimeError("the message cannot be read")

    monkeypatch.setattr(turn_state, "_claim", broken)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await say(own_runtime, TENANT, PHONE, "book a dentist")
    found = await rows(
        own_runtime, "SELECT state, attempts, error FROM message WHERE direction = 'in' ORDER BY seq LIMIT 1 OFFSET 1"
    )
    assert [tuple(row) for row in found] == [("failed", 3, "RuntimeError")]
    assert [row[0] for row in await rows(own_runtime, "SELECT priority FROM ticket")] == ["high"]


async def test_an_emergency_does_not_wait_behind_what_fails_or_is_still_heard(own_runtime: Runtime) -> None:
    await say(own_runtime, TENANT, PHONE, "hello")
    note = [{"content_type": "audio/ogg", "url": "https://media.example/1"}]
    await receive(own_runtime, TENANT, Incoming("whatsapp", PHONE, "", "SM-note", note))
    await receive(own_runtime, TENANT, Incoming("whatsapp", PHONE, PAIN, "SM-pain"))
    jobs = await rows(
        own_runtime,
        "SELECT queue_name, lock FROM procrastinate_jobs WHERE task_name = 'run_turns' ORDER BY id DESC LIMIT 1",
    )
    assert [tuple(row) for row in jobs] == [("urgent", None)]
    [(conversation,)] = await rows(own_runtime, "SELECT conversation_id FROM message WHERE provider_id = 'SM-pain'")
    await own_runtime.services.get(Turns).drain(TENANT, conversation)
    sent = await rows(
        own_runtime,
        "SELECT queue_name FROM procrastinate_jobs WHERE task_name = 'send_message' ORDER BY id DESC LIMIT 1",
    )
    assert [row[0] for row in sent] == ["urgent"]
    waiting = await rows(
        own_runtime, "SELECT urgent, state FROM message WHERE direction = 'in' ORDER BY seq DESC LIMIT 2"
    )
    assert [tuple(row) for row in waiting] == [(True, "processed"), (False, "hearing")]


async def test_a_policy_that_this_version_cannot_read_silences_nobody(own_runtime: Runtime) -> None:
    from tests.tools.hospital import call

    made = await call(own_runtime, "policies.add_policy", document="name: own\nversion: '1'\nrules: []")
    async with own_runtime.database.begin(TENANT) as session:
        await session.execute(
            text("UPDATE policy SET document = 'name: [', in_force = true WHERE id = :i"),
            {"i": UUID(made["id"])},
        )
    own_runtime.guard.forget(TENANT)
    assert "112" in (await say(own_runtime, TENANT, PHONE, PAIN))["reply"]


@pytest.mark.parametrize("said", [PAIN, "I want to kill myself"])
async def test_an_emergency_answer_is_no_violation(own_runtime: Runtime, said: str) -> None:
    """An alarm that is raised by every emergency would hide the real ones."""
    assert "112" in (await say(own_runtime, TENANT, PHONE, said))["reply"]
    assert await rows(own_runtime, "SELECT rule, evidence FROM policy_violation") == []
