"""A million known patients in one process: memory, time to build, time for a change to be seen, time of a look-up."""

from __future__ import annotations

import asyncio
import random
import resource
import statistics
import time

from evals.redaction_people import register
from governance.redaction.known import Known

SIZES = (20_000, 200_000, 1_000_000)


def _memory_mb() -> float:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def _look_ups(known: Known, texts: list[str]) -> tuple[float, float]:
    spent = []
    for text in texts:
        started = time.perf_counter()
        known.mentions(text)
        spent.append((time.perf_counter() - started) * 1000)
    return statistics.median(spent), sorted(spent)[int(len(spent) * 0.95)]


async def main() -> None:
    rng = random.Random(7)
    few = register(20_000)
    filler = "You can come at half past ten, the desk is on the ground floor and the doctor will see you soon"
    texts = [f"{filler}. {rng.choice(few).names[0]} asked for it" for _ in range(300)]
    for size in SIZES:
        people = register(size)
        before = _memory_mb()
        started = time.perf_counter()
        known = Known(people)
        built = time.perf_counter() - started
        held = _memory_mb() - before
        middle, slow = _look_ups(known, texts)
        started = time.perf_counter()
        both = known.with_newer(Known(people[:100]))
        seen = (time.perf_counter() - started) * 1000
        _, slow_both = _look_ups(both, texts)
        print(
            f"{size:>9} people: built {built:6.1f} s, {held:7.0f} MB, look-up p50 {middle:.2f} p95 {slow:.2f} ms, "
            f"100 changes laid over in {seen:.1f} ms, then p95 {slow_both:.2f} ms"
        )
        del known, both, people
    print(f"peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    asyncio.run(main())
