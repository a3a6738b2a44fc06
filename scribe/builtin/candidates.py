"""What could stand in the note: sentences made of clauses and of answered questions, with what is known about
each."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lexicon import beside
from scribe.builtin.answers import Answered, pair_answers
from scribe.builtin.clauses import ANSWERING, Clause
from scribe.builtin.roles import contradicts
from scribe.builtin.symptoms import join_names
from scribe.builtin.wording import Person, turn_to_third, write_out
from scribe.language.terms import concepts
from scribe.sections.features import find_topics, find_words

_WORDS = beside(__file__)

Kind = Literal["told", "said", "denial", "report", "statement", "value"]
_COMMAND = _WORDS.pattern("command", re.I)
_TO_MACHINE = _WORDS.pattern("to_machine", re.I)
_EMPTY = _WORDS.pattern("empty", re.I)
_TALK = _WORDS.pattern("talk", re.I)


_FIRST_PERSON = re.compile(r"\b(?:i|i'\w+|my|me|mine|myself|we|our|us)\b", re.I)
_SHORT = 8
"""Words. A shorter answer to a question about symptoms only repeats the denial."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """`text` about the patient, not yet finished. `clauses`: places of the clauses it came from, the first first.
    `features`: what the scorers see. `question`: what the doctor had asked before a patient's own words."""

    kind: Kind
    text: str
    items: tuple[str, ...]
    segments: tuple[str, ...]
    clauses: tuple[int, ...]
    features: Counter[str]
    question: str = ""

    @property
    def by_doctor(self) -> bool:
        return self.kind == "said"


def list_candidates(clauses: Sequence[Clause], phases: Sequence[str], person: Person) -> list[Candidate]:
    """In the order of the visit. Commands to a machine, greetings and questions are none."""
    answered = pair_answers(clauses, person)
    by_question: dict[int, list[Answered]] = {}
    for claim in answered:
        by_question.setdefault(claim.question, []).append(claim)
    denials = {
        one.answer for one in answered if one.kind == "denial" and len(clauses[one.answer].text.split()) < _SHORT
    }
    found: list[Candidate] = []
    for at, _clause in enumerate(clauses):
        found += [_of_answer(claim, clauses, phases=phases, person=person) for claim in by_question.get(at, ())]
        plain = None if at in denials else _of_clause(at, clauses, phases=phases, person=person)
        if plain:
            found.append(plain)
    return found


def speaks_of_self(clause: Clause) -> bool:
    """Whether a relative or another person speaks of himself, not of the patient."""
    return clause.role == "other" and bool(_FIRST_PERSON.search(clause.text))


def is_command(text: str) -> bool:
    """Whether a clause talks to a machine: such a clause never becomes content."""
    return bool(_COMMAND.match(text) or _TO_MACHINE.search(text))


def _of_clause(at: int, clauses: Sequence[Clause], *, phases: Sequence[str], person: Person) -> Candidate | None:
    clause = clauses[at]
    if clause.role == "assistant" or clause.asks or is_command(clause.text) or contradicts(clause.role, clause.text):
        return None
    plain = _cut_question(write_out(clause.text))
    if len(plain.split()) < 2 or _EMPTY.match(plain) or _TALK.match(plain):
        return None
    text = turn_to_third(
        _ASKED_OF.sub("you should ", plain) if clause.role != "patient" else plain, clause.role, person
    )
    kind: Kind = "told" if clause.role in ANSWERING else "said"
    if kind == "told" and re.search(r"\b(?:you|your)\b", plain, re.I):
        return None
    if speaks_of_self(clause):
        return None
    asked = question_before(at, clauses)
    question = asked.text if asked else ""
    return Candidate(kind, text, (), clause.segments, (at,), describe(kind, at, clauses, phases, plain), question)


_ASKED_OF = _WORDS.pattern("asked_of", re.I)
_INNER_QUESTION = _WORDS.pattern("inner_question", re.I)


