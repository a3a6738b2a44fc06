"""Questions with their answers: what a patient's "no" denies, and what a short answer says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scribe.builtin.clauses import ANSWERING, Clause
from scribe.builtin.symptoms import list_symptoms
from scribe.builtin.verbs import inflect
from scribe.builtin.wording import Person, turn_to_third, write_out
from scribe.language.negation import assess
from scribe.language.terms import concepts

_NO = re.compile(
    r"^(?:(?:uh|um|well|oh|gosh|okay|so|hmm|and),? )*(?:no\b|nope|nah|never|not (?:that|really|at all|currently"
    r"|right now|anymore|since)"
    r"|none|negative|i (?:don't|haven't|didn't|do not|have not|am not|wasn't|can't say)|i'm not)",
    re.I,
)
_YES = re.compile(
    r"^(?:(?:uh|um|well|oh|okay|so|hmm|and),? )*(?:yes|yeah|yep|yup|correct|that's (?:right|correct)|i (?:do"
    r"|have|am|did|was)\b(?! not)"
    r"|absolutely|definitely|sure|exactly|of course|it (?:does|is|did|has)\b(?! not)|mm-hmm|uh-huh|right)",
    re.I,
)
_UNSURE = re.compile(
    r"\b(?:not sure|don't know|do not know|maybe|i guess|can't remember|don't remember|sometimes|occasionally"
    r"|a little|but)\b",
    re.I,
)
_OTHER_MEANING = re.compile(
    r"\b(?:when|if|as) i (?:press|push|touch|move|lift|bend|pull|squeeze|do (?:this|that))\b"
    r"|\bany (?:other )?questions?\b|\banything else\b|sound (?:good|okay)|make sense|\bhow are you\b|ready to",
    re.I,
)
Polarity = Literal["yes", "no", "open"]


@dataclass(frozen=True, slots=True)
class Answered:
    """A claim made of a question and its answer. `kind`: "denial" and "report" list symptoms, "statement" is a
    sentence, "value" a label with what was answered. `items`: the symptoms as said, about the patient in the third
    person."""

    kind: Literal["denial", "report", "statement", "value"]
    text: str
    items: tuple[str, ...]
    segments: tuple[str, ...]
    question: int
    answer: int


def judge_answer(text: str) -> Polarity:
    """Whether an answer says yes, no, or neither clearly."""
    if _NO.match(text):
        return "no" if not re.search(r"\b(?:but|except|only|other than|just)\b", text, re.I) else "open"
    return "yes" if _YES.match(text) else "open"


def pair_answers(clauses: Sequence[Clause], person: Person) -> list[Answered]:
    """Every question of the doctor's with an answer in the patient's next turn, as claims. A question that nobody
    answered makes none."""
    found: list[Answered] = []
    for at, clause in enumerate(clauses):
        if clause.role in ANSWERING or not clause.asks or _OTHER_MEANING.search(clause.text):
            continue
        answer = _find_answer(clauses, at)
        if answer is not None:
            found += _claim(clauses, at, answer=answer, person=person)
    return found


_TO_YOU = re.compile(r"\byou", re.I)
"""What a relative is asked so may be about the relative."""
_MOST_BETWEEN = 20
"""Clauses that may lie between a question and its answer."""


def _find_answer(clauses: Sequence[Clause], at: int) -> int | None:
    """The first clause of the patient's (or a relative's) turn right after, if only questions and asides, and few, lie
    between."""
    for place in range(at + 1, min(at + 2 + _MOST_BETWEEN, len(clauses))):
        clause = clauses[place]
        if clause.turn != clauses[at].turn:
            answers = clause.role == "patient" or (clause.role == "other" and not _TO_YOU.search(clauses[at].text))
            return place if answers and not clause.asks else None
        if not clause.asks and len(clause.text.split()) > 3:
            return None
    return None


_SYMPTOM_QUESTION = re.compile(
    r"\b(?:any|do you (?:have|get|feel|notice)|have you (?:had|noticed|been having|experienced|felt|been|gotten"
    r"|got)|having|experienc\w+|are you (?:having|feeling|getting)|did you (?:have|notice|feel|get)|no)\b",
    re.I,
)


_SHORT_QUESTION = 4
"""Words. A question as short as "Joint pains?" asks for what it names."""


def _asks_for_symptoms(question: str) -> bool:
    return bool(_SYMPTOM_QUESTION.search(question)) or len(question.split()) <= _SHORT_QUESTION


def _claim(clauses: Sequence[Clause], at: int, *, answer: int, person: Person) -> list[Answered]:
    question, said = clauses[at], clauses[answer]
    segments = tuple(dict.fromkeys(question.segments + said.segments))
    polarity = judge_answer(said.text)
    last = at + 1 == len(clauses) or clauses[at + 1].turn != question.turn
    symptoms = list_symptoms(question.text, person) if _asks_for_symptoms(question.text) else []
    if symptoms and polarity == "no":
        return [Answered("denial", "", tuple(_denied(symptoms, said.text)), segments, at, answer)]
    if not last and not symptoms:
        return []
    if polarity == "yes" and len(symptoms) == 1:
        return [Answered("report", "", tuple(symptoms), segments, at, answer)]
    if polarity != "open" and not symptoms:
        text = _state(question.text, person, denied=polarity == "no")
        return [Answered("statement", text, (), segments, at, answer)] if text else []
    if last and polarity == "open":
        text = _label(question.text, said.text, person)
        return [Answered("value", text, (), segments, at, answer)] if text else []
    return []


_NOT_ALL = re.compile(
    r"^(?:(?:uh|um|well|oh|okay|so|hmm|and),? )*no (?!no\b|nothing|none|not\b|i\b|i'|it\b|sir|ma'am|doctor)", re.I
)


def _denied(symptoms: Sequence[str], answer: str) -> list[str]:
    """The symptoms that a "no" denies: all, unless the answer goes through them one by one ("no fever, a little
    blood")."""
    if not _NOT_ALL.match(answer):
        return list(symptoms)
    named = {
        mention.concept
        for mention in concepts(answer)
        if mention.kind == "symptom" and assess(answer, mention.start, mention.end).negated
    }
    gone_through = [
        one for one in symptoms if named & {mention.concept for mention in concepts(one) if mention.kind == "symptom"}
    ]
    return gone_through or list(symptoms)


_ASKS = re.compile(
    r"^(do|did|does|have|has|are|were|is|was|can) (you|(?:your|her|his|their) [a-z]+(?: (?!(?:up|still|in|on|at|a|the"
    r"|any|better|worse|all|okay|[a-z]+ing)\b)[a-z]+)?|she|he|they|it|that|there|this)\b[, ]*(.*)$",
    re.I,
)
_PRESENT = {"do": "does", "have": "has", "are": "is", "were": "was"}


def _state(question: str, person: Person, *, denied: bool) -> str | None:
    """The yes-or-no question as the sentence that the answer makes of it: "do you smoke" -> "she does not smoke"."""
    plain = write_out(question)
    found = _ASKS.match(plain)
    if (
        not found
        or " or " in found[3]
        or len(found[3].split()) > 16
        or re.search(r"\byou\b.*\b(?:do|have|are) you\b", plain)
    ):
        return None
    auxiliary, subject, rest = found[1].lower(), found[2].lower(), found[3]
    who = person.subject if subject == "you" else turn_to_third(subject, "doctor", person)
    rest = turn_to_third(
        re.sub(r"\b(?:ever|any|at all|still)\b ?", "" if not denied else r"\g<0>", rest), "doctor", person
    )
    form = _PRESENT.get(auxiliary, auxiliary) if subject == "you" else auxiliary
    if not rest or re.match(r"^(?:know|think|mean|remember|want|mind|see|feel like|say)\b", rest):
        return None
    if not denied and re.search(r"\b(?:anything|anyone|anybody|any|anywhere|how|what)\b", rest, re.I):
        return None
    if denied:
        return f"{who} {form} not {rest}"
    if auxiliary in {"do", "does"}:
        verb, _, remainder = rest.partition(" ")
        return f"{who} {inflect(verb.lower())} {remainder}".strip()
    return f"{who} {form} {rest}"


_LABELS = (
    (r"how long", "Duration"), (r"\bwhen (?:did|was|were)\b.*\b(?:start|begin|happen|notice|onset)", "Onset"),
    (r"(?:scale|zero to ten|one to ten|out of ten|1 to 10|0 to 10)", "Severity"),
    (r"how often|how many times", "Frequency"),
    (r"\bwhere (?:is|does|exactly|are|do you feel)\b|point to", "Location"), (r"mak\w+ (?:it|that|things) worse"
        r"|aggravat", "Worse with"),
    (r"what makes (?:it|that) better|(?:anything|something) (?:that )?(?:help|make it better|relieve)", "Better with"),
    (r"do for (?:a living|work)|your (?:job|occupation)|what kind of work", "Occupation"),
    (r"what (?:have you (?:taken|tried|been taking)|did you (?:take|try)|are you (?:taking|doing) for)",
     "Treatment tried"),
    (r"allerg", "Allergies"), (r"what (?:medications|medicines|meds)", "Medications"), (r"how old", "Age"),
)  # fmt: skip
_LAST_TIME = re.compile(r"\bwhen (?:was|were) (?:your|the|his|her|their) (last [a-z][a-z -]{2,40}?)\s*\??$", re.I)
_LONGEST_VALUE = 14


def _label(question: str, answer: str, person: Person) -> str | None:
    value = turn_to_third(write_out(answer), "patient", person)
    last = _LAST_TIME.search(question)
    if last and value and len(value.split()) <= _LONGEST_VALUE:
        return f"{last[1][0].upper()}{last[1][1:]}: {value}"
    if (
        not value
        or value.startswith(f"{person.subject} ")
        or len(value.split()) > _LONGEST_VALUE
        or re.search(r"\b(?:not sure|does not know|is not sure|cannot remember)\b", value)
    ):
        return None
    for expression, label in _LABELS:
        if re.search(expression, question, re.I):
            return f"{label}: {value}"
    return None
