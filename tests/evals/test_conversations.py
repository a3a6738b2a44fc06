"""Every scenario once; `make eval` plays each eight times."""

from __future__ import annotations

from typing import Any

import pytest

from evals.conversations import play, scenarios
from tools.runtime.runtime import Runtime


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario["name"])
async def test_conversation(scenario: dict[str, Any], own_runtime_of_module: Runtime) -> None:
    played = await play(own_runtime_of_module, scenario)
    assert not played.wrong, f"{played.wrong}\n{played.talk}"


def test_there_are_at_least_sixty() -> None:
    names = [scenario["name"] for scenario in scenarios()]
    assert len(set(names)) == len(names) >= 60
