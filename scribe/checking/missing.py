"""What was said and is not in the note: symptoms, medications, allergies, plans. Few and weighty, not every trifle."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from scribe.checking.checked import Missing
from scribe.checking.claims import read_claim
from scribe.checking.visit_index import NO, OPEN, YES, Said, VisitIndex
from scribe.checking.vocabulary import keys, weight
from scribe.language.reading import Read, read
from scribe.language.sentences import clean
from scribe.language.terms import kind_of
from scribe.note import Section

MOST_OF_A_KIND = 8
"""Missing things named of one kind: more are not read."""
_TRIFLES = {
    "pain", "swelling", "stress", "alcohol use", "caffeine use", "smoking", "drug use", "marijuana use", "injury",
    "gas", "rub",
    "side effect", "allergy", "infection", "cancer", "discharge", "lump", "flatulence", "warmth", "rest",
    "effusion", "instability",
    "tenderness", "erythema", "stiffness", "weakness", "acute distress", "ulcer", "viral infection", "flare-up",
    "locking",
    "drug allergy", "muscle cramp", "bleeding", "cyst", "food allergy", "burn", "scar", "irritability", "crepitus",
    "anxiety", "fall",
}  # fmt: skip
"""Terms that alone say too little to be missed, or that talk uses loosely."""
_PLANNED = re.compile(
    r"\b(?:i'm (?:going to|gonna|gon na)|i am going to|we're (?:going to|gonna|gon na)|we are going to|i'll"
    r"|i will|we'll|we will|"
    r"let's|let us|i(?:'d| would) like|i wanna|i wan na|i want|we need|you(?:'ll)? need|you should|recommend"
    r"|prescribe|refer|order|"
    r"schedule|start you|put you|send you|give you|have you|continue|follow up|come back|see you (?:back|again|in))",
    re.I,
)
_NOT_PLAN_TERMS = {
    "physical examination", "exercise", "rest", "surgery", "blood pressure", "weight", "heart rate", "temperature",
    "height",
    "vital signs", "glucose", "strength", "sensation", "gait", "pulses", "reflexes", "sodium", "potassium",
    "calcium", "cholesterol",
    "hospitalization", "range of motion", "heat", "ice", "elevation", "vaccination", "walker", "cast", "brace",
    "heart sounds",
    "pupils", "creatinine", "albumin", "referral", "hemoglobin a1c",
}  # fmt: skip
_ALLERGIC_TO = re.compile(r"\ballerg(?:ic|y|ies) (?:reaction )?to ((?:[a-z-]+ ){0,1}[a-z-]+)", re.I)
_ANY = {"any", "anything", "medications", "medicines", "something", "medication", "a", "the", "some", "that", "it",
    "my", "your",
        "certain", "medicine", "what", "drugs", "them", "those", "all", "other", "foods", "food", "no",
        "nothing"}  # fmt: skip


@dataclass(frozen=True)
class _Written:
    """What the note names: terms and generics, keys of words, figures."""

    names: frozenset[str]
    words: frozenset[str]
    figures: frozenset[Decimal]

    def says(self, name: str) -> bool:
        """Whether the note names a term, or says each of its words in some form."""
        if name in self.names:
            return True
        stems = [token.stem for token in read(name).tokens if weight(token.stem) > 0]
        return bool(stems) and all(keys(stem)[0] in self.words for stem in stems)


def _written(sections: Iterable[Section]) -> _Written:
    names, words, figures = set(), set(), set()
    for section in sections:
        for sentence in section.sentences:
            one = read_claim(sentence.text).read
            names |= {mention.concept for mention in one.concepts} | {drug.generic for drug in one.drugs}
            figures |= {found.value for found in one.quantities}
            words |= {key for token in one.tokens if weight(token.stem) > 0 for key in keys(token.stem)}
    return _Written(frozenset(names), frozenset(words), frozenset(figures))


def find_missing(sections: Sequence[Section], visit_index: VisitIndex) -> tuple[Missing, ...]:
    """What the visit says and the note does not, the most spoken of first, `MOST_OF_A_KIND` of a kind at most."""
    written = _written(sections)
    allergies = _missing_allergies(written, visit_index)
    named = {missing.text for missing in allergies}
    return (
        *_missing_symptoms(written, visit_index),
        *(missing for missing in _missing_drugs(written, visit_index) if missing.text not in named),
        *allergies,
        *_missing_plans(written, visit_index),
    )


def _missing_symptoms(written: _Written, visit_index: VisitIndex) -> list[Missing]:
    found = []
    for name, said in visit_index.terms.items():
        kind = kind_of(name) or "symptom"
        if kind not in ("symptom", "condition") or name in _TRIFLES or written.says(name):
            continue
        if _is_part_of_said(name, written):
            continue
        by_patient = [one for one in said if _by_patient(one, visit_index)]
        if by_patient and not any(one.polarity & NO for one in said):
            found.append((len(said), Missing(kind="symptom", text=name, segments=_segments(by_patient, visit_index))))
    return _first(found)


def _is_part_of_said(name: str, written: _Written) -> bool:
    """ "Knee pain" where the note has "pain" and "knee"; "diabetes" where it has "type 2 diabetes"."""
    site, _, symptom = name.rpartition(" ")
    if site and symptom in written.names and site in written.names:
        return True
    return any(other.endswith(f" {name}") or other.startswith(f"{name} ") for other in written.names)


def _by_patient(said: Said, visit_index: VisitIndex) -> bool:
    """Affirmed by the patient, or asked and answered with yes."""
    if said.polarity != YES or said.supposed or said.family or said.uncertain:
        return False
    return said.answer is not None if said.asked else visit_index.roles[said.segment] in ("patient", "other", "unknown")


def _missing_drugs(written: _Written, visit_index: VisitIndex) -> list[Missing]:
    found = []
    for name, said in visit_index.drugs.items():
        by_patient = [one for one in said if one.polarity == YES and not one.family and not one.supposed]
        if not by_patient or name in written.names or written.says(name) or _is_class(name, visit_index, by_patient):
            continue
        found.append((len(said), Missing(kind="medication", text=name, segments=_segments(by_patient, visit_index))))
    return _first(found)


def _is_class(name: str, visit_index: VisitIndex, by_patient: Sequence[Said]) -> bool:
    """Classes are named loosely; only drugs are missed."""
    return all(
        drug.kind == "class"
        for one in by_patient
        for drug in visit_index.reads[one.segment].drugs
        if drug.generic == name
    )


def _missing_allergies(written: _Written, visit_index: VisitIndex) -> list[Missing]:
    found: dict[str, set[int]] = {}
    for place, one in enumerate(visit_index.reads):
        for match in _ALLERGIC_TO.finditer(one.text):
            asked, negated = _at(one, match.start())
            words = [word for word in match[1].lower().split() if word not in _ANY]
            if words and not negated and not (asked and not visit_index.answers[place].says):
                named = [drug.generic for drug in one.drugs if match.start(1) <= drug.start < match.end()]
                found.setdefault(named[0] if named else words[0], set()).add(place)
        answer = visit_index.answers[place]
        if answer.segment is not None and any(_asks_allergy(said) for said in _allergy_terms(place, visit_index)):
            for drug in visit_index.reads[answer.segment].drugs:
                if (
                    not visit_index.reads[answer.segment].cues.assess(drug.start, drug.end).negated
                    and drug.kind == "drug"
                ):
                    found.setdefault(drug.generic, set()).add(answer.segment)
    return [
        Missing(kind="allergy", text=name, segments=visit_index.ids(places))
        for name, places in found.items()
        if not written.says(name)
    ][:MOST_OF_A_KIND]


def _at(one: Read, start: int) -> tuple[bool, bool]:
    place = next((number for number, token in enumerate(one.tokens) if token.end > start), 0)
    return bool(one.questions[place]), bool(one.cues.negated[place])


def _allergy_terms(place: int, visit_index: VisitIndex) -> list[Said]:
    return [
        said
        for name in ("allergy", "drug allergy")
        for said in visit_index.terms.get(name, ())
        if said.segment == place
    ]


def _asks_allergy(said: Said) -> bool:
    return said.asked


def _missing_plans(written: _Written, visit_index: VisitIndex) -> list[Missing]:
    found: dict[str, set[int]] = {}
    for place, one in enumerate(visit_index.reads):
        if visit_index.roles[place] not in ("doctor", "nurse", "unknown") or not _PLANNED.search(clean(one.text)):
            continue
        for mention in one.concepts:
            if mention.kind not in ("procedure", "test") or mention.concept in _NOT_PLAN_TERMS:
                continue
            if _planned(place, mention.start, visit_index) and not written.says(mention.concept):
                found.setdefault(mention.concept, set()).add(place)
    return [Missing(kind="plan", text=name, segments=visit_index.ids(places)) for name, places in found.items()][
        :MOST_OF_A_KIND
    ]


def _planned(place: int, start: int, visit_index: VisitIndex) -> bool:
    """Whether the sentence at `start` states a plan, neither denied nor supposed nor asked."""
    text = visit_index.reads[place].text
    first = max(text.rfind(mark, 0, start) for mark in (" . ", ". ", "? ", "! ")) + 1
    asked, negated = _at(visit_index.reads[place], start)
    said = visit_index.reads[place].cues.assess(start, start + 1)
    return bool(_PLANNED.search(clean(text[first:start]))) and not asked and not negated and not said.hypothetical


def _segments(said: Iterable[Said], visit_index: VisitIndex) -> tuple[str, ...]:
    return visit_index.ids({one.segment for one in said} | {one.answer for one in said if one.answer is not None})


def _first(found: list[tuple[int, Missing]]) -> list[Missing]:
    return [missing for _, missing in sorted(found, key=lambda entry: -entry[0])][:MOST_OF_A_KIND]


def share_covered(sections: Sequence[Section], visit_index: VisitIndex) -> float | None:
    """The part of what the visit says, by weight, that the note says too: terms affirmed or denied as in the visit,
    drugs, figures with a unit, and the content words of what is told and of questions that were answered with yes or
    no. From 0 to 1; None where nothing has weight."""
    written, ways = _written(sections), _ways(sections)
    total = got = 0.0
    for name, weigh, figure, denied in _weighed_facts(visit_index):
        total += weigh
        said = figure in written.figures if figure is not None else written.says(name)
        turned = denied is not None and name in ways and denied not in ways[name]
        got += weigh if said and not turned else 0.0
    for stem, weigh in _weighed_words(visit_index):
        total += weigh
        lookup = keys(stem)
        got += (
            weigh if lookup[0] in written.words else weigh * 0.5 if any(key in written.words for key in lookup) else 0.0
        )
    return got / total if total else None


def _ways(sections: Iterable[Section]) -> dict[str, set[bool]]:
    """Terms of the note -> whether it denies them."""
    found: dict[str, set[bool]] = {}
    for section in sections:
        for sentence in section.sentences:
            for item in read_claim(sentence.text).items:
                if item.kind == "term":
                    found.setdefault(item.name, set()).add(item.negated)
    return found


def _weighed_facts(visit_index: VisitIndex) -> Iterable[tuple[str, float, Decimal | None, bool | None]]:
    """(name, weight, figure, whether it is denied: None where both or neither)."""
    for name, said in visit_index.terms.items():
        affirmed = any(one.polarity & YES and not one.supposed for one in said)
        denied = any(one.polarity & NO and not one.supposed for one in said)
        if (affirmed or denied) and kind_of(name) is not None:
            yield name, 2.0 if affirmed else 1.5, None, denied if affirmed != denied else None
        elif any(one.polarity & OPEN for one in said):
            yield name, 0.5, None, None
    for name in visit_index.drugs:
        yield name, 2.5, None, None
    for value, many in visit_index.figures.items():
        if any(found.code for _, found in many):
            yield str(value), 1.0, value, None


def _weighed_words(visit_index: VisitIndex) -> Iterable[tuple[str, float]]:
    """Each content word once: what the doctor only asks counts where a yes or no made it a statement."""
    seen = set()
    for place, one in enumerate(visit_index.reads):
        settled = visit_index.roles[place] != "doctor" or visit_index.answers[place].says is not None
        for token, asks in zip(one.tokens, one.questions, strict=True):
            if weight(token.stem) and token.stem not in seen and (settled or not asks):
                seen.add(token.stem)
                yield token.stem, weight(token.stem)
