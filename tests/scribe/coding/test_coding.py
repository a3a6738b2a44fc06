"""ICD-10-CM suggestions: what must be among the first, and what must never be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribe.coding import suggesting
from scribe.coding.asking import lists
from scribe.coding.suggesting import suggest
from scribe.coding.tables import icd, is_billable


def first(text: str) -> list[str]:
    return [one.code for one in suggest(text)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hypertension", "I10"), ("High blood pressure", "I10"), ("uncontrolled type 2 diabetes", "E11.65"),
        ("pain in the left shoulder", "M25.512"), ("right rotator cuff tear", "M75.101"), ("CKD stage 3", "N18.30"),
        ("stress fracture of the left tibia", "M84.362A"), ("hand, foot and mouth disease", "B08.4"),
    ],
)  # fmt: skip
def test_the_usual_code_comes_first(text: str, code: str) -> None:
    assert first(text)[0] == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("T1DM with retinopathy", "E10.319"), ("type 2 diabetic with polyneuropathy", "E11.42"),
        ("HTN with CKD stage 3b", "I12.9"), ("migraine without aura", "G43.009"), ("migraine with aura", "G43.109"),
        ("alcoholic cirrhosis without ascites", "K70.30"), ("alcoholic cirrhosis with ascites", "K70.31"),
        ("subconjunctival haemorrhage, left eye", "H11.32"), ("diarrhoea", "R19.7"), ("anaemia", "D64.9"),
        ("pnuemonia", "J18.9"), ("hypertention", "I10"), ("s/p left THR", "Z96.642"), ("flu shot", "Z23"),
        ("bilateral cataracts, age-related nuclear", "H25.13"), ("gastritis, no bleeding", "K29.70"),
    ],
)  # fmt: skip
def test_combinations_absences_spellings_and_visits(text: str, code: str) -> None:
    assert code in first(text)[:2]


def test_a_later_visit_has_the_code_of_a_later_visit() -> None:
    for problem in ("right clavicle fracture", "left ankle sprain", "colles fracture of the left wrist"):
        now, later = first(problem)[0], first(f"{problem}, follow-up")[0]
        assert now.endswith("A") and later == now[:-1] + "D"


def test_no_injury_and_no_fracture_unless_one_is_named() -> None:
    for site in ("left big toe", "right wrist", "head", "lower leg"):
        for problem in ("gout", "pain", "swelling", "cellulitis", "lice"):
            assert not any(code[0] == "S" for code in first(f"{problem} of the {site}")), (problem, site)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["hypertension", "pneumonia", "migraine", "appendicitis", "bronchitis"]), st.data())
def test_two_letters_changing_places_change_nothing(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(min_value=1, max_value=len(word) - 2))
    wrong = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    assert first(wrong) == first(word)


def test_a_side_is_never_turned_round() -> None:
    for side, other in (("left", "right"), ("right", "left")):
        for problem in ("knee osteoarthritis", "ankle sprain", "carpal tunnel syndrome", "hip pain"):
            displays = [one.display.lower() for one in suggest(f"{side} {problem}")[:2]]
            assert displays and not any(other in display for display in displays), (side, problem, displays)


@pytest.mark.parametrize("text", ["", " ", "the patient", "zzzz qqqq", "🦴", "of the in", "x" * 5000])
def test_nothing_fits(text: str) -> None:
    assert suggest(text) == ()


def test_no_pregnancy_and_no_newborn_unless_they_are_named() -> None:
    for text in ("diabetes", "hypertension", "urinary tract infection", "jaundice", "anemia", "vomiting"):
        assert not any(code[0] in "OP" for code in first(text)), text
    assert any(code.startswith("O") for code in first("gestational diabetes"))


@settings(max_examples=80, deadline=None)
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            ["acute", "left", "fracture", "of", "knee", "diabetes", "open", "pain", "with", "without", "burn", "cancer"]
        ),
        max_size=6,
    ).map(" ".join)
)
def test_only_codes_that_can_be_billed(text: str) -> None:
    found = suggest(text)
    assert len(found) <= 5 and len({one.code for one in found}) == len(found)
    for one in found:
        assert icd().is_valid_item(one.code) and icd().is_leaf(one.code) and one.display and one.reason
        assert 0 <= one.score <= 1


def test_every_code_of_the_list_exists() -> None:
    named = [*lists()["usual"], *lists()["together"]]
    codes = [code for codes in named for code in str(codes).split()]
    assert [code for code in codes if not is_billable(code) and not suggesting._under(code)] == []
