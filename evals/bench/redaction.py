"""Redaction beside Presidio's default recognisers, both without a model, in turns in the same run, on one core.

Our time holds 20,000 known people, two people in focus and the masking; Presidio's is its analyzer alone. Medians."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence

from evals.redaction import vanilla
from evals.redaction_people import ORDINARY, register, written
from governance.redaction.known import Known
from governance.redaction.person import Person
from governance.redaction.redactor import Redactor

PEOPLE = 20_000
MESSAGES = 60
ROUNDS = 7


async def main() -> None:
    people = register(PEOPLE)
    started = time.perf_counter()
    known = Known(people)
    print(f"index of {PEOPLE} people: {time.perf_counter() - started:.2f} s")
    redactor, presidio, focus = Redactor(), vanilla(), people[:2]
    messages = _messages(people)
    kinds: dict[str, Callable[[str], object]] = {
        "redact, known people and focus": lambda text: redactor.redact(text, known=known, focus=focus),
        "redact, nobody known": redactor.redact,
        "mentions of known people alone": known.mentions,
        "Presidio's default recognisers": presidio,
    }
    for work in kinds.values():
        work(messages[0])
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        for name, work in kinds.items():
            times[name] += _times(work, messages)
    size = statistics.mean(len(message.encode()) for message in messages)
    for name, spent in times.items():
        median, slow = statistics.median(spent), sorted(spent)[int(len(spent) * 0.95)]
        print(
            f"{name:32} {median:6.2f} ms a message of 500 characters (p95 {slow:.2f}), {median / size * 1024:6.2f} ms "
            f"per kB"
        )


def _messages(people: Sequence[Person]) -> list[str]:
    """Messages of 500 characters: everyday talk with two sentences of personal data in each."""
    rng = random.Random(5)
    messages = []
    for _ in range(MESSAGES):
        said = [message for _, _, message in written(rng.choice(people), rng)]
        parts = rng.sample(said, 2) + rng.sample(ORDINARY, 20)
        rng.shuffle(parts)
        messages.append(". ".join(parts)[:500])
    return messages


def _times(work: Callable[[str], object], messages: Sequence[str]) -> list[float]:
    spent = []
    for message in messages:
        started = time.perf_counter()
        work(message)
        spent.append((time.perf_counter() - started) * 1000)
    return spent
