"""Emergencies and look-alikes as people write them (`data/red_flags/*.yaml`): recall, false alarms, milliseconds.

`python -m evals.red_flags [part of a file's name] [--alone] [--misses]`. An emergency counts as seen where the alarm is
raised or "is this happening now?" is asked; either is a false alarm of a harmless one. `--alone`: without the embedder.
The halves called frozen are scored, never read while rules or phrases are written: `--misses` shows none of theirs.
Milliseconds are the processor's, of a message that was not seen before."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import yaml

from agents.screen.screening import Screens
from rag.embedding.shared import Embeddings

FOLDER = Path(__file__).parent / "data" / "red_flags"
RECALL, FALSE_ALARMS, MS = 0.99, 0.02, 3.0


def cases(part: str = "") -> dict[str, list[dict[str, Any]]]:
    """By file: {say, lang, expect: emergency or harmless, category}."""
    return {
        path.stem: yaml.safe_load(path.read_text("utf-8"))
        for path in sorted(FOLDER.glob("*.yaml"))
        if part in path.stem
    }


def score(rows: list[dict[str, Any]], screens: Screens) -> tuple[Counter[str], list[dict[str, Any]], list[float]]:
    """(how many of what, the wrong ones, milliseconds of each)."""
    counted: Counter[str] = Counter()
    wrong, took = [], []
    for row in rows:
        started = time.process_time()
        seen = screens.look(row["say"])
        took.append((time.process_time() - started) * 1000)
        counted[f"{row['expect']} {row['lang']}"] += 1
        counted[f"by {row['expect']} {seen.level} {'+'.join(seen.by)}"] += 1
        if (seen.level != "none") != (row["expect"] == "emergency"):
            wrong.append(row | {"codes": [flag.code for flag in seen.flags]})
            counted[f"wrong {row['expect']} {row['lang']}"] += 1
    return counted, wrong, took


def main() -> int:
    part = next((one for one in sys.argv[1:] if not one.startswith("--")), "")
    screens = Screens(None if "--alone" in sys.argv else Embeddings(Path("var")))
    screens.look("hello, the model is loaded before the first one")
    good = True
    for name, rows in cases(part).items():
        counted, wrong, took = score(rows, screens)
        recall, alarms = share(counted, "emergency", right=True), share(counted, "harmless", right=False)
        print(f"red flags, {name}: {_told(recall)} recall, {_told(alarms)} false alarms;"
              f" {median(took):.2f} ms a message, p95 {quantiles(took, n=20)[-1]:.2f}")  # fmt: skip
        for lang in ("en", "hi-Latn", "hi"):
            print(f"  {lang}: {_told(share(counted, 'emergency', lang, right=True))} recall,"
                  f" {_told(share(counted, 'harmless', lang, right=False))} false alarms")  # fmt: skip
        for kind in sorted(one for one in counted if one.startswith("by ") and not one.startswith("by harmless none")):
            print(f"  {kind.removeprefix('by ')}: {counted[kind]}")
        if "--misses" in sys.argv and "frozen" not in name:
            for row in wrong:
                print(f"    {row['expect']} {row['category']} {row['codes']}: {row['say']}")
        good = good and recall[0] >= RECALL * recall[1] and alarms[0] <= FALSE_ALARMS * alarms[1] and median(took) < MS
    return 0 if good else 1


def share(counted: Counter[str], kind: str, lang: str = "", *, right: bool) -> tuple[int, int]:
    """(how many, of how many)."""
    every = sum(count for name, count in counted.items() if name.startswith(kind) and name.endswith(lang))
    wrong = sum(count for name, count in counted.items() if name.startswith(f"wrong {kind}") and name.endswith(lang))
    return (every - wrong if right else wrong), every


def _told(share: tuple[int, int]) -> str:
    return f"{share[0] / max(share[1], 1):.3f} ({share[0]} of {share[1]})"


if __name__ == "__main__":
    raise SystemExit(main())
