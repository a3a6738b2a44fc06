"""What the talk itself says of the patient: sex, from words that leave no doubt."""

from __future__ import annotations

import re
from typing import Literal

from scribe.builtin.wording import Person, describe_person
from scribe.visit import Patient, Visit

_FEMALE = re.compile(
    r"\b(?:mrs|ms|miss|ma'am|madam)\b\.?|\byear-? ?old\.? (?:\w+ ){0,3}(?:female|woman|lady|girl)\b", re.I
)
_MALE = re.compile(r"\b(?:mr|mister|sir)\b\.?|\byear-? ?old\.? (?:\w+ ){0,3}(?:male|man|gentleman|boy)\b", re.I)
_HER = re.compile(r"\b(?:she|her)\b", re.I)
_HIS = re.compile(r"\b(?:he|his|him)\b", re.I)
_SPOKEN_OF = re.compile(r"\b(?:the patient|presents|year-? ?old)\b.{0,120}", re.I | re.S)


def find_patient(visit: Visit) -> Patient:
    """The patient as known, with the sex that the talk tells where it was not known."""
    if visit.patient.sex:
        return visit.patient
    return Patient(visit.patient.family_name, _tell_sex(visit), visit.patient.age_years)


def find_person(visit: Visit) -> Person:
    return describe_person(find_patient(visit))


def _tell_sex(visit: Visit) -> Literal["female", "male"] | None:
    """None where both or neither are told. A doctor's own name ("this is mrs ...") said by the patient does not
    count."""
    said = " ".join(segment.text for segment in visit.segments if segment.role != "patient")
    for her, his in ((_FEMALE.search(said), _MALE.search(said)), _find_pronouns(said)):
        if bool(her) != bool(his):
            return "female" if her else "male"
    return None


def _find_pronouns(said: str) -> tuple[bool, bool]:
    """Whether "she" and "he" follow where a doctor speaks of the patient in the third person."""
    near = " ".join(found[0] for found in _SPOKEN_OF.finditer(said))
    return bool(_HER.search(near)), bool(_HIS.search(near))
