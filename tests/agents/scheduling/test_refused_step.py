"""A reading tool that refuses what the words came to does not end the conversation."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from agents.scheduling import seek
from cli.chat import say
from tests.conftest import staff
from tools.runtime.errors import InvalidArguments
from tools.runtime.runtime import Runtime
from wiring import demo


async def test_the_day_is_asked_again(own_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    row = (await demo.facts(own_runtime.database, demo.TENANT_ID)).patients[20]

    async def refuse(*args: Any, **kwargs: Any) -> None:
        raise InvalidArguments(errors=[{"field": "date_to", "rule": "must not be before date_from"}])

    with monkeypatch.context() as patched:
        patched.setattr(seek, "search", refuse)
        await say(own_runtime, demo.TENANT_ID, row["phone"], "book a dentist on friday")
        answer = await say(own_runtime, demo.TENANT_ID, row["phone"], f"{row['birth_date']:%d %B %Y}")
        assert "Which day and time" in answer["reply"]
    answer = await say(own_runtime, demo.TENANT_ID, row["phone"], "friday")
    assert "1. Friday 27 November" in answer["reply"] or "1. " in answer["reply"]


async def test_another_visit_at_that_time_is_told_and_another_time_asked(own_runtime: Runtime) -> None:
    row = (await demo.facts(own_runtime.database, demo.TENANT_ID)).patients[20]

    async def said(words: str) -> str:
        return str((await say(own_runtime, demo.TENANT_ID, row["phone"], words))["reply"])

    await said("book a dentist on friday")
    offered = await said(f"{row['birth_date']:%d %B %Y}")
    assert "1. " in offered
    assert "Shall I book it?" in await said("1")
    async with own_runtime.database.begin(demo.TENANT_ID) as session:
        query = text(
            "SELECT o.id FROM slot_hold h JOIN time_slot s ON s.id = h.slot_id JOIN time_slot o ON o.starts_at < "
            "s.ends_at AND s.starts_at < o.ends_at AND o.practitioner_id <> s.practitioner_id AND o.taken = 0 LIMIT 1"
        )
        other = await session.scalar(query)
    args = {"patient_id": str(row["id"]), "slot_id": str(other)}
    await own_runtime.call("scheduling.book_appointment", args, staff())  # the desk is quicker, with another doctor
    answer = await said("yes")
    assert "already has another appointment at that time" in answer and "Which other time" in answer
    assert "1. " in await said("in the afternoon") or "Shall I book it?" in await said("1")
