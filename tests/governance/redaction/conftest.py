"""One redactor and one index of people for all tests of the folder: Presidio takes seconds to import."""

from datetime import date

import pytest

from evals.redaction_people import register
from governance.redaction.known import Known
from governance.redaction.person import Person
from governance.redaction.redactor import Redactor

ASHA = Person(
    id="asha", kind="patient", names=("Asha Rao",), phones=("+919845010000",), mrn="LH100000",
    identifiers=("234567890124", "POL0012345"), addresses=("14 Residency Road, Bengaluru 560025",),
    birth_date=date(1980, 3, 12), email="asha.rao@example.com",
)  # fmt: skip
RAY = Person(id="ray", kind="patient", names=("Vikram Ray",), phones=("+14155550123",), mrn="M123456789")
MORE = Person(id="more", kind="relative", names=("Anand Vijay More",), phones=("+919845010002",))
DOCTOR = Person(id="doctor", kind="practitioner", names=("Dr. Kevin D'Souza", "Om Das"))


@pytest.fixture(scope="session")
def redactor() -> Redactor:
    made = Redactor()
    made.find("load")
    return made


@pytest.fixture(scope="session")
def known() -> Known:
    return Known([ASHA, RAY, MORE, DOCTOR])


@pytest.fixture(scope="session")
def people() -> list[Person]:
    return register(3000)


@pytest.fixture(scope="session")
def many(people: list[Person]) -> Known:
    return Known(people)
