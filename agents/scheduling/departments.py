"""Which department sees a complaint: by likeness to how patients tell it, and by who is ill, from the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from agents.turn.dialogue import Dialogue
from agents.understanding.meaning.reader import Meaning
from agents.understanding.resolve.names import match_specialty
from agents.understanding.resolve.specialty_words import PREGNANT, ROLE_PATTERNS
from agents.understanding.resolve.spelling import plain
from tools.patients.tools import get_patient

# Under so many years a patient is a child here. The Indian Academy of Pediatrics counts up to 18, hospitals in India
# see up to 14 to 18 in paediatrics: a hospital's own limit is to be set with its clinicians.
CHILD_UNDER = 16
CHILDREN, ADULTS, WOMEN = "paediatrics", "general-medicine", "obstetrics-gynaecology"
# Departments of one organ that see children of the same complaint too.
_OF_ALL_AGES = frozenset({"dentistry", "dermatology", "ent", "ophthalmology", "orthopaedics"})
# Whatever else a pregnant woman has, obstetrics sees first; these too where the complaint is plainly theirs.
_OF_PREGNANT_TOO, _PLAINLY = frozenset({"dentistry", "ophthalmology"}), 0.6
_SURE = 0.35  # from this share on a department is named without a doubt


@dataclass(frozen=True, slots=True)
class Place:
    """Where a complaint is seen. `sure`: False where it only falls to the department that sees everything first."""

    code: str
    sure: bool = True


async def age_and_sex(dialogue: Dialogue) -> tuple[int, str]:
    """Of the person the flow acts for, in years."""
    patient = await dialogue.call_as_service(get_patient, patient_id=str(dialogue.subject_id))
    return age(patient.birth_date, dialogue.now.date()), patient.sex


def age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


async def place_for(dialogue: Dialogue, words: str) -> Place | None:
    """The department that sees this complaint; None where the hospital has none that could."""
    years, sex = await age_and_sex(dialogue)
    names = dialogue.hospital.names.specialties
    meaning = dialogue.runtime.services.find(Meaning) or Meaning()
    return place(words, years=years, sex=sex, codes=frozenset(str(known.id) for known in names), meaning=meaning)


def place(words: str, *, years: int, sex: str, codes: frozenset[str], meaning: Meaning) -> Place | None:
    """The department for a complaint of somebody of that age and sex. `codes`: the hospital's departments."""
    likely = meaning.departments(words, codes)
    if not likely:
        return None
    if years < CHILD_UNDER and CHILDREN in codes:
        best = likely[0]
        return Place(best.label if best.label in _OF_ALL_AGES and best.share >= _SURE else CHILDREN)
    if sex != "male" and WOMEN in codes and PREGNANT.search(plain(words).text):
        best = likely[0]
        return Place(best.label if best.label in _OF_PREGNANT_TOO and best.share >= _PLAINLY else WOMEN)
    fitting = [one for one in likely if one.label != CHILDREN and not (one.label == WOMEN and sex == "male")]
    if fitting and (fitting[0].share >= _SURE or ADULTS not in codes):
        return Place(fitting[0].label)
    return Place(ADULTS, sure=False)


def named(dialogue: Dialogue, words: str) -> str | None:
    """The department that the words name, by its own name or by what its doctors are called."""
    directory = dialogue.hospital.names.specialties
    text = plain(words).text
    called = any(pattern.search(text) for pattern in ROLE_PATTERNS.values())
    found = match_specialty(words, directory)
    whole = any(plain(known.name).text in text for known in directory)
    return str(found[0].id) if found and (called or whole or len(text.split()) <= 3) else None
