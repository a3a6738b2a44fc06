"""The redactor as a whole: overlaps, odd texts, placeholders, models that are not there."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.redaction.analyzer import ModelMissing
from governance.redaction.found import Found, settle
from governance.redaction.known import Known
from governance.redaction.redactor import NOT_IDENTIFIERS, Redactor, mask
from tests.governance.redaction.conftest import ASHA


def test_the_surest_and_longest_wins_and_the_rest_beside_it_stays() -> None:
    text = "Asha Rao Kumar 1234"
    found = [Found(0, 8, "A", 0.9), Found(5, 14, "B", 0.5), Found(0, 19, "C", 0.4), Found(0, 4, "D", 0.9)]
    assert settle(found, text) == [Found(0, 8, "A", 0.9), Found(9, 14, "B", 0.5), Found(15, 19, "C", 0.4)]


def test_neighbours_of_one_type_are_one() -> None:
    assert settle([Found(0, 4, "PERSON", 0.9), Found(5, 8, "PERSON", 0.5)], "Asha Rao") == [Found(0, 8, "PERSON", 0.9)]


@given(text=st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_text_is_taken(redactor: Redactor, known: Known, text: str) -> None:
    found = redactor.find(text, known=known, focus=[ASHA])
    assert all(0 <= f.start < f.end <= len(text) and 0 < f.score <= 1 for f in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    mask(text, found)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "😀", "\u200d", "a", "1", "@", "<PERSON>", "ａｓｈａ"])
def test_small_and_odd_texts_are_left(redactor: Redactor, known: Known, text: str) -> None:
    assert redactor.redact(text, known=known) == text


def test_a_huge_text_is_read_to_its_end(redactor: Redactor, known: Known) -> None:
    text = "I want more time please. " * 4000 + "Asha Rao 98450 10000"
    assert redactor.redact(text, known=known).endswith("please. <PERSON> <PHONE>")


def test_awkward_runs_take_no_time_without_end(redactor: Redactor) -> None:
    for text in (
        "1 " * 5000,
        "a." * 5000,
        "A " * 5000,
        "1-" * 5000,
        "@" * 5000,
        "x" * 20000,
        "Ab Cd, " * 2000,
        ": " * 5000,
    ):
        redactor.find(text)


def test_placeholders_are_left(redactor: Redactor, known: Known) -> None:
    text = "<PERSON> called <PHONE> on <DATE_TIME>, says Asha Rao"
    assert redactor.redact(text, known=known) == "<PERSON> called <PHONE> on <DATE_TIME>, says <PERSON>"
    once = redactor.redact("my name is asha rao, call 9845010000", known=known)
    assert redactor.redact(once, known=known) == once == "my name is <PERSON>, call <PHONE>"


def test_everything_of_a_message(redactor: Redactor, known: Known) -> None:
    text = "Hi, this is asha rao, born 12/03/1980, MRN LH100000, 14 Residency Road, asha.rao@example.com, UPI asha@ybl"
    said = redactor.redact(text, known=known, keep=NOT_IDENTIFIERS)
    assert said == "Hi, this is <PERSON>, born <BIRTH_DATE>, MRN <MRN>, <STREET_ADDRESS>, <EMAIL>, UPI <UPI_ID>"


def test_a_model_that_is_not_installed_is_named() -> None:
    with pytest.raises(ModelMissing, match=r"'en_core_web_none' is not installed. Install its package"):
        Redactor(spacy_model="en_core_web_none").find("hello")


def test_a_model_adds_what_it_finds(tmp_path: Path) -> None:
    import spacy

    pipeline = spacy.blank("en")
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "zuzu"}])  # type: ignore[attr-defined]
    pipeline.to_disk(tmp_path / "model")
    text = "zuzu wants 9845010000 called"
    assert Redactor(spacy_model=str(tmp_path / "model")).redact(text) == "<PERSON> wants <PHONE> called"


def test_importing_loads_no_presidio() -> None:
    code = (
        "import sys, governance.redaction.redactor; sys.exit(any(m.startswith(('presidio', 'spacy')) for m in "
        "sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
