"""Likeness to known phrases: what a message wants, and where a complaint belongs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agents.scheduling.departments import place
from agents.understanding.meaning.heads import FOLDER, HEADS, fingerprint
from agents.understanding.meaning.reader import Meaning
from rag.embedding.shared import Embeddings
from wiring.demo import SPECIALTIES

CODES = frozenset(SPECIALTIES)
ADULT = CODES - {"paediatrics", "dentistry", "ophthalmology", "ent", "orthopaedics", "dermatology"}


@pytest.fixture(scope="module", params=["alone", "embedded"])
def meaning(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Meaning:
    return Meaning(Embeddings(tmp_path_factory.mktemp("data")) if request.param == "embedded" else None)


@pytest.mark.parametrize("head", HEADS)
def test_the_weights_are_of_these_phrases(head: str) -> None:
    """After a change of phrases: `python -m evals.training.meaning`, then `python -m evals.training.red_flags`."""
    assert str(np.load(Path(FOLDER) / f"{head}.npz")["phrases"]) == fingerprint(head)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("please shift my appointment to some other day", "move"), ("the bill has a charge i never had", "bill"),
        ("where can i leave my car", "ask_parking"), ("i left my umbrella in the waiting room", "lost_property"),
    ],
)  # fmt: skip
def test_what_is_wanted(meaning: Meaning, text: str, want: str) -> None:
    assert meaning.wants(text)[0].label == want


@pytest.mark.parametrize("text", ["fever and cough", "stomach ache", "chest pain when running", "headache", "anxiety"])
def test_a_child_is_never_sent_to_an_adult_department(meaning: Meaning, text: str) -> None:
    found = place(text, years=6, sex="female", codes=CODES, meaning=meaning)
    assert found is None or found.code not in ADULT


def test_only_departments_that_the_hospital_has(meaning: Meaning) -> None:
    found = place("skin rash", years=40, sex="male", codes=frozenset({"general-medicine"}), meaning=meaning)
    assert found is None or found.code == "general-medicine"
