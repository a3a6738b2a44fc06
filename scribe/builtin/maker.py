"""The built-in note maker: a note from the transcript by rules, without a language model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from scribe.builtin.candidates import Candidate, concludes, follow_phases, list_candidates
from scribe.builtin.clauses import Clause, read_clauses
from scribe.builtin.complaint import find_complaint
from scribe.builtin.medicines import asks_for_medicines, list_medicines
from scribe.builtin.people import find_person
from scribe.builtin.phrasing import find_area, frame, word_exam, word_plan
from scribe.builtin.problems import Named, find_problems
from scribe.builtin.review import review_systems
from scribe.builtin.selection import Selector, load_selector
from scribe.builtin.symptoms import join_names
from scribe.builtin.wording import Person, finish, turn_to_third, write_out
from scribe.dictation import has_commands, write_dictation
from scribe.language.drugs import drugs
from scribe.language.terms import concepts
from scribe.note import Division, Maker, Section, Sentence, Written
from scribe.sections.division import tells_vitals
from scribe.sections.signs import find_history
from scribe.visit import Visit

MAKER = Maker(kind="built-in", name="wardline-rules")
LEAST_WORTH = -0.15
"""What a sentence of a visit as long as those that the selection was learnt on must be worth to be noted."""
_LEAST_WORTH_SHORT = -0.7
_SHORT, _USUAL = 15, 40
"""Candidates of a visit of which nearly everything is noted, and of one as long as those learnt on."""
_LIKE_ENOUGH = 0.8
_OPINION = re.compile(
    r"\b(?:i (?:think|suspect|believe|am (?:concerned|worried))|consistent with|likely|suspicious for|diagnos\w+"
    r"|signs of|due to|looks like|sounds like|controlled|stable)\b",
    re.I,
)
_DOSE_FIRST = re.compile(r"\d[\d.,]* ?(?:mg|milligrams?|mcg|micrograms?|units?|tablets?|pills?|ml|puffs?)\b", re.I)
_INTRODUCES = re.compile(r"\b\d+-? ?year-? ?old\b.*\b(?:presents?|here|history|comes|follow)\b", re.I)
_ACTION = re.compile(
    r"\b(?:we will|should|order|start|continue|increase|decrease|prescribe|refer|follow|schedule|recommend|stop"
    r"|check|repeat|return|give|take)\b",
    re.I,
)


@dataclass
class _Draft:
    """The note while it is put together."""

    person: Person
    sentences: dict[Division, list[Sentence]] = field(default_factory=dict)
    framed: int = 0

    def add(self, division: Division, text: str, segments: Sequence[str]) -> None:
        finished = finish(text)
        held = self.sentences.setdefault(division, [])
        shorter = next((at for at, other in enumerate(held) if _adds_to(other.text, finished)), None)
        if finished and shorter is not None:
            both = tuple(dict.fromkeys((*held[shorter].segments, *segments)))
            held[shorter] = Sentence(text=finished, segments=both)
        elif finished and not any(_alike(finished, other.text) for other in held):
            held.append(Sentence(text=finished, segments=tuple(dict.fromkeys(segments))))

    def sections(self) -> Iterator[Section]:
        for division in Division:
            if self.sentences.get(division):
                yield Section(division=division, sentences=tuple(self.sentences[division]))


def write_note(visit: Visit, selector: Selector | None = None) -> Written:
    """A note of what the transcript says, not yet checked; empty where nothing in it is worth noting. What one person
    dictates with commands stays as it was dictated. The same visit gives the same note."""
    if has_commands(visit):
        return write_dictation(visit)
    draft = _Draft(find_person(visit))
    _tell_visit(draft, read_clauses(visit), selector or load_selector())
    return Written(sections=tuple(draft.sections()), maker=MAKER)


def _tell_visit(draft: _Draft, clauses: Sequence[Clause], selector: Selector) -> None:
    phases = follow_phases(clauses)
    person = draft.person
    candidates = list_candidates(clauses, phases, person)
    complaint = find_complaint(clauses, person)
    if complaint and not draft.sentences.get(Division.CHIEF_COMPLAINT):
        draft.add(Division.CHIEF_COMPLAINT, complaint.text, complaint.segments)
    _fill(draft, candidates, problems=find_problems(clauses, phases, person), selector=selector)
    _review_systems(draft, candidates)
    _list_medicines(draft, clauses, phases=phases, candidates=candidates)


def _fill(draft: _Draft, candidates: Sequence[Candidate], *, problems: dict[int, Named], selector: Selector) -> None:
    headed: Named | None = None
    fresh = False
    least = _least_worth(len(candidates))
    for candidate in candidates:
        at = candidate.clauses[0]
        passed = [
            named for clause, named in problems.items() if clause <= at and (headed is None or clause > headed.clause)
        ]
        for named in passed:
            draft.add(Division.ASSESSMENT, named.text, named.segments)
            headed, fresh = named, True
        if (
            _is_bare_dose(candidate)
            or _is_bare_word(candidate)
            or (selector.rate(candidate) < least and at not in problems)
        ):
            continue
        division = selector.place(candidate)
        own = candidate if at not in problems else _without_heading(candidate, problems[at], draft.person)
        if own is None:
            continue
        if headed and fresh and division is Division.PLAN:
            own = _under(own, headed)
            fresh = False
        _put(draft, own, division)
    for named in problems.values():
        draft.add(Division.ASSESSMENT, named.text, named.segments)


def _is_bare_dose(candidate: Candidate) -> bool:
    """ "Yes, 50 milligrams every morning": of the drug that was asked about, and noted with it."""
    return (
        candidate.kind == "told"
        and bool(_DOSE_FIRST.match(candidate.text))
        and not drugs(candidate.text)
        and bool(drugs(candidate.question))
    )


def _is_bare_word(candidate: Candidate) -> bool:
    """ "Every day": nothing without its question."""
    text = candidate.text
    return candidate.kind == "told" and len(text.split()) < 3 and not concepts(text) and not drugs(text)


def _least_worth(candidates: int) -> float:
    """Lower for a short visit, in which little is said that is not to the point."""
    usual = min(1.0, max(0.0, (candidates - _SHORT) / (_USUAL - _SHORT)))
    return _LEAST_WORTH_SHORT + usual * (LEAST_WORTH - _LEAST_WORTH_SHORT)


def _without_heading(candidate: Candidate, named: Named, person: Person) -> Candidate | None:
    """What a clause says beyond the problem's name, None where that is nothing."""
    rest = turn_to_third(write_out(named.rest), "doctor", person)
    return replace(candidate, text=rest) if len(rest.split()) > 3 else None


