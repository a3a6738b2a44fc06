"""Fits the section classifier of short dialogues on MTS-Dialog's training split: `python -m"
" evals.training.sections`."""

from __future__ import annotations

from evals.scribe_sections import read_rows
from evals.training.linear import fit_linear
from scribe.sections.dialogue import _WEIGHTS
from scribe.sections.features import describe_dialogue
from scribe.sections.linear import LinearModel, save_model

LEAST_ROWS = 3
COST = 2.0
EVENNESS = 1.0
NOTE_WEIGHT = 0.5  # of the section's own text, read as one turn: it has the rare headers' words


def fit_sections(rows: list[dict[str, str]]) -> LinearModel:
    described = [describe_dialogue(row["dialogue"]) for row in rows]
    described += [describe_dialogue("Doctor: " + " ".join(row["section_text"].split())) for row in rows]
    weights = [1.0] * len(rows) + [NOTE_WEIGHT] * len(rows)
    headers = [row["section_header"] for row in rows] * 2
    return fit_linear(described, headers, least_rows=LEAST_ROWS, cost=COST, row_weights=weights, evenness=EVENNESS)


if __name__ == "__main__":
    save_model(_WEIGHTS, fit_sections(read_rows("Training")))
    print(f"{_WEIGHTS.name}: {_WEIGHTS.stat().st_size / 1000:.0f} kB")
