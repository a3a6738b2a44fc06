"""How well the scribe's faithfulness check judges: `python -m evals.scribe_faithfulness [--split train|valid]`.

a) Against people. MTS-Dialog's study has 400 automatic summaries (four models, the 100 dialogues of the validation set)
with facts counted by hand: factual precision, recall, F1, hallucination and omission rates. Spearman's correlation of
our figures with these is printed beside ROUGE's (rouge_score, no stemming, automatic summary against the reference)
on the same rows, a rate of errors with its sign turned. "check, dialogue" is the check as the scribe uses it: it sees
the dialogue and never the reference, so for what is missing it cannot know what the reference's author thought worth
writing. "check, reference" has, as ROUGE has, the reference for its recall, which is read as if it had been the visit.

b) Corruptions. Sentences of ACI-Bench's reference notes that hold by a plain criterion that knows nothing of our check:
at least nine tenths of their words of four letters or more begin like a word of some four turns in a row, there are
three such words, and each figure and each "left" and "right" stands in these turns. (The share was chosen on the
train split: a reference note also says things that its dialogue does not, and below it more of these come in, so that
more alarms are true ones. With four fifths one uncorrupted sentence in seventeen was called wrong there.) Each is
corrupted in one way where it can be: negation flipped, side swapped, number changed, unit changed, drug swapped. To
these come sentences of another patient's note of which less than two fifths of the words are in this dialogue and
that no other note has. The check must find something in each of them and nothing in the sentences as they were.
Dropped: a drug or symptom that the patient names in a turn without a denial, or a test that the doctor plans, and
that the note names too, is taken out of the note with all its sentences; the list of what is missing must name it
then and not before. Seeded; a kind is counted at most once a sentence.

c) Time: the longest visit of the split, with its note, on one core.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass
from statistics import median

from rouge_score import rouge_scorer  # type: ignore[import-untyped]
from scipy.stats import spearmanr

from evals.scribe_corruptions import Counted, corruptions, draft_corruptions
from evals.scribe_visits import note_of, rows, sentences_of, visit_of
from scribe.checking.check import check_note, check_sentence
from scribe.language.sentences import split
from scribe.visit import Segment, Visit

LEAST_FOUND, MOST_FALSE = 0.95, 0.05


# --- a) against people ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rated:
    """Precision, recall and F of one summary, each from 0 to 1."""

    precision: float
    recall: float

    @property
    def f(self) -> float:
        return (
            2 * self.precision * self.recall / (self.precision + self.recall) if self.precision + self.recall else 0.0
        )


def _texts_as_visit(texts: list[str]) -> Visit:
    return Visit(tuple(Segment(str(number), "unknown", text) for number, text in enumerate(texts)))


def _against_dialogue(summary: list[str], dialogue: str) -> Rated:
    checked = check_note(note_of(summary), visit_of(dialogue))
    return Rated(checked.share or 0.0, checked.covered or 0.0)


def _against_reference(summary: list[str], reference: list[str], held: float) -> Rated:
    """Precision is that against the dialogue. Recall: what the summary covers of the reference's content, and how
    well the reference's sentences hold against the summary, in equal parts."""
    covered = check_note(note_of(summary), _texts_as_visit(reference)).covered or 0.0
    returned = check_note(note_of(reference), _texts_as_visit(summary)).share or 0.0
    return Rated(held, (covered + returned) / 2)


def study(first: int = -1) -> list[tuple[str, str, float, float]]:
    """(human column, our or ROUGE's name, rho, p) for each pair that belongs together; on every second row from
    `first` on where that is 0 or 1."""
    summaries = rows("mts-dialog/MTS-Dialog-Automatic-Summaries-ValidationSet.csv")
    human = rows("mts-dialog/MTS-Dialog-Manual-Scores4CorrelationStudy.csv")
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeLsum"], use_stemmer=False)
    scores: dict[str, list[float]] = defaultdict(list)
    for row in summaries:
        summary, reference = split(row["Automatic Summary"] or ""), split(row["Reference Summary"] or "")
        dialogue = _against_dialogue(summary, row["Dialogue"])
        for name, rated in (
            ("check, dialogue", dialogue),
            ("check, reference", _against_reference(summary, reference, dialogue.precision)),
        ):
            for part, value in (("precision", rated.precision), ("recall", rated.recall), ("F", rated.f)):
                scores[f"{name} {part}"].append(value)
        for name, score in scorer.score("\n".join(reference), "\n".join(summary)).items():
            for part, value in (("precision", score.precision), ("recall", score.recall), ("F", score.fmeasure)):
                scores[f"{name} {part}"].append(value)
    return [
        (column, name, *_spearman(scores[name], human, column, sign, first))
        for column, part, sign in (
            ("FactualPrecision", "precision", 1),
            ("HallucinationRate", "precision", -1),
            ("FactualRecall", "recall", 1),
            ("OmissionRate", "recall", -1),
            ("FactualF1", "F", 1),
        )
        for who in ("check, dialogue", "check, reference", "rouge1", "rouge2", "rougeLsum")
        for name in (f"{who} {kind}" for kind in _parts(who, part))
    ]


