"""The medicines that the patient takes, with dose and frequency, as patient or doctor said them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scribe.builtin.candidates import is_command, question_before, speaks_of_self
from scribe.builtin.clauses import Clause
from scribe.builtin.wording import finish
from scribe.language.doses import Dose, doses
from scribe.language.drugs import drugs
from scribe.language.figures import write_figures
from scribe.language.negation import assess
from scribe.note import Sentence

_TAKING = re.compile(
    r"\b(?:tak(?:e|es|ing)|took|on|using|use|uses|prescribed|started|continue|been on|put (?:me|you) on"
    r"|i have (?:here|that)|medications?|medicines?|meds)\b",
    re.I,
)
_NOT_NOW = re.compile(
    r"\b(?:allerg\w+|react\w+|used to|stop(?:ped)?|quit|came off|off of|no longer|in the past|ran out|would"
    r"|should|could|if|will|going to|gonna|wanna|want|refill|instead|avoid|recommend\w*|prescribe|start)\b",
    re.I,
)


def asks_for_medicines(question: str) -> bool:
    """Whether it asks what the patient takes, so that the answer need not say "I take"."""
    return bool(_TAKING.search(question)) and not _NOT_NOW.search(question)


def list_medicines(clauses: Sequence[Clause], phases: Sequence[str], answered: set[int]) -> list[Sentence]:
    """One sentence a drug, the first mention with a dose before others. Of questions only those of `answered`, which
    the patient said yes to. Drugs that are denied, stopped, an allergy, or only planned are left out."""
    best: dict[str, tuple[int, Sentence]] = {}
    for at, clause in enumerate(clauses):
        if (
            phases[at] == "plan"
            or is_command(clause.text)
            or speaks_of_self(clause)
            or (clause.asks and at not in answered)
        ):
            continue
        if _NOT_NOW.search(clause.text):
            continue
        asked = question_before(at, clauses)
        if _TAKING.search(clause.text) or (asked and asks_for_medicines(asked.text)):
            for dose in doses(clause.text):
                _keep(best, dose, text=clause.text, segments=clause.segments)
        if asked and at and clauses[at - 1] is asked and at - 1 in answered:
            _add_dose(best, asked, clause)
    return [sentence for _, sentence in best.values()]


def _add_dose(best: dict[str, tuple[int, Sentence]], asked: Clause, answer: Clause) -> None:
    """ "Do you still take sertraline?" "Yes, 50 milligrams every morning." """
    if len(drugs(asked.text)) == 1 and not drugs(answer.text):
        together = f"{asked.text.rstrip(' ?')}, {answer.text}"
        for dose in doses(together):
            _keep(best, dose, text=together, segments=tuple(dict.fromkeys(asked.segments + answer.segments)))


def _keep(best: dict[str, tuple[int, Sentence]], dose: Dose, *, text: str, segments: tuple[str, ...]) -> None:
    drug = dose.drug
    if drug is None or drug.kind == "class" or len(drug.name) < 4:
        return
    held = assess(text, drug.start, drug.end)
    if held.negated or held.hypothetical or held.family or held.uncertain:
        return
    name = (drug.generic or drug.name).lower()
    known = (dose.value is not None) + (dose.frequency is not None)
    if name not in best or known > best[name][0]:
        best[name] = (known, Sentence(text=_word(dose, drug.name), segments=segments))


def _word(dose: Dose, name: str) -> str:
    strength = f"{dose.value.normalize():f} {dose.unit or ''}".strip() if dose.value is not None else ""
    often = dose.frequency.text if dose.frequency else ""
    return finish(write_figures(" ".join(part for part in (name, strength, often) if part)))
