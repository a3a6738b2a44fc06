"""Complaints with the age and sex of who is ill, and the departments that a clinician would accept
(`data/routing/*.yaml`): how often the right one is found, and how often a child is sent to an adult department.

`python -m evals.routing [part of a file's name] [--misses]`. Files called frozen are scored, never read while phrases
are written."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from agents.scheduling.departments import place
from agents.understanding.meaning.reader import Meaning
from rag.embedding.shared import Embeddings
from wiring.demo import SPECIALTIES

FOLDER = Path(__file__).parent / "data" / "routing"
ADULT = {"general-medicine", "cardiology", "gastroenterology", "neurology", "psychiatry", "obstetrics-gynaecology"}
CHILD_UNDER = 16


MEANING = Meaning(Embeddings(Path("var")))


def routed(row: dict[str, Any]) -> str | None:
    found = place(row["say"], years=row["age"], sex=row["sex"], codes=frozenset(SPECIALTIES), meaning=MEANING)
    return found.code if found else None


def main() -> int:
    part = next((one for one in sys.argv[1:] if not one.startswith("--")), "")
    for path in sorted(FOLDER.glob("*.yaml")):
        if part not in path.stem:
            continue
        rows = yaml.safe_load(path.read_text("utf-8"))
        right: Counter[str] = Counter()
        adult = 0
        for row in rows:
            found = routed(row)
            good = found in row["departments"]
            right[row["lang"]] += good
            adult += row["age"] < CHILD_UNDER and found in ADULT
            if not good and "--misses" in sys.argv:
                print(f"  {row['age']} {row['sex']} {found}, not {row['departments']}: {row['say']}")
        every = Counter(row["lang"] for row in rows)
        by_language = ", ".join(f"{lang} {right[lang]} of {count}" for lang, count in every.items())
        print(f"routing, {path.stem}: {sum(right.values()) / len(rows):.3f} right ({by_language});"
              f" {adult} children sent to an adult department")  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
