"""The long proofs, small; `make soak` runs them at full length."""

from __future__ import annotations

import pytest

from evals.harness import hospital
from evals.soak import double_booking, fuzz, recordings, webhooks
from tools.runtime.runtime import Runtime

pytestmark = pytest.mark.soak


async def test_no_seat_is_booked_twice(own_runtime: Runtime) -> None:
    outcome = await double_booking.run(own_runtime, attempts=120, seats=8, by_agent=24)
    assert outcome.good, outcome


async def test_nothing_happens_without_a_yes(own_runtime: Runtime) -> None:
    outcome = await fuzz.run(own_runtime, sequences=60)
    assert outcome.good, outcome


async def test_webhooks_repeated_reordered_and_killed() -> None:
    """Server and worker as processes of their own, killed in between; the same end as without."""
    async with hospital(days=10) as place:
        undisturbed = await webhooks.run(place, patients=3, lines=5, kills=0, in_order=True)
    async with hospital(days=10) as place:
        killed = await webhooks.run(place, patients=3, lines=5, kills=3, in_order=True)
    assert undisturbed.good, undisturbed
    assert killed.good, killed
    assert killed.appointments == undisturbed.appointments
    assert len(killed.appointments) == 3


async def test_a_recording_is_transcribed_once_by_workers_that_are_killed() -> None:
    async with hospital(days=2) as place:
        outcome = await recordings.run(place, minutes=5, kills=1)
    assert outcome.good, outcome
