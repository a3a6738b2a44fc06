"""The section of a short dialogue, scored on MTS-Dialog beside TF-IDF with a linear SVM: `python -m
evals.scribe_sections`.

Data: Ben Abacha et al., EACL 2023 (CC BY 4.0), in `../shared/data/scribe/mts-dialog`.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from scribe.sections.dialogue import classify_dialogue
from scribe.sections.features import describe_dialogue

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "scribe" / "mts-dialog"
FOLDS = 5
REPEATS = 3


def read_rows(split: str) -> list[dict[str, str]]:
    with (DATA / f"MTS-Dialog-{split}Set.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def make_baseline():
    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), LinearSVC(random_state=0))


def cross_validate(rows: list[dict[str, str]]) -> tuple[list[float], list[float]]:
    """(ours, baseline): accuracy of each fold, over `REPEATS` shuffles."""
    from evals.training.sections import fit_sections

    headers = np.array([row["section_header"] for row in rows])
    ours, baseline = [], []
    for seed in range(REPEATS):
        for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(headers, headers):
            model = fit_sections([rows[at] for at in train])
            chosen = [model.choose(describe_dialogue(rows[at]["dialogue"])) for at in test]
            ours.append(float(np.mean(np.array(chosen) == headers[test])))
            plain = make_baseline().fit([rows[at]["dialogue"] for at in train], headers[train])
            baseline.append(float(plain.score([rows[at]["dialogue"] for at in test], headers[test])))
    return ours, baseline


def print_confusion(rows: list[dict[str, str]], chosen: list[str]) -> None:
    wrong = Counter((row["section_header"], got) for row, got in zip(rows, chosen, strict=True))
    for (header, got), count in wrong.most_common():
        if header != got:
            print(f"  {count:3d}  {header} taken for {got}")


def main() -> None:
    train, valid = read_rows("Training"), read_rows("Validation")
    chosen = [classify_dialogue(row["dialogue"]) for row in valid]
    right = sum(row["section_header"] == got for row, got in zip(valid, chosen, strict=True))
    plain = make_baseline().fit([row["dialogue"] for row in train], [row["section_header"] for row in train])
    base = plain.score([row["dialogue"] for row in valid], [row["section_header"] for row in valid])
    print(f"validation ({len(valid)}): {right / len(valid):.3f}; TF-IDF and a linear SVM {base:.3f}")
    ours, baseline = cross_validate(train)
    print(
        f"training, {REPEATS} x {FOLDS} folds: {np.mean(ours):.3f} (sd of folds {np.std(ours):.3f}); "
        f"TF-IDF and a linear SVM {np.mean(baseline):.3f}"
    )
    print("taken for another, validation:")
    print_confusion(valid, chosen)


if __name__ == "__main__":
    main()
