"""Words that count from the visit, not from today."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agents.understanding.resolve.shift import minutes_of, says_same_time, shift_of


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("push it by a week", 7), ("by a week", 7), ("a week later", 7), ("two weeks later", 14), ("by 2 days", 2),
        ("one day earlier", -1), ("a day before", -1), ("same time next week", 7), ("same day and time next week", 7),
        ("back by a couple of days", 2), ("do din baad", 2), ("ek din pehle", -1),
        ("to the next day", 1), ("the following day", 1), ("agle din", 1),
    ],
)  # fmt: skip
def test_a_distance(words: str, days: int) -> None:
    assert shift_of(words) == timedelta(days=days)


@pytest.mark.parametrize("words", ["next week", "friday", "in two weeks", "tomorrow", "", "earlier", "the 14th"])
def test_none(words: str) -> None:
    assert shift_of(words) is None


def test_the_same_time() -> None:
    assert says_same_time("same time") and says_same_time("usi time") and not says_same_time("next time")


@pytest.mark.parametrize(
    ("words", "minutes"),
    [("half an hour later", 30), ("an hour earlier", -60), ("15 minutes later", 15), ("aadha ghanta baad", 30)],
)
def test_minutes(words: str, minutes: int) -> None:
    assert minutes_of(words) == timedelta(minutes=minutes)


@pytest.mark.parametrize("words", ["later", "a day later", "in an hour", "30 minutes"])
def test_no_minutes(words: str) -> None:
    assert minutes_of(words) is None