def _cut_question(text: str) -> str:
    """Without a question that runs on from a statement, in speech without marks. What is left may be empty."""
    found = _INNER_QUESTION.search(f" {text}")
    if not found or re.search(
        r"\b(?:what|how|where|when|that|which|than|as) (?:do|did|are|were|have|is|was) ", found[0][:30]
    ):
        return text
    if re.match(r"[,.]? (?:what|how|when|where) (?:you|your|it|that|there|about)\b", found[0]):
        return text
    return f" {text}"[: found.start()].strip(" ,")


def _of_answer(claim: Answered, clauses: Sequence[Clause], *, phases: Sequence[str], person: Person) -> Candidate:
    text = claim.text
    if claim.kind == "denial":
        text = f"{person.subject} denies {join_names(claim.items, last='or')}"
    elif claim.kind == "report":
        text = f"{person.subject} reports {join_names(claim.items, last='and')}"
    places = (claim.question, claim.answer)
    return Candidate(
        claim.kind,
        text,
        claim.items,
        claim.segments,
        places,
        describe(claim.kind, claim.question, clauses, phases, text),
        clauses[claim.question].text,
    )


_PHASES = tuple((name, re.compile(sign, re.I)) for name, sign in _WORDS.table("phases").items())


_CONCLUDES = _WORDS.pattern("concludes", re.I)


def concludes(text: str) -> bool:
    """Whether a doctor's clause names the condition: "you have an ear infection"."""
    return bool(_CONCLUDES.search(text)) and any(one.kind == "condition" for one in concepts(text))


def follow_phases(clauses: Sequence[Clause]) -> list[str]:
    """Of each clause: "talk", "exam", "results" or "plan", by the last sign that the doctor gave."""
    phases, now = [], "talk"
    for clause in clauses:
        if clause.role not in ANSWERING:
            now = next((name for name, sign in _PHASES if sign.search(clause.text)), now)
            now = "plan" if now in {"exam", "results"} and not clause.asks and concludes(clause.text) else now
        phases.append(now)
    return phases


def describe(kind: Kind, at: int, clauses: Sequence[Clause], phases: Sequence[str], text: str) -> Counter[str]:
    """The features of a candidate: its words and topics, who said it, what came before, and where in the visit."""
    words = find_words(text)
    found: Counter[str] = Counter()
    found.update(set(words))
    found.update({f"{one}_{two}" for one, two in itertools.pairwise(words)})
    role = clauses[at].role[:1]
    topics = set(find_topics(text))
    found.update(f"#{topic}" for topic in topics)
    found.update(f"{role}#{topic}" for topic in topics)
    found.update(f"{phases[at]}#{topic}" for topic in topics)
    found.update(
        (f"kind={kind}", f"role={role}", f"phase={phases[at]}", f"{role}/{phases[at]}", f"kind={kind}/{phases[at]}")
    )
    found.update(
        (
            f"place={int(clauses[at].place * 8)}",
            f"length={min(len(words) // 3, 10)}",
            f"digits={any(word.isdigit() for word in words)}",
        )
    )
    for back in (1, 2):
        if at >= back:
            before = clauses[at - back]
            found.update(f"back{back}#{topic}" for topic in find_topics(before.text))
            found.update(f"back{back}:{before.role[:1]}{'?' if before.asks else ''}" for _ in (0,))
    if at + 1 < len(clauses):
        found.update(f"next#{topic}" for topic in find_topics(clauses[at + 1].text))
    question = question_before(at, clauses)
    if question is not None:
        found.update(f"asked#{topic}" for topic in find_topics(question.text))
        found.update(f"asked:{word}" for word in set(find_words(question.text)))
    return found


def question_before(at: int, clauses: Sequence[Clause]) -> Clause | None:
    """The last question before a patient's or relative's clause, of the six clauses before it."""
    if clauses[at].role not in ANSWERING:
        return None
    return next(
        (
            clauses[back]
            for back in range(at - 1, max(-1, at - 7), -1)
            if clauses[back].asks and clauses[back].role not in ANSWERING
        ),
        None,
    )
