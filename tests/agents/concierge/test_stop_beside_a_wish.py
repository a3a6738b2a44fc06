"""A wish for no more messages beside another: the other is done, and how to stop them is said; consent waits for the
plain word."""

from __future__ import annotations

from tests.agents.talking import talk
from tools.runtime.runtime import Runtime


async def test_both_are_answered(own_runtime: Runtime) -> None:
    said = "don't send me one more reminder about dr hayes. cancel that visit"
    first, *_ = await talk(own_runtime, said)
    assert "STOP" in first and "date of birth" in first
