"""Public visits and notes for the scored runs of the scribe."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from scribe.language.sentences import split
from scribe.note import Division, Section, Sentence
from scribe.visit import Role, Segment, Visit

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "scribe"
HEADING = re.compile(r"^[A-Z /&]+:?$")
_ROLES: dict[str, Role] = {"doctor": "doctor", "patient": "patient", "nurse": "nurse"}
_TURN = re.compile(r"^\s*\[?(\w+)\]?\s*:?\s+(.*)$")


def visit_of(dialogue: str) -> Visit:
    """A visit from "[doctor] ..." or "Doctor: ..." lines; a line without a speaker goes on with the one before."""
    turns: list[tuple[Role, str]] = []
    for line in dialogue.replace(" Patient:", "\nPatient:").replace(" Doctor:", "\nDoctor:").splitlines():
        match = _TURN.match(line)
        if match and (":" in line[: match.end(1) + 2] or line.lstrip().startswith("[")):
            turns.append((_ROLES.get(match[1].lower(), "other"), match[2]))
        elif line.strip() and turns:
            turns[-1] = (turns[-1][0], f"{turns[-1][1]} {line.strip()}")
    return Visit(tuple(Segment(str(number), role, text) for number, (role, text) in enumerate(turns)))


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def note_of(texts: list[str]) -> list[Section]:
    return (
        [Section(division=Division.PRESENT_ILLNESS, sentences=tuple(Sentence(text=text) for text in texts))]
        if texts
        else []
    )


def sentences_of(note: str) -> list[str]:
    """Sentences of a note without headings, bullets and numbering."""
    lines = [
        re.sub(r"^\s*(?:[•*-]|\d+\.)\s*", "", line) for line in note.splitlines() if not HEADING.match(line.strip())
    ]
    return [sentence for line in lines for sentence in split(line)]
