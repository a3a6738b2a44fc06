"""Doctors, specialties and places from words."""

from __future__ import annotations

import pytest

from agents.understanding.resolve.names import match_location, match_practitioners, match_specialty
from agents.understanding.utterance import Known
from tests.agents.understanding.hospital import DIRECTORY

NEAR_NAMES = (*DIRECTORY.practitioners, Known("nair2", "Dr Suresh Nair"), Known("mehta", "Dr Anjali Mehta"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("dr nayar", {"nair", "nair2"}),
        ("meera", {"nair"}),
        ("dr. meera nayar", {"nair"}),
        ("rao", {"rao"}),
        ("dr rana", {"rana"}),
        ("srivastav", {"shrivastava"}),
        ("muhammad khan", {"khan"}),
        ("doctor smyth", {"smith"}),
        ("dr rao's appointment", {"rao"}),
        ("the one with dr rao on tuesday", {"rao"}),
        ("डॉक्टर मेहता", {"mehta"}),
        ("tomorrow morning", set()),
        ("i want to see a doctor", set()),
        ("skin doctor", set()),
        ("dr xyz", set()),
        ("", set()),
    ],
)
def test_practitioners(words: str, expected: set[str]) -> None:
    assert {known.id for known in match_practitioners(words, NEAR_NAMES)} == expected


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("skin doctor", "dermatology"),
        ("bone doctor", "orthopaedics"),
        ("haddi ka doctor", "orthopaedics"),
        ("child specialist", "paediatrics"),
        ("gynec", "obstetrics-gynaecology"),
        ("lady doctor", "obstetrics-gynaecology"),
        ("eye", "ophthalmology"),
        ("sugar doctor", "general-medicine"),
        ("heart", "cardiology"),
        ("ENT", "ent"),
        ("GP", "general-medicine"),
        ("physician", "general-medicine"),
        ("dentist", "dentistry"),
        ("dematologist", "dermatology"),
        ("my knee hurts", "orthopaedics"),
        ("itchy rash", "dermatology"),
        ("toothache", "dentistry"),
        ("दांत में दर्द", "dentistry"),
        ("fever and cough", "general-medicine"),
        ("mujhe bukhar hai", "general-medicine"),
        ("my baby has a cold", "paediatrics"),
        ("blurry vision", "ophthalmology"),
        ("sugar is high", "general-medicine"),
        ("pregnant", "obstetrics-gynaecology"),
        ("chest palpitations", "cardiology"),
        ("can't sleep, anxious", "psychiatry"),
        ("acidity", "gastroenterology"),
        ("pet mein dard", "gastroenterology"),
        ("migraine", "neurology"),
        ("ear pain", "ent"),
    ],
)
def test_specialties(words: str, slug: str) -> None:
    assert [known.id for known in match_specialty(words, DIRECTORY.specialties)][:1] == [slug]


@pytest.mark.parametrize("words", ["tomorrow", "dr nair", "hello", "friday at 5"])
def test_no_specialty(words: str) -> None:
    assert match_specialty(words, DIRECTORY.specialties) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [("bandra", ["bandra"]), ("bandhra clinic", ["bandra"]), ("andheri", ["main"]), ("delhi", [])],
)
def test_locations(words: str, expected: list[str]) -> None:
    assert [known.id for known in match_location(words, DIRECTORY.locations)] == expected