def _parts(who: str, part: str) -> tuple[str, ...]:
    """ROUGE is shown with its F beside the part that belongs to the column."""
    return (part,) if who.startswith("check") or part == "F" else (part, "F")


def _spearman(
    ours: list[float], human: list[dict[str, str]], column: str, sign: int, first: int
) -> tuple[float, float]:
    every = list(zip(ours, human, strict=True))
    some = every if first < 0 else every[first::2]
    pairs = [(one, float(row[column])) for one, row in some if row[column].strip()]
    result = spearmanr([one for one, _ in pairs], [other for _, other in pairs])
    return sign * float(result.statistic), float(result.pvalue)


# --- c) time, and the report ------------------------------------------------------------------------------------------


def seconds(split_name: str) -> tuple[int, int, float]:
    """(words, sentences, seconds of reading and checking) of the split's longest visit: median of five, nothing
    cached."""
    from scribe.checking import visit_index
    from scribe.checking.claims import read_claim
    from scribe.language import reading

    row = max(rows(f"aci-bench/{split_name}.csv"), key=lambda one: len(one["dialogue"]))
    sentences, taken = sentences_of(row["note"]), []
    for _ in range(5):
        for cached in (reading.read, read_claim, visit_index.index_visit):
            cached.cache_clear()
        started = time.perf_counter()
        check_note(note_of(sentences), visit_of(row["dialogue"]))
        taken.append(time.perf_counter() - started)
    return len(row["dialogue"].split()), len(sentences), median(taken)


def loading() -> float:
    """Seconds to load every word list, the first time in this process."""
    started = time.perf_counter()
    check_sentence("No fever. Takes metformin 500 mg daily.", visit_of("[doctor] any fever ?\n[patient] no ."))
    return time.perf_counter() - started


def main() -> int:
    """Print everything; 0 where the corruptions and the correlations are as they must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("train", "valid"), default="valid")
    parser.add_argument("--misses", type=int, default=0, help="print so many of what was missed of each kind")
    parser.add_argument("--no-study", action="store_true")
    arguments = parser.parse_args()
    print(f"word lists loaded in {loading():.2f} s")
    words, sentences, taken = seconds(arguments.split)
    print(f"a visit of {words} words and its note of {sentences} sentences: {taken * 1000:.0f} ms")
    fine = arguments.no_study or _print_study()
    bad, good = corruptions(arguments.split)
    fine &= _print_counts(bad, good, misses=arguments.misses)
    print("the built-in maker's drafts")
    _print_counts(*draft_corruptions(arguments.split), misses=arguments.misses)
    return 0 if fine else 1


def _print_study() -> bool:
    """Whether ours is above every ROUGE figure of its column, ours being the better informed of the two: like ROUGE,
    the one for recall and F has the reference before it."""
    for name, first in (("even rows", 0), ("odd rows", 1)):
        told = {(column, who): rho for column, who, rho, _ in study(first)}
        figures = (
            f"{column} {told[column, f'check, dialogue {part}']:.3f} (ROUGE-1 {told[column, f'rouge1 {part}']:.3f})"
            for column, part in (("FactualPrecision", "precision"), ("FactualRecall", "recall"), ("FactualF1", "F"))
        )
        print(f"{name}, check with the dialogue alone: {', '.join(figures)}")
    fine, best = True, 0.0
    for column, name, rho, p in study():
        print(f"{column:18} {name:26} rho {rho:6.3f}  p {p:.1e}")
        best = rho if name.startswith("check") else best
        fine &= name.startswith("check") or rho < best
    return fine


def _print_counts(bad: Counted, good: Counted, *, misses: int) -> bool:
    for counted in (bad, good):
        for kind, made in counted.made.items():
            word = "found" if counted is bad else "left alone"
            print(f"{kind:14} {made:5}  {word} {counted.found[kind] / made:.3f}")
            for _, text in [miss for miss in counted.misses if miss[0] == kind][:misses]:
                print(f"    {text}")
    found = sum(bad.found.values()) / max(1, sum(bad.made.values()))
    false = 1 - sum(good.found.values()) / max(1, sum(good.made.values()))
    print(
        f"corruptions {sum(bad.made.values())}, found {found:.3f} (at least {LEAST_FOUND}); "
        f"false alarms {false:.3f} (at most {MOST_FALSE})"
    )
    return found >= LEAST_FOUND and false <= MOST_FALSE


if __name__ == "__main__":
    raise SystemExit(main())
