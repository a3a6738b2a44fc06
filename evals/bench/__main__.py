"""All benchmarks, each beside its baseline in the same run: `python -m evals.bench [NAME ...]`."""

import asyncio
import sys

from evals.bench import audited_calls, turn_cost

BENCHES = {"audited-calls": audited_calls.main, "turn-cost": turn_cost.main}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHES:
        asyncio.run(BENCHES[name]())
