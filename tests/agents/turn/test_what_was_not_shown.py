"""What the policy kept from being sent was read back to nobody, so that no yes is one to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.agents.talking import talk
from tools.runtime.guard import Guard
from tools.runtime.runtime import Runtime


async def test_a_yes_to_an_answer_that_was_stopped_books_nothing(
    own_runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    outgoing = Guard.outgoing

    async def stops_read_backs(self: Guard, work: Any, reply: str, **options: Any) -> Any:
        verdict, subject, decisions = await outgoing(self, work, reply, **options)
        return (replace(verdict, text=None) if "Shall I book it?" in reply else verdict), subject, decisions

    monkeypatch.setattr(Guard, "outgoing", stops_read_backs)
    *_, stopped, done = await talk(own_runtime, "dr robert hayes tomorrow", "1", "yes")
    assert "Shall I book it?" not in stopped
    assert "Booked" not in done
