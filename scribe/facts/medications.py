"""Medications and allergies of a note: what is taken, prescribed, changed or stopped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from scribe.facts.sources import of_divisions, said_as_fact
from scribe.language.doses import Dose
from scribe.language.reading import Read
from scribe.note import Allergy, Division, Medication, Quantity, Section, Sentence, Status

_DIVISIONS = (
    Division.MEDICATIONS, Division.PRESENT_ILLNESS, Division.PAST_MEDICAL, Division.ASSESSMENT, Division.PLAN,
    Division.INSTRUCTIONS,
)  # fmt: skip
_PLANNED = (Division.ASSESSMENT, Division.PLAN, Division.INSTRUCTIONS)
_CUES: tuple[tuple[Status, re.Pattern[str]], ...] = (
    ("stopped",
    re.compile(r"\b(?:(?:stop|avoid) (?:taking|using)|stop|stopp(?:ed|ing)|avoid\w*|discontinu\w+|come off|taken off"
        r"|hold(?:ing)? (?:the|his|her)|d/c|used to (?:take|be on|use)|previously|formerly|no longer)\b")),
    ("changed",
    re.compile(r"\b(?:increas\w+|decreas\w+|chang\w+|switch\w*|lower(?:ed|ing)?|rais(?:e|ed|ing)|adjust\w*|titrat\w+"
        r"|bump\w*|double[ds]?)\b")),
    ("taking",
    re.compile(r"\b(?:continu\w+|refill\w*|keep (?:taking|on)|stay on|currently|still|already|takes|taking|has been "
        r"on|is on|maintain\w*|(?:use|take) (?:your|his|her|their))\b")),
    ("prescribed",
    re.compile(r"\b(?:start\w*|prescri\w+|begin\w*|order\w*|add\w*|give\w*|giv(?:en|ing)|put\w* (?:you |him |her |the "
        r"patient )?on|try|trial|recommend\w*|will take|can take|may take|rx|send\w*|call\w* in|initiat\w+|place[ds]?"
        r"|use|take)\b")),
)  # fmt: skip
_ONLY_A_REASON = re.compile(
    r"\b(?:because of|due to|given|while (?:on|taking)|(?:are|is) (?:on|taking)|interacts? with|along with|instead of)"
    r"(?: (?:the|your|his|her|their|this))?\s*$"
)
_THAT_IS_TAKEN = re.compile(r"\bthat (?:he|she|they|the patient|you) (?:is|are) (?:taking|on)\b")
_EXCHANGES = re.compile(r"\b(?:switch|chang|replac|transition|substitut|swap)\w*\b")
_INTO = re.compile(r"\b(?:to|with|for|by)(?: (?:the|a|an|some))?\s*$")
_STOPPED_LATER = re.compile(
    r"^[^,.]{0,40}\b(?:but|and|which|until|then)\b[^.]{0,25}\b(?:stop(?:s|ped)?|quits?|discontinued|came off|ran out)"
    r"(?: (?:taking )?(?:it|them|that)\b|\s*(?:[.,;]|$)| (?:last|a|an|one|two|three|about|in|this|because|when|since"
    r"|\d+)\b)"
)
_ALLERGIC = re.compile(
    r"\ballerg(?:y|ic|ies)\b(?: reactions?)? to ([a-z][a-z ,-]{2,80}?)(?=[.;]|$| which | with | as | but )",
    re.I,
)

_UNNAMED = re.compile(
    r"(?:(?:any|some|other|certain|the|my|your) )*(?:medic(?:ation|ine)s?|meds|drugs?|foods?|things?|\w+thing)", re.I
)
_BETWEEN = re.compile(r"\s*(?:,\s*(?:and|or)?|\band\b|\bor\b)\s*")


def find_medications(sections: Iterable[Section]) -> tuple[Medication, ...]:
    """Each drug once: as the plan leaves it, else as the history has it. A drug of the plan without a dose and without
    a word of what is to be done with it is not taken for a prescription."""
    found: dict[str, Medication] = {}
    for division, sentence, one in of_divisions(sections, *_DIVISIONS):
        for dose in one.doses:
            status = _status(one, dose, division)
            if dose.drug is None or dose.drug.kind != "drug" or status is None:
                continue
            made = _medication(dose, status, sentence)
            before = found.get(dose.drug.generic)
            if (
                before is None
                or division in _PLANNED
                or (before.dose is None and before.directions is None and made.dose is not None)
            ):
                found[dose.drug.generic] = _joined(before, made)
    return tuple(found.values())


def _joined(before: Medication | None, now: Medication) -> Medication:
    """What the plan leaves unsaid of a drug that goes on, as it was said before; a change is never filled so."""
    if before is None or now.directions or now.status not in ("taking", "stopped"):
        return now
    kept = {
        field: getattr(before, field)
        for field in ("dose", "route", "frequency", "per_day", "duration", "directions")
        if getattr(now, field) is None
    }
    both = tuple(dict.fromkeys((*before.segments, *now.segments)))
    return now.model_copy(update={**kept, "segments": both})


def _status(one: Read, dose: Dose, division: Division) -> Status | None:
    assert dose.drug is not None
    if not said_as_fact(one, dose.drug.start, dose.drug.end):
        return None
    if division not in _PLANNED and _STOPPED_LATER.search(_up_to_next_drug(one, dose)):
        return "stopped"
    lead = _THAT_IS_TAKEN.sub("", _clause_before(one.text, dose.drug.start).lower())
    if division in _PLANNED and _ONLY_A_REASON.search(lead):
        return None
    exchanged = _exchanged(one, dose, lead) if division in _PLANNED else None
    if exchanged:
        return exchanged
    cues = [(match.end(), -match.start(), status) for status, pattern in _CUES for match in pattern.finditer(lead)]
    if division not in _PLANNED:
        status = max(cues)[2] if cues else None
        return "stopped" if status == "stopped" else "taking" if division is Division.MEDICATIONS or status else None
    if cues:
        return max(cues)[2]
    return "prescribed" if dose.value is not None and division is not Division.ASSESSMENT else None


def _exchanged(one: Read, dose: Dose, lead: str) -> Status | None:
    """ "Switch from this to that", "replace this with that": this is stopped, that is prescribed."""
    assert dose.drug is not None
    if not _EXCHANGES.search(lead):
        return None
    since = dose.drug.start - len(lead)
    if _INTO.search(lead):
        return "prescribed" if any(since <= drug.start < dose.drug.start for drug in one.drugs) else None
    following = (drug for drug in one.drugs if drug.start >= dose.drug.end)
    return "stopped" if any(_INTO.search(one.text[dose.drug.end : drug.start]) for drug in following) else None


def _up_to_next_drug(one: Read, dose: Dose) -> str:
    """What is said after a drug, with the name of the next."""
    assert dose.drug is not None
    start = dose.drug.end
    return one.text[start : min((drug.end for drug in one.drugs if drug.start >= start), default=len(one.text))].lower()


def _clause_before(text: str, place: int) -> str:
    return re.split(r"[;.](?:\s|$)", text[:place])[-1][-90:]


def _medication(dose: Dose, status: Status, sentence: Sentence) -> Medication:
    """A sentence that gives several doses is not taken apart: which one is taken when, a doctor reads in its words."""
    assert dose.drug is not None
    if dose.varies:
        return Medication(
            name=dose.drug.name, route=dose.route, directions=sentence.text, status=status, segments=sentence.segments
        )
    amount = Quantity(value=dose.value, unit=dose.unit, code=dose.code) if dose.value is not None else None
    frequency = dose.frequency.text if dose.frequency else None
    return Medication(
        name=dose.drug.name, dose=amount, route=dose.route, frequency=frequency, duration=dose.duration,
        per_day=dose.frequency.per_day if dose.frequency else None, as_needed=dose.as_needed, status=status,
        segments=sentence.segments,
    )  # fmt: skip


def find_allergies(sections: Iterable[Section]) -> tuple[Allergy, ...]:
    """What the patient is said to be allergic to. None found does not mean that there are none."""
    found: dict[str, Allergy] = {}
    for _, sentence, one in of_divisions(sections, Division.ALLERGIES):
        for name, start, end in _substances(one):
            if said_as_fact(one, start, end):
                found.setdefault(name.lower(), Allergy(substance=name, segments=sentence.segments))
    return tuple(found.values())


def _substances(one: Read) -> Iterator[tuple[str, int, int]]:
    drugs = [(drug.name, drug.start, drug.end) for drug in one.drugs]
    yield from drugs
    for listed in _ALLERGIC.finditer(one.text):
        place = listed.start(1)
        for part in _BETWEEN.split(listed[1]):
            start = one.text.index(part, place)
            place = start + len(part)
            if (
                part
                and not _UNNAMED.fullmatch(part)
                and not any(first < place and start < last for _, first, last in drugs)
            ):
                yield part, start, place
