"""For whom and when, where other people and other days are spoken of beside it."""

from __future__ import annotations

from tests.agents.talking import talk
from tools.runtime.runtime import Runtime


async def test_a_day_that_does_not_suit_is_not_the_day(own_runtime: Runtime) -> None:
    said = "skin doctor appointment please. i keep fast on tuesday so not tuesday, wednesday is good"
    shown = (await talk(own_runtime, said))[-1]
    assert "Wednesday 25 November" in shown and "Tuesday" not in shown


async def test_a_relative_who_is_busy_is_no_patient(own_runtime: Runtime) -> None:
    *_, shown = await talk(
        own_runtime, "skin doctor wednesday", "not in the morning, my wife has bank work. after 2 only"
    )
    assert "pm" in shown and "For whom" not in shown and "am," not in shown


async def test_words_that_are_no_name_are_not_looked_for_among_relatives(own_runtime: Runtime) -> None:
    *_, again = await talk(own_runtime, "book dr fatima qureshi tomorrow", "wait a moment", patient=21)
    assert "wait a moment" not in again
