"""Fits the section classifier of short dialogues on MTS-Dialog's training split, and for rare headers on what doctors
say in ACI-Bench's training visits: `python -m evals.training.sections`."""

from __future__ import annotations

from collections import Counter
from functools import cache

from evals.scribe_sections import read_rows
from evals.training.encounters import read_encounters
from evals.training.linear import fit_linear
from evals.training.notes import LEAST_AGREEMENT, label_candidates
from scribe.builtin.clauses import read_clauses
from scribe.note import Division
from scribe.sections.dialogue import _WEIGHTS
from scribe.sections.features import describe_dialogue
from scribe.sections.linear import LinearModel, save_model

LEAST_ROWS = 3
COST = 2.0
EVENNESS = 1.6  # of 1.0 to 2.0, best in cross-validation, plain and with rare headers weighed up
NOTE_WEIGHT = 0.5  # of the section's own text, read as one turn: it has the rare headers' words


_SPOKEN = {
    Division.EXAM: "EXAM",
    Division.ASSESSMENT: "ASSESSMENT",
    Division.PLAN: "PLAN",
    Division.RESULTS: "IMAGING",
}
SPOKEN_WEIGHT = 0.1


@cache
def read_spoken() -> tuple[tuple[Counter[str], str], ...]:
    """(features, header) of what doctors of ACI-Bench's training visits said in examination, results, opinion and plan:
    headers that few of MTS-Dialog's dialogues have."""
    encounters = read_encounters("train")
    clauses = [read_clauses(encounter.visit) for encounter in encounters]
    said: dict[tuple[int, str], list[str]] = {}
    for row in label_candidates(encounters):
        header = _SPOKEN.get(row.division) if row.division and row.agreement > LEAST_AGREEMENT else None
        for at in row.candidate.clauses if header else ():
            clause = clauses[row.visit][at]
            said.setdefault((row.visit, str(header)), []).append(f"{clause.role.capitalize()}: {clause.text}")
    return tuple((describe_dialogue("\n".join(dict.fromkeys(lines))), header) for (_, header), lines in said.items())


def fit_sections(rows: list[dict[str, str]]) -> LinearModel:
    described = [describe_dialogue(row["dialogue"]) for row in rows]
    described += [describe_dialogue("Doctor: " + " ".join(row["section_text"].split())) for row in rows]
    weights = [1.0] * len(rows) + [NOTE_WEIGHT] * len(rows)
    headers = [row["section_header"] for row in rows] * 2
    spoken = read_spoken()
    described += [features for features, _ in spoken]
    weights += [SPOKEN_WEIGHT] * len(spoken)
    headers += [header for _, header in spoken]
    return fit_linear(described, headers, least_rows=LEAST_ROWS, cost=COST, row_weights=weights, evenness=EVENNESS)


if __name__ == "__main__":
    save_model(_WEIGHTS, fit_sections(read_rows("Training")))
    print(f"{_WEIGHTS.name}: {_WEIGHTS.stat().st_size / 1000:.0f} kB")
