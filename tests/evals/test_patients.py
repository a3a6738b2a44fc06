"""The simulated patients, in small; `python -m evals.patients` plays all of them."""

from __future__ import annotations

import random

import pytest

from evals.patients.banks import MANNERS, Bank
from evals.patients.making import make
from evals.patients.play import play
from evals.patients.wishes import BOOKING, GOALS, met, people
from tools.runtime.runtime import Runtime


async def test_simulated_patients_mostly_reach_what_they_want_and_nothing_else(own_runtime_of_module: Runtime) -> None:
    everyone = await people(own_runtime_of_module)
    talks = [
        await play(own_runtime_of_module, goal, MANNERS[seed % len(MANNERS)], half="open", seed=seed, everyone=everyone)
        for seed, goal in enumerate(GOALS)
    ]
    assert all(talk.lines for talk in talks)
    assert sum(talk.passed for talk in talks) >= 0.7 * len(talks), [talk.missing for talk in talks if not talk.passed]
    assert sum(bool(talk.wrong) for talk in talks) <= 1, [talk.wrong for talk in talks]


@pytest.mark.parametrize("goal", BOOKING)
async def test_a_wish_that_nobody_met_is_missing(goal: str, own_runtime_of_module: Runtime) -> None:
    everyone = await people(own_runtime_of_module)
    wish, _, _ = await make(own_runtime_of_module, goal, Bank("open", MANNERS[0], random.Random(1)), everyone)
    missing, _ = await met(own_runtime_of_module, wish, [])
    assert missing
