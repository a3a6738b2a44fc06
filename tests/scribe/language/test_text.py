"""Sentences, cleaned speech, terms and sides."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribe.language.reading import Read
from scribe.language.sentences import clean, split
from scribe.language.sides import opposite, sides
from scribe.language.terms import concepts
from scribe.language.words import stem, tokenize


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Dr. Lee saw him. He takes 5 mg. daily.", ["Dr. Lee saw him.", "He takes 5 mg. daily."]),
        ("His temperature is 98.6 today. No cough.", ["His temperature is 98.6 today.", "No cough."]),
        ("Motrin 800 mg p.o. q.6h. prn. Follow up.", ["Motrin 800 mg p.o. q.6h. prn.", "Follow up."]),
        ("hi there . how are you ?", ["hi there .", "how are you ?"]),
        ("", []),
        (" . ! ", []),
    ],
)
def test_sentences_end_where_they_end(text: str, parts: list[str]) -> None:
    assert split(text) == parts


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("i do n't have any , uh , nausea .", "i don't have any, nausea."),
        ("you know , i , i was gon na call", "i was gonna call"),
        ("um , it 's my my knee", "it's my knee"),
        ("do you know what it was ?", "do you know what it was?"),
        ("it is very very sore", "it is very very sore"),
    ],
)
def test_stumbles_are_taken_out_of_speech(said: str, meant: str) -> None:
    assert clean(said) == meant


@pytest.mark.parametrize(
    ("lay", "clinical"),
    [
        ("i have afib", "atrial fibrillation"),
        ("my high blood pressure", "hypertension"),
        ("he keeps throwing up", "vomiting"),
        ("my belly hurts", "abdominal pain"),
        ("she was short of breath", "dyspnea"),
        ("i had a nose job", "rhinoplasty"),
        ("oedema of both feet", "edema"),
        ("pain in my left knee", "knee pain"),
        ("blood in her stool", "blood in stool"),
        ("i had my gallbladder out", "cholecystectomy"),
        ("loose motions since monday", "diarrhea"),
    ],
)
def test_lay_words_have_their_clinical_name(lay: str, clinical: str) -> None:
    assert clinical in {mention.concept for mention in concepts(lay)}


def test_coming_back_is_no_body_site() -> None:
    assert not [mention for mention in concepts("come back in two weeks") if mention.concept == "back"]


@pytest.mark.parametrize("word", ["cough", "headache", "rash", "bruise", "seizure"])
def test_plurals_and_endings_meet(word: str) -> None:
    assert stem(word) == stem(f"{word}s" if not word.endswith("sh") else f"{word}es")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("my left knee hurts right now", [("left", "knee")]),
        ("that's right , okay", []),
        ("he left the house", []),
        ("both knees", [("both", "knee")]),
    ],
)
def test_sides_are_sides_only_where_meant(text: str, found: list[tuple[str, str]]) -> None:
    assert [(side.value, side.site) for side in sides(text)] == found


@given(st.sampled_from(["left", "right", "medial", "lateral", "upper", "lower", "front", "back"]))
def test_the_opposite_of_the_opposite_is_itself(value: str) -> None:
    other = opposite(value)
    assert other is not None and other != value and opposite(other) == value


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_places_point_into_the_text(text: str) -> None:
    one = Read(text)
    assert all(0 <= token.start < token.end <= len(text) for token in one.tokens)
    for found in (*one.concepts, *one.drugs, *one.quantities, *one.sides, *one.doses):
        assert 0 <= found.start < found.end <= len(text)
    assert len(one.questions) == len(one.tokens) == len(one.cues.negated)


@pytest.mark.parametrize(
    "text", ["", "a" * 100_000, "1" * 100_000, "7 " * 20_000, "é☃\u202e😀" * 500, "n't " * 5_000, "." * 50_000]
)
def test_hostile_text_is_read(text: str) -> None:
    one = Read(text)
    assert one.doses is not None and one.sides is not None and one.questions is not None
    split(text)
    clean(text)
    tokenize(text)
