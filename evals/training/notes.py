"""Fits what the built-in note maker selects with, on ACI-Bench's training split: `python -m evals.training.notes`.

Two linear models over the candidates of a visit: whether clinicians put such a sentence in the note, and under which
division.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.training.alignment import align, read_divisions, weigh_words
from evals.training.encounters import Encounter, read_encounters
from evals.training.linear import fit_linear
from scribe.builtin.candidates import Candidate, follow_phases, list_candidates
from scribe.builtin.clauses import read_clauses
from scribe.builtin.people import find_person
from scribe.builtin.selection import DIVISION_FILE, WORTH_FILE, Selector
from scribe.note import Division
from scribe.sections.linear import save_model

LEAST_VISITS = 3
LEAST_AGREEMENT = 0.25
WORTH_COST = 0.1
DIVISION_COST = 0.3


@dataclass(frozen=True)
class Labelled:
    candidate: Candidate
    agreement: float
    division: Division | None
    visit: int


def label_candidates(encounters: Sequence[Encounter]) -> list[Labelled]:
    weights = weigh_words([encounter.note for encounter in encounters])
    found = []
    for at, encounter in enumerate(encounters):
        sentences = read_divisions(encounter.note)
        clauses = read_clauses(encounter.visit)
        for candidate in list_candidates(clauses, follow_phases(clauses), find_person(encounter.visit)):
            agreement, division = align(candidate.text, sentences, weights)
            found.append(Labelled(candidate, agreement, division, at))
    return found


def fit_selector(rows: Sequence[Labelled]) -> Selector:
    worth = fit_linear(
        [row.candidate.features for row in rows],
        ["yes" if row.agreement >= LEAST_AGREEMENT else "no" for row in rows],
        least_rows=LEAST_VISITS,
        cost=WORTH_COST,
        evenness=0.5,
        groups=[row.visit for row in rows],
    )
    good = [row for row in rows if row.division and row.agreement >= LEAST_AGREEMENT]
    division = fit_linear(
        [row.candidate.features for row in good],
        [str(row.division) for row in good],
        least_rows=LEAST_VISITS,
        cost=DIVISION_COST,
        evenness=0.3,
        groups=[row.visit for row in good],
    )
    return Selector(worth, division)


if __name__ == "__main__":
    selector = fit_selector(label_candidates(read_encounters("train")))
    save_model(WORTH_FILE, selector.worth)
    save_model(DIVISION_FILE, selector.division)
    print(f"{WORTH_FILE.stat().st_size / 1000:.0f} kB, {DIVISION_FILE.stat().st_size / 1000:.0f} kB")
