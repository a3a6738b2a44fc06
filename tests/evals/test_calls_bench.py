"""The bench of calls runs whole, in small: its figures are there, and nobody is lost. It asserts no times."""

from __future__ import annotations

import pytest

from evals.bench import calls

pytestmark = pytest.mark.soak


async def test_two_calls() -> None:
    found = await calls.run(calls=2, turns=2, speed=2.0)
    assert found["failed"] == [] and found["calls"] == 2
    assert len(found["answers"]) == len(found["beyond"]) == 4 and len(found["barge_ins"]) == 2
    assert found["lost"] == 0 and found["sent"] > 1000
    calls._show(found)
