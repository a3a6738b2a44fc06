"""What doctors are called in English and Hindi, as "X rog visheshagya", "X wale doctor" or "X physician"."""

from __future__ import annotations

import pytest

from agents.understanding.resolve.names import match_specialty
from agents.understanding.resolve.specialty_words import ANY_ROLE
from agents.understanding.resolve.spelling import plain
from agents.understanding.utterance import Known
from wiring.demo import SPECIALTIES

KNOWN = [Known(code, name) for code, name in SPECIALTIES.items()]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("neurology physician", "neurology"), ("cardiology physician", "cardiology"),
        ("gi physician", "gastroenterology"), ("consultant physician", "general-medicine"),
        ("family physician", "general-medicine"), ("adult medicine doctor", "general-medicine"),
        ("sadharan bimari wale doctor", "general-medicine"), ("stri rog visheshagya", "obstetrics-gynaecology"),
        ("twacha rog visheshagya", "dermatology"), ("त्वचा रोग विशेषज्ञ", "dermatology"),
        ("hriday rog visheshagya", "cardiology"), ("dil wale doctor", "cardiology"), ("manochikitsak", "psychiatry"),
        ("mansik swasthya ke doctor", "psychiatry"), ("daanton ke doctor", "dentistry"),
        ("nason ke doctor", "neurology"), ("doctor for nerves", "neurology"),
        ("bal rog visheshagya", "paediatrics"), ("baalon ke doctor", "dermatology"), ("naak kaan gala", "ent"),
        ("haddi rog", "orthopaedics"), ("netra chikitsak", "ophthalmology"),
        ("digestion specialist", "gastroenterology"),
    ],
)  # fmt: skip
def test_a_kind_of_doctor_is_one_department(words: str, code: str) -> None:
    assert [str(one.id) for one in match_specialty(words, KNOWN)][:1] == [code]
    found = ANY_ROLE.search(plain(words).text)
    assert found is not None and len(found.group()) > 2


def test_a_trouble_beside_a_physician_is_not_lost() -> None:
    assert [str(one.id) for one in match_specialty("a physician for fever", KNOWN)] == ["general-medicine"]
