"""Who twice says no plain yes or no is given both numbered: then the number alone is an answer."""

from __future__ import annotations

import pytest

from agents.turn.conversation_state import Option, State
from tests.agents.talking import talk
from tools.runtime.runtime import Runtime

NUMBERED = "(yes or no)\n1. Yes\n2. No"
UNCLEAR = ("i was told it would get complicated, yes please", "it could be that, i think, yes")


async def _talk(runtime: Runtime, *messages: str) -> list[str]:
    return await talk(runtime, "dr robert hayes tomorrow", "1", *messages)


async def test_numbers_come_with_the_second_miss_and_one_is_a_yes(own_runtime: Runtime) -> None:
    *_, read_back, once, twice, done = await _talk(own_runtime, *UNCLEAR, "1")
    assert "Shall I book it? (yes or no)" in read_back and NUMBERED not in read_back + once
    assert NUMBERED in twice and done.startswith("Booked:")


async def test_two_is_a_no(own_runtime: Runtime) -> None:
    *_, refused = await _talk(own_runtime, *UNCLEAR, "2.")
    assert "not done that" in refused and "Booked" not in refused


@pytest.mark.parametrize("words", ["3", "1 or 2", "the first one", "1 december"])
async def test_nothing_but_the_number_is_a_yes(own_runtime: Runtime, words: str) -> None:
    assert not (await _talk(own_runtime, *UNCLEAR, words))[-1].startswith("Booked:")


async def test_without_the_numbers_one_is_no_yes(own_runtime: Runtime) -> None:
    assert not (await _talk(own_runtime, "1"))[-1].startswith("Booked:")


def test_only_where_a_yes_is_awaited_and_both_were_just_shown() -> None:
    numbered = State(
        awaiting="confirm", options=[Option(id="yes", label="Yes"), Option(id="no", label="No")],
        last_answer=f"Shall I book it? {NUMBERED}",
    )  # fmt: skip
    assert (numbered.by_number("no. 1 please"), numbered.by_number("2")) == ("yes", "no")
    assert numbered.model_copy(update={"awaiting": "choice"}).by_number("1") is None
    assert numbered.model_copy(update={"last_answer": "Is this happening now? (yes or no)"}).by_number("1") is None
    assert State(awaiting="confirm", last_answer=f"Shall I book it? {NUMBERED}").by_number("1") is None
