"""Emergencies and look-alikes as people write them (`data/red_flags/*.yaml`): recall, false alarms, milliseconds.

`python -m evals.red_flags [part of a file's name] [--misses]`. The halves called frozen are scored, never read while
rules or phrases are written."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import yaml

from agents.screen.red_flags import red_flags

FOLDER = Path(__file__).parent / "data" / "red_flags"


def cases(part: str = "") -> dict[str, list[dict[str, Any]]]:
    """By file: {say, lang, expect: emergency or harmless, category}."""
    return {
        path.stem: yaml.safe_load(path.read_text("utf-8"))
        for path in sorted(FOLDER.glob("*.yaml"))
        if part in path.stem
    }


def score(rows: list[dict[str, Any]]) -> tuple[Counter[str], list[dict[str, Any]], list[float]]:
    """(how many of what, the wrong ones, milliseconds of each)."""
    counted: Counter[str] = Counter()
    wrong, took = [], []
    for row in rows:
        started = time.perf_counter()
        seen = bool(red_flags(row["say"]))
        took.append((time.perf_counter() - started) * 1000)
        counted[f"{row['expect']} {row['lang']}"] += 1
        if seen != (row["expect"] == "emergency"):
            wrong.append(row)
            counted[f"wrong {row['expect']} {row['lang']}"] += 1
    return counted, wrong, took


def main() -> int:
    part = next((one for one in sys.argv[1:] if not one.startswith("--")), "")
    for name, rows in cases(part).items():
        counted, wrong, took = score(rows)
        print(f"red flags, {name}: {_share(counted, 'emergency', right=True)} recall,"
              f" {_share(counted, 'harmless', right=False)} false alarms;"
              f" {median(took):.2f} ms a message, p95 {quantiles(took, n=20)[-1]:.2f}")  # fmt: skip
        for lang in ("en", "hi-Latn", "hi"):
            print(f"  {lang}: {_share(counted, 'emergency', lang, right=True)} recall,"
                  f" {_share(counted, 'harmless', lang, right=False)} false alarms")  # fmt: skip
        if "--misses" in sys.argv:
            for row in wrong:
                print(f"    {row['expect']} {row['category']}: {row['say']}")
    return 0


def _share(counted: Counter[str], kind: str, lang: str = "", *, right: bool) -> str:
    every = sum(count for name, count in counted.items() if name.startswith(kind) and name.endswith(lang))
    wrong = sum(count for name, count in counted.items() if name.startswith(f"wrong {kind}") and name.endswith(lang))
    counts = every - wrong if right else wrong
    return f"{counts / max(every, 1):.3f} ({counts} of {every})"


if __name__ == "__main__":
    raise SystemExit(main())
