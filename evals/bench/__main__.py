"""All benchmarks, each beside its baseline in the same run: `python -m evals.bench [NAME ...]`."""

import asyncio
import sys

from evals.bench import audited_calls, calls, growth, people, recording, redaction, seals, turn_cost, turns_under_load

BENCHES = {
    "audited-calls": audited_calls.main, "calls": calls.main, "recording": recording.main,
    "growth": growth.main, "people": people.main, "redaction": redaction.main, "seals": seals.main,
    "turn-cost": turn_cost.main,
    "turns-under-load": turns_under_load.main,
}  # fmt: skip

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHES:
        asyncio.run(BENCHES[name]())
