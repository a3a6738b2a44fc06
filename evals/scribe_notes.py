"""The built-in note maker, scored on ACI-Bench and PriMock57: `python -m evals.scribe_notes`.

ROUGE-1/2/Lsum F1 (rouge_score without stemming, a sentence a line, mean over visits x 100), always beside the share
of the note's sentences that the transcript supports, as shown and as first written. Baselines in the same run: the
first twelve turns of the doctor, and the whole dialogue. Data: Yim et al., Scientific Data 2023; Papadopoulos Korfiatis
et al., ACL 2022 (both CC BY 4.0).
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from statistics import mean

from rouge_score.rouge_scorer import RougeScorer

from evals.training.alignment import content
from evals.training.encounters import Encounter, read_encounters, read_primock
from evals.training.notes import fit_selector, label_candidates
from scribe.builtin import render, write_note
from scribe.checking.check import check_note
from scribe.drafting import parted
from scribe.note import Division, Written
from scribe.visit import Segment, Visit

_KINDS = ("rouge1", "rouge2", "rougeLsum")
_SCORER = RougeScorer(list(_KINDS), use_stemmer=False)
_WORDS_A_MINUTE = 140
_FOLDS = 4


def split_lines(text: str) -> str:
    pieces = (re.split(r"(?<=[.?!])\s+", line.strip()) for line in text.splitlines() if line.strip())
    return "\n".join(chain.from_iterable(pieces))


def score(note: str, written: str) -> list[float]:
    scores = _SCORER.score(split_lines(note), split_lines(written))
    return [100 * scores[kind].fmeasure for kind in _KINDS]


def score_all(encounters: Sequence[Encounter], write: Callable[[Encounter], str]) -> str:
    scores = [score(encounter.note, write(encounter)) for encounter in encounters]
    return " / ".join(f"{mean(column):.1f}" for column in zip(*scores, strict=True))


def say_doctor_turns(encounter: Encounter) -> str:
    turns = [segment.text for segment in encounter.visit.segments if segment.role == "doctor"]
    return "\n".join(turns[:12])


def shown_of(written: Written, visit: Visit) -> Written:
    """What is shown of a maker's note: the sentences that the transcript supports."""
    good, _ = parted(check_note(written, visit))
    return Written(sections=good, maker=written.maker)


def measure_support(encounters: Sequence[Encounter], notes: Sequence[Written]) -> tuple[float, float]:
    """(share of sentences without a finding, share whose own segments hold at least half of their content words)."""
    supported, cited = [], []
    for encounter, note in zip(encounters, notes, strict=True):
        supported += [sentence.supported for sentence in check_note(note, encounter.visit).sentences]
        for sentence in (one for section in note.sections for one in section.sentences):
            words = content(sentence.text)
            said = content(" ".join(encounter.visit.by_id[one].text for one in sentence.segments))
            cited.append(len(words & said) >= len(words) / 2)
    return mean(supported), mean(cited)


def print_set(name: str, encounters: Sequence[Encounter]) -> None:
    raw = [write_note(encounter.visit) for encounter in encounters]
    notes = [shown_of(note, encounter.visit) for note, encounter in zip(raw, encounters, strict=True)]
    by_visit = {id(encounter): note for encounter, note in zip(encounters, notes, strict=True)}
    supported, cited = measure_support(encounters, notes)
    sentences = [sum(len(section.sentences) for section in note.sections) for note in notes]
    print(f"\n{name}, {len(encounters)} visits (ROUGE-1 / 2 / Lsum)")
    print(f"  built-in                {score_all(encounters, lambda one: render(by_visit[id(one)]))}")
    print(f"  12 first doctor turns   {score_all(encounters, say_doctor_turns)}")
    print(f"  whole dialogue          {score_all(encounters, lambda one: one.dialogue)}")
    as_written, _ = measure_support(encounters, raw)
    print(
        f"  sentences supported {supported:.3f} ({as_written:.3f} before what is not was dropped); cited segments "
        f"hold the words {cited:.3f}; {mean(sentences):.1f} a note"
    )
    print_divisions(notes)


def print_divisions(notes: Sequence[Written]) -> None:
    sentences: Counter[Division] = Counter()
    visits: Counter[Division] = Counter()
    for section in chain.from_iterable(note.sections for note in notes):
        sentences[section.division] += len(section.sentences)
        visits[section.division] += 1
    for division in Division:
        print(
            f"    {division.value:24} in {visits[division]:3} notes,"
            f" {sentences[division] / len(notes):5.1f} sentences a note"
        )


def print_folds(encounters: Sequence[Encounter]) -> None:
    """The training visits, each written with a selection fitted on the other folds."""
    rows = label_candidates(encounters)
    written: dict[int, str] = {}
    for fold in range(_FOLDS):
        selector = fit_selector([row for row in rows if row.visit % _FOLDS != fold])
        held_out = encounters[fold::_FOLDS]
        written |= {id(one): render(shown_of(write_note(one.visit, selector), one.visit)) for one in held_out}
    print(f"\nACI-Bench train, {_FOLDS} folds: {score_all(encounters, lambda one: written[id(one)])}")


def join_visits(encounters: Sequence[Encounter], words: int) -> Visit:
    """One visit of about `words` words, from several."""
    segments: list[Segment] = []
    for said in chain.from_iterable(encounter.visit.segments for encounter in encounters):
        if sum(len(segment.text.split()) for segment in segments) >= words:
            break
        segments.append(Segment(f"j{len(segments)}", said.role, said.text))
    return Visit(tuple(segments))


def print_speed(encounters: Sequence[Encounter]) -> None:
    """Each visit is new to the process, since readings of a visit are kept."""
    for minutes in (20, 180):
        visits = [join_visits(encounters[start:], _WORDS_A_MINUTE * minutes) for start in (0, 3)]
        started = time.perf_counter()
        notes = [write_note(visit) for visit in visits]
        written = time.perf_counter()
        for note, visit in zip(notes, visits, strict=True):
            check_note(note, visit)
        spent, checked = (written - started) / len(visits), (time.perf_counter() - written) / len(visits)
        words = _WORDS_A_MINUTE * minutes
        print(f"{minutes} minutes ({words} words): written in {spent:.2f} s, checked in {checked:.2f} s")


def main() -> None:
    train, valid = read_encounters("train"), read_encounters("valid")
    print_set("ACI-Bench valid", valid)
    print_set("ACI-Bench train (the selection was fitted on it)", train)
    print_folds(train)
    print_set("PriMock57 (other country, notes in shorthand)", list(read_primock()))
    print_speed(train)


if __name__ == "__main__":
    main()
