"""The long proofs: `python -m evals.soak [NAME ...]`. Prints each figure; exits with 1 where a proof fails."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from evals.harness import hospital, running_runtime
from evals.soak import double_booking, erasure, fuzz, in_the_clear, recordings, rerun, tampering, upgrade, webhooks


async def _double_booking() -> Any:
    async with hospital() as place, running_runtime(place, database_pool=20) as runtime:
        return await double_booking.run(runtime, attempts=10_000, seats=100, by_agent=1_000)


async def _webhooks() -> Any:
    async with hospital() as place:
        return await webhooks.run(place, patients=50, lines=20, kills=0, in_order=False)


async def _kills() -> Any:
    """With kills, and without: every conversation must end the same."""
    async with hospital() as place:
        undisturbed = await webhooks.run(place, patients=50, lines=20, kills=0, in_order=True)
    async with hospital() as place:
        killed = await webhooks.run(place, patients=50, lines=20, kills=50, in_order=True)
    if killed.appointments != undisturbed.appointments:
        print("  the conversations ended differently with kills than without")
        return dataclasses.replace(killed, waiting=-1)
    return killed


async def _fuzz() -> Any:
    async with hospital() as place, running_runtime(place) as runtime:
        return await fuzz.run(runtime, sequences=10_000, length=4)


async def _tampering() -> Any:
    async with hospital(days=2) as place:
        superuser = place.service.replace("//wardline_app:", "//postgres:")
        return await tampering.run(superuser, place.data_dir / "tampering", changes=10_000)


async def _erasure() -> Any:
    async with hospital() as place, running_runtime(place) as runtime:
        return await erasure.run(runtime, patients=12)


async def _in_the_clear() -> Any:
    async with hospital() as place:
        return await in_the_clear.run(place, patients=40, lines=20)


async def _rerun() -> Any:
    async with hospital() as place, running_runtime(place) as runtime:
        return await rerun.run(runtime, sessions=1_000)


async def _recordings() -> Any:
    async with hospital() as place:
        return await recordings.run(place, minutes=60, kills=10)


async def _upgrade() -> Any:
    with upgrade.tree_before() as tree:
        if tree is None:
            raise SystemExit(f"the history is not here that holds {upgrade.BEFORE}, the version to upgrade from")
        return await upgrade.run(tree, conversations=1_000, messages=200)


PROOFS: dict[str, Callable[[], Awaitable[Any]]] = {
    "double-booking": _double_booking, "webhooks": _webhooks, "kills": _kills, "fuzz": _fuzz,
    "tampering": _tampering, "rerun": _rerun, "in-the-clear": _in_the_clear, "erasure": _erasure,
    "recordings": _recordings, "upgrade": _upgrade,
}  # fmt: skip


def main() -> int:
    good = True
    for name in sys.argv[1:] or PROOFS:
        started = time.monotonic()
        outcome = asyncio.run(PROOFS[name]())  # type: ignore[arg-type]
        shown = {key: value for key, value in dataclasses.asdict(outcome).items() if key != "appointments"}
        print(
            f"{name}: {'GOOD' if outcome.good else 'FAILED'} in {time.monotonic() - started:.0f} s {shown}", flush=True
        )
        good = good and outcome.good
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
