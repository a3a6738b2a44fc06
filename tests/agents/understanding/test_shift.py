"""Words that count from the visit, not from today."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.understanding.resolve.shift import says_same_time, shift_of


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("push it by a week", 7), ("by a week", 7), ("a week later", 7), ("two weeks later", 14), ("by 2 days", 2),
        ("one day earlier", -1), ("a day before", -1), ("same time next week", 7), ("same day and time next week", 7),
        ("back by a couple of days", 2), ("do din baad", 2), ("ek din pehle", -1),
    ],
)  # fmt: skip
def test_a_distance(words: str, days: int) -> None:
    assert shift_of(words) == timedelta(days=days)


@pytest.mark.parametrize("words", ["next week", "friday", "in two weeks", "tomorrow", "", "earlier", "the 14th"])
def test_none(words: str) -> None:
    assert shift_of(words) is None


def test_the_same_time() -> None:
    assert says_same_time("same time") and says_same_time("usi time") and not says_same_time("next time")
