"""For whom and when, where other people and other days are spoken of beside it."""

from __future__ import annotations

from cli.chat import say
from tools.runtime.runtime import Runtime
from wiring import demo


async def _talk(runtime: Runtime, patient: int, *messages: str) -> list[str]:
    row = (await demo.facts(runtime.database, demo.TENANT_ID)).patients[patient]
    told = f"{row['birth_date']:%d %B %Y}"
    said = [
        (await say(runtime, demo.TENANT_ID, row["phone"], words))["reply"]
        for words in (messages[0], told, *messages[1:])
    ]
    return [str(one) for one in said]


async def test_a_day_that_does_not_suit_is_not_the_day(own_runtime: Runtime) -> None:
    said = "skin doctor appointment please. i keep fast on tuesday so not tuesday, wednesday is good"
    shown = (await _talk(own_runtime, 20, said))[-1]
    assert "Wednesday 25 November" in shown and "Tuesday" not in shown


async def test_a_relative_who_is_busy_is_no_patient(own_runtime: Runtime) -> None:
    *_, shown = await _talk(
        own_runtime, 20, "skin doctor wednesday", "not in the morning, my wife has bank work. after 2 only"
    )
    assert "pm" in shown and "For whom" not in shown and "am," not in shown


async def test_words_that_are_no_name_are_not_looked_for_among_relatives(own_runtime: Runtime) -> None:
    *_, again = await _talk(own_runtime, 21, "book dr fatima qureshi tomorrow", "wait a moment")
    assert "wait a moment" not in again
