"""What is said of a term: denied, supposed, of a relative; and how a question is answered."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribe.language.negation import assess, is_question, read_answer

SYMPTOMS = ["fever", "chills", "nausea", "vomiting", "cough", "headache", "dizziness", "diarrhea"]


def negated(text: str, word: str) -> bool:
    start = text.index(word)
    return assess(text, start, start + len(word)).negated


@pytest.mark.parametrize(
    ("text", "denied", "affirmed"),
    [
        ("Patient denies fever, chills or cough but reports headache.", ["fever", "chills", "cough"], ["headache"]),
        ("no chest pain , he has a headache", ["chest pain"], ["headache"]),
        ("no , i have some nausea", [], ["nausea"]),
        ("i do n't have any cough", ["cough"], []),
        ("I don't have any cough", ["cough"], []),
        ("Negative for dyspnea.", ["dyspnea"], []),
        ("Pneumonia was ruled out.", ["Pneumonia"], []),
        ("i ca n't get rid of this cough", [], ["cough"]),
        ("Cough without fever", ["fever"], ["Cough"]),
        ("no evidence of fracture", ["fracture"], []),
    ],
)
def test_denials_reach_what_they_deny(text: str, denied: list[str], affirmed: list[str]) -> None:
    assert all(negated(text, word) for word in denied)
    assert not any(negated(text, word) for word in affirmed)


def test_a_warning_is_no_symptom_and_a_mother_not_the_patient() -> None:
    warning, mother = "call me if you get a fever", "my mother had diabetes"
    assert assess(warning, warning.index("fever"), len(warning)).hypothetical
    assert assess(mother, mother.index("diabetes"), len(mother)).family


@settings(max_examples=60, deadline=None)
@given(st.permutations(SYMPTOMS), st.integers(1, 7), st.sampled_from(["denies", "no", "without", "negative for"]))
def test_a_denied_list_is_denied_in_any_order(names: list[str], count: int, cue: str) -> None:
    listed = names[:count]
    text = (
        f"The patient has {cue} {', '.join(listed[:-1])}{' or ' if count > 1 else ''}{listed[-1]} but has {names[-1]}."
    )
    assert all(negated(text, name) for name in listed)
    last = text.rindex(names[-1])
    assert not assess(text, last, last + len(names[-1])).negated


@pytest.mark.parametrize(
    "answer", ["yes", "Yeah, a lot.", "mm-hmm .", "uh , i do", "a little bit", "sometimes , when i run"]
)
def test_a_yes_is_a_yes(answer: str) -> None:
    assert read_answer(answer) is True


@pytest.mark.parametrize(
    "answer", ["no", "not really", "Nope.", "um , no , nothing like that", "yeah, no", "no , not that i 've noticed"]
)
def test_a_no_is_a_no(answer: str) -> None:
    assert read_answer(answer) is False


@pytest.mark.parametrize(
    "answer", ["", "it's my knee", "No, I haven't. I did about three years ago.", "well , what do you mean ?"]
)
def test_what_is_neither_is_neither(answer: str) -> None:
    assert read_answer(answer) is None


def test_questions_are_known_without_their_mark() -> None:
    assert is_question("have you had any fever") and is_question("pain?") and not is_question("you have a fever.")
