"""Which candidates are worth noting, and under which division: two small linear models and the rules that bind them.

The weights were fitted by `evals/training/notes.py` on the training split of ACI-Bench (Yim et al., Scientific Data
2023, CC BY 4.0): weights of hashed words and pairs of words that occur in several visits, none of their sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scribe.builtin.candidates import Candidate
from scribe.language.drugs import drugs
from scribe.language.terms import concepts
from scribe.note import Division
from scribe.sections.linear import LinearModel, load_model
from scribe.sections.signs import find_history

WORTH_FILE = Path(__file__).parent / "data" / "worth.npz"
DIVISION_FILE = Path(__file__).parent / "data" / "division.npz"
_DOCTORS_ONLY = frozenset({Division.VITALS, Division.EXAM, Division.ASSESSMENT, Division.PLAN, Division.INSTRUCTIONS})


@dataclass(frozen=True)
class Selector:
    worth: LinearModel
    division: LinearModel

    def rate(self, candidate: Candidate) -> float:
        """Without unit: the higher, the more alike to what clinicians note."""
        scores = self.worth.score(candidate.features)
        return float(scores[self.worth.labels.index("yes")]) + _weigh_safety(candidate)

    def place(self, candidate: Candidate) -> Division:
        """The likeliest division that the speaker may fill: what a patient says is never an examination or a plan."""
        scores = self.division.score(candidate.features)
        order = scores.argsort()[::-1]
        divisions = (Division(self.division.labels[int(at)]) for at in order)
        return next(one for one in divisions if candidate.by_doctor or one not in _DOCTORS_ONLY)


_DIAGNOSES = re.compile(
    r"\b(?:i (?:think|suspect|believe|am concerned)|(?:this|it|that) (?:is|looks like|sounds like|seems|could be"
    r"|may be|might be)|(?:she|he|the patient) (?:has|does have|likely has)"
    r"|consistent with|signs of|diagnos\w+|likely|suspicious for)\b",
    re.I,
)
_DECIDES = re.compile(
    r"\b(?:start|stop|continue|increase|decrease|prescribe|order|refer|schedule|take|taking|follow ?up|come back"
    r"|see (?:her|him|the patient) (?:back|again|in)"
    r"|return|repeat|get|check|recommend|avoid|emergency|call)\b",
    re.I,
)
_RETURNS = re.compile(
    r"\b(?:follow ?-?up|come back|return|call|see (?:her|him|the patient|me) (?:back|again|in)|emergency)\b", re.I
)
_SINCE = re.compile(
    r"\b(?:for|since|about|past|last|started|began|ago)\b.*"
    r"\b(?:hours?|days?|weeks?|months?|years?|yesterday|night|morning)\b"
    r"|\b(?:hours?|days?|weeks?|months?|years?) ago\b",
    re.I,
)
_WHEN = re.compile(
    r"\b(?:in (?:a|an|one|two|three|four|five|six|\d+|a couple(?: of)?|a few|about \w+) (?:days?|weeks?|months?"
    r"|years?)|if (?:it|things|that|the|you|she|he)|worse|emergency)\b",
    re.I,
)


def _weigh_safety(candidate: Candidate) -> float:
    """What an omission could harm by counts for more: since when a symptom is there, allergies, the doctor's opinion,
    drugs and tests decided on, when to come back."""
    text = candidate.text
    if find_history(text, candidate.question) is Division.ALLERGIES:
        return 1.0
    if not candidate.by_doctor and candidate.kind == "told" and _SINCE.search(text):
        return 0.3 if any(mention.kind == "symptom" for mention in concepts(text)) else 0.0
    if not candidate.by_doctor or "phase=talk" in candidate.features:
        return 0.0
    kinds = {mention.kind for mention in concepts(text)}
    if _DIAGNOSES.search(text) and kinds & {"condition", "symptom"}:
        return 0.3
    if not _DECIDES.search(text):
        return 0.0
    if _RETURNS.search(text) and _WHEN.search(text):
        return 0.6
    return 0.3 if drugs(text) or kinds & {"test", "procedure"} or _WHEN.search(text) else 0.0


@cache
def load_selector() -> Selector:
    return Selector(load_model(WORTH_FILE), load_model(DIVISION_FILE))
