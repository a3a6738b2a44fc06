"""The bench of turns under load runs whole, in small: every message is answered and away. It asserts no times."""

from __future__ import annotations

import pytest

from evals.bench import turns_under_load

pytestmark = pytest.mark.soak


async def test_a_quiet_and_a_busy_round() -> None:
    loads = ("reminders", "rerun")
    said = await turns_under_load.run(rounds=1, loads=loads, rate_per_s=1000, talkers=1, emergencies=1)
    assert [one.busy for one in said] == [False] * 5 + [True] * 5
    assert [one.urgent for one in said] == [False, False, False, False, True] * 2
    # the two are seen by two threads here, in either order
    assert all(one.sent < min(one.answered, one.away) for one in said)
    turns_under_load.show(said)
