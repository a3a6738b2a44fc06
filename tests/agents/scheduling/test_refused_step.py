"""A reading tool that refuses what the words came to does not end the conversation."""

from __future__ import annotations

from typing import Any

import pytest

from agents.scheduling import seek
from api.chat import say
from tools.facility import demo
from tools.runtime.errors import InvalidArguments
from tools.runtime.runtime import Runtime


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