def _under(candidate: Candidate, named: Named) -> Candidate:
    """The first sentence of a problem's plan, with the problem's name."""
    text = f"{named.text.rstrip('.')}: {word_plan(candidate.text)}"
    return replace(candidate, text=text, segments=tuple(dict.fromkeys(named.segments + candidate.segments)))


_HISTORY = frozenset({Division.CHIEF_COMPLAINT, Division.REVIEW_OF_SYSTEMS})
_DECIDING = frozenset({Division.PLAN, Division.ASSESSMENT, Division.INSTRUCTIONS})


def _put(draft: _Draft, candidate: Candidate, division: Division) -> None:
    text = candidate.text
    division = _refine(candidate, division)
    decides = division in _DECIDING | {Division.EXAM} or (
        "phase=talk" not in candidate.features and _names_condition(text)
    )
    if candidate.by_doctor and decides and (_OPINION.search(text) or concludes(text)):
        division = division if _ACTION.search(word_plan(text)) else Division.ASSESSMENT
    if division is Division.PRESENT_ILLNESS:
        text = _tell_history(draft, candidate)
    elif division in {Division.EXAM, Division.VITALS}:
        text = word_exam(text)
        area = find_area(text) if division is Division.EXAM else None
        text = f"{area}: {text}" if area and ":" not in text else text
    elif division in _DECIDING:
        text = word_plan(text)
    draft.add(division, text, candidate.segments)


_BACKGROUND = frozenset(
    {
        Division.PRESENT_ILLNESS, Division.PAST_MEDICAL, Division.PAST_SURGICAL, Division.FAMILY, Division.SOCIAL,
        Division.MEDICATIONS, Division.ALLERGIES, Division.IMMUNIZATIONS,
    }
)  # fmt: skip


def _refine(candidate: Candidate, division: Division) -> Division:
    """The division that clear words show, where the selection only told history, examination or plan."""
    division = Division.PRESENT_ILLNESS if division in _HISTORY else division
    examined = division in {Division.EXAM, Division.RESULTS} or "phase=exam" in candidate.features
    if candidate.by_doctor and examined and tells_vitals(candidate.text):
        return Division.VITALS
    if division not in _BACKGROUND or _INTRODUCES.search(candidate.text):
        return division
    found = find_history(candidate.text, candidate.question)
    if found or candidate.by_doctor:
        return found or division
    if asks_for_medicines(candidate.question) and drugs(candidate.text):
        return Division.MEDICATIONS
    condition = division is Division.PRESENT_ILLNESS and _names_condition(candidate.question)
    return Division.PAST_MEDICAL if condition and _names_condition(candidate.text) else division


def _names_condition(text: str) -> bool:
    return any(mention.kind == "condition" for mention in concepts(text))


def _tell_history(draft: _Draft, candidate: Candidate) -> str:
    if candidate.by_doctor and _INTRODUCES.search(candidate.text):
        draft.add(Division.ASSESSMENT, candidate.text, candidate.segments)
    text = frame(candidate.text, draft.person, draft.framed) if candidate.kind == "told" else candidate.text
    draft.framed += text != candidate.text
    return text


def _review_systems(draft: _Draft, candidates: Sequence[Candidate]) -> None:
    for system, verb, items in review_systems(candidates):
        text = f"{system}: {verb} {join_names(tuple(items), last='and' if verb == 'Reports' else 'or')}"
        draft.add(Division.REVIEW_OF_SYSTEMS, text, [one for held in items.values() for one in held])


def _list_medicines(
    draft: _Draft, clauses: Sequence[Clause], *, phases: Sequence[str], candidates: Sequence[Candidate]
) -> None:
    affirmed = {one.clauses[0] for one in candidates if one.kind == "statement" and " not " not in one.text}
    for sentence in list_medicines(clauses, phases, affirmed):
        draft.add(Division.MEDICATIONS, sentence.text, sentence.segments)


def _alike(one: str, other: str) -> bool:
    """Whether one sentence says little beyond the other."""
    first, second = _words(one), _words(other)
    fewest = min(len(first), len(second))
    if first & _NOTS != second & _NOTS:
        return False
    return (len(first & second) >= _LIKE_ENOUGH * fewest and fewest > 2) or first <= second


_NOTS = frozenset({"no", "not", "denies", "never", "without", "cannot", "nor"})


def _adds_to(one: str, other: str) -> bool:
    """Whether the other sentence says all that the first says, and more."""
    first, second = _words(one), _words(other)
    return first < second and first & _NOTS == second & _NOTS


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w/'.%-]*[\w%]", text.lower()))
