"""ACI-Bench's and PriMock57's visits, read from `../shared/data/scribe` (both CC BY 4.0)."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from scribe.visit import Patient, Role, Segment, Visit

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "scribe"
_LINE = re.compile(r"^\[(\w+)\]\s*(.*)$")
_INTERVAL = re.compile(r'xmin = ([\d.]+)\s+xmax = ([\d.]+)\s+text = "((?:[^"]|"")*)"')


@dataclass(frozen=True)
class Encounter:
    visit: Visit
    note: str
    dialogue: str


def read_encounters(split: str) -> list[Encounter]:
    """ACI-Bench's "train" or "valid"."""
    csv.field_size_limit(10_000_000)
    with (DATA / "aci-bench" / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        return [Encounter(read_dialogue(row["dialogue"]), row["note"], row["dialogue"]) for row in csv.DictReader(file)]


def read_dialogue(text: str) -> Visit:
    """A visit from `[doctor] ...` lines; a line without a speaker goes on the one before."""
    turns: list[tuple[str, str]] = []
    for line in text.splitlines():
        found = _LINE.match(line)
        if found:
            turns.append((found[1], found[2]))
        elif turns:
            turns[-1] = (turns[-1][0], f"{turns[-1][1]} {line}")
    roles = [cast(Role, role if role in {"doctor", "patient", "nurse"} else "other") for role, _ in turns]
    segments = tuple(
        Segment(f"s{at}", role, said) for at, (role, (_, said)) in enumerate(zip(roles, turns, strict=True))
    )
    return Visit(segments, Patient())


def read_primock() -> Iterator[Encounter]:
    """PriMock57's consultations: the utterances of both speakers by time, and the doctor's own note."""
    for path in sorted((DATA / "primock57" / "notes").glob("*.json")):
        spoken = [
            (float(start), float(end), cast(Role, role), re.sub(r"<[^>]*>", "", text).strip())
            for role in ("doctor", "patient")
            for start, end, text in _INTERVAL.findall(
                (DATA / "primock57" / "transcripts" / f"{path.stem}_{role}.TextGrid").read_text(encoding="utf-8")
            )
        ]
        said = sorted(item for item in spoken if item[3])
        segments = tuple(Segment(f"s{at}", role, text, start, end) for at, (start, end, role, text) in enumerate(said))
        dialogue = "\n".join(f"[{segment.role}] {segment.text}" for segment in segments)
        yield Encounter(Visit(segments), json.loads(path.read_text(encoding="utf-8"))["note"], dialogue)
