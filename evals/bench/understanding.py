"""How long a message takes to be understood, with likeness and, in turns in the same run, by the rules alone: of the
first messages of the conversations (`scenarios/`), of all their messages, and of long first messages
(`data/openings/open.yaml`). One core, no database; a message's vector is worked out anew each time."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import yaml

from agents.understanding.builtin.understand import read
from agents.understanding.meaning.reader import Meaning
from agents.understanding.utterance import Directory, Known, Utterance
from evals.conversations import scenarios
from evals.harness import NOW
from evals.openings import SETS
from rag.embedding.shared import Embeddings
from wiring.demo import DOCTORS, LOCATIONS, SPECIALTIES

ROUNDS = 3
NAMES = Directory(
    practitioners=tuple(Known(id=name, name=f"Dr. {name}") for name, _ in DOCTORS),
    specialties=tuple(Known(id=code, name=name) for code, name in SPECIALTIES.items()),
    locations=tuple(Known(id=str(one["name"]), name=str(one["name"])) for one in LOCATIONS),
)


async def main() -> None:
    talks = [[said for said in one["say"] if isinstance(said, str)] for one in scenarios()]
    kinds = {
        "first messages": [said[0] for said in talks if said],
        "all messages": [message for said in talks for message in said],
        "long first messages": [row["text"] for row in yaml.safe_load((SETS / "open.yaml").read_text("utf-8"))],
    }
    read(Utterance(text="hello", now=NOW, directory=NAMES), Meaning(Embeddings(Path("var"))))
    for kind, messages in kinds.items():
        spent: dict[str, list[float]] = {"with likeness": [], "rules alone": []}
        for _ in range(ROUNDS):
            embeddings = Embeddings(Path("var"))
            embeddings.warm()
            for name, meaning in (("with likeness", Meaning(embeddings)), ("rules alone", None)):
                spent[name] += [_seconds(message, meaning) for message in messages]
        for name, seconds in spent.items():
            slow = sorted(seconds)[int(len(seconds) * 0.95)]
            print(
                f"{kind:20} {name:14} p50 {statistics.median(seconds) * 1000:6.2f} ms  p95 {slow * 1000:6.2f} ms  "
                f"({len(messages)} messages)"
            )


def _seconds(message: str, meaning: Meaning | None) -> float:
    started = time.perf_counter()
    read(Utterance(text=message, now=NOW, directory=NAMES), meaning)
    return time.perf_counter() - started
