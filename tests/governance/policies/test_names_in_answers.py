"""Answers that name another patient are stopped, those that only read like it are not: cases by somebody who had not
seen the rules. What is right stays right."""

from __future__ import annotations

import pytest

from evals.names_in_answers import wrong


@pytest.mark.parametrize(
    ("half", "cases", "most"),
    [("open", 46, 0), ("frozen", 46, 0), ("second_open", 45, 0), ("second_frozen", 45, 1), ("third", 60, 0)],
)
def test_names_in_answers(half: str, cases: int, most: int) -> None:
    missed, count = wrong(half)
    assert count == cases and len(missed) <= most, [case["text"] for case in missed]
