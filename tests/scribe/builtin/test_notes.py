"""The built-in maker: what a visit says is in the note, in its division, with its segments; nothing else is."""

from __future__ import annotations

import pytest

from scribe.builtin import patient_summary, render, write_note
from scribe.note import Division, Written
from scribe.visit import Patient, Role, Segment, Visit

HEADACHE: tuple[tuple[Role, str], ...] = (
    ("doctor", "Good morning, what brings you in today?"),
    ("patient", "I've had a bad headache for three days, and my neck hurts."),
    ("doctor", "Any fever, vomiting, or blurred vision?"),
    ("patient", "No, none of that."),
    ("doctor", "Do you smoke?"),
    ("patient", "No, I don't."),
    ("doctor", "Are you allergic to anything?"),
    ("patient", "Yes, penicillin gives me a rash."),
    ("doctor", "Are you taking any medications?"),
    ("patient", "I take lisinopril 20 milligrams once a day."),
    ("doctor", "Let me examine you. On your heart exam, I do appreciate a two out of six systolic murmur."),
    ("doctor", "Your lungs are clear. I don't see any swelling in your legs."),
    ("doctor", "For your first problem, your headache, I think this is a migraine."),
    ("doctor", "I want you to take ibuprofen 400 milligrams three times a day with food."),
    ("doctor", "I'm going to order an MRI of your head. Come back in two weeks if it isn't better."),
    ("patient", "Okay, thank you."),
)


def make_visit(turns: tuple[tuple[Role, str], ...], patient: Patient = Patient(), prefix: str = "s") -> Visit:
    return Visit(tuple(Segment(f"{prefix}{at}", role, text) for at, (role, text) in enumerate(turns)), patient)


def read(note: Written, division: Division) -> str:
    return " ".join(one.text for section in note.sections if section.division is division for one in section.sentences)


@pytest.fixture(scope="module")
def note() -> Written:
    return write_note(make_visit(HEADACHE, Patient(sex="female")))


@pytest.mark.parametrize(
    ("division", "expected"),
    [
        (Division.CHIEF_COMPLAINT, "headache"),
        (Division.PRESENT_ILLNESS, "she has had a bad headache for 3 days"),
        (Division.PRESENT_ILLNESS, "She denies fever, vomiting, or blurred vision"),
        (Division.REVIEW_OF_SYSTEMS, "Gastrointestinal: Denies vomiting"),
        (Division.ALLERGIES, "Penicillin gives her a rash"),
        (Division.MEDICATIONS, "Lisinopril 20 mg once a day"),
        (Division.EXAM, "2/6 systolic murmur"),
        (Division.ASSESSMENT, "I think this is a migraine"),
        (Division.PLAN, "ibuprofen 400 mg 3 times a day with food"),
        (Division.PLAN, "We will order an MRI of her head"),
        (Division.PLAN, "2 weeks"),
    ],
)
def test_what_was_said_is_in_its_division(note: Written, division: Division, expected: str) -> None:
    assert expected.lower() in read(note, division).lower(), render(note)


def test_a_denial_points_to_question_and_answer(note: Written) -> None:
    denials = [one for section in note.sections for one in section.sentences if "denies fever" in one.text.lower()]
    assert denials and all({"s2", "s3"} <= set(one.segments) for one in denials)


def test_sections_stand_in_order_and_none_is_empty(note: Written) -> None:
    order = list(Division)
    places = [order.index(section.division) for section in note.sections]
    assert places == sorted(set(places))
    assert all(section.sentences for section in note.sections)


def test_every_sentence_cites_segments_of_the_visit(note: Written) -> None:
    known = {f"s{at}" for at in range(len(HEADACHE))}
    assert all(one.segments and set(one.segments) <= known for section in note.sections for one in section.sentences)


def test_greetings_and_small_talk_are_left_out(note: Written) -> None:
    text = render(note).lower()
    assert "good morning" not in text and "thank you" not in text


def test_the_same_visit_gives_the_same_note() -> None:
    assert write_note(make_visit(HEADACHE)) == write_note(make_visit(HEADACHE))


def test_lower_case_tokens_without_marks_give_the_same_facts() -> None:
    spoken = make_visit(
        (
            ("doctor", "okay so what brings you in today"),
            ("patient", "uh i 've had this cough for like two weeks and i ca n't sleep"),
            ("doctor", "okay have you had any fever or chest pain"),
            ("patient", "no no fever no chest pain"),
            (
                "doctor",
                "okay alright let me take a listen to your lungs on your lung exam i do n't appreciate any wheezes",
            ),
            (
                "doctor",
                "so i think you have bronchitis i 'm gon na go ahead and prescribe albuterol two puffs every"
                " four hours",
            ),
        )
    )
    note = write_note(spoken)
    assert "cough" in read(note, Division.PRESENT_ILLNESS).lower()
    assert "denies fever or chest pain" in read(note, Division.PRESENT_ILLNESS).lower()
    assert "no wheezes" in read(note, Division.EXAM).lower()
    assert "bronchitis" in read(note, Division.ASSESSMENT).lower()
    assert "albuterol" in read(note, Division.PLAN).lower()
    assert "i 've" not in render(note) and "n't" not in render(note)


def test_a_sentence_cut_by_voice_activity_is_read_whole() -> None:
    note = write_note(
        make_visit(
            (
                ("doctor", "What brings you in?"),
                ("patient", "I have had pain in"),
                ("patient", "my left knee for six weeks."),
            ),
            Patient(sex="male"),
        )
    )
    sentence = next(
        one for section in note.sections for one in section.sentences if "his left knee for 6 weeks" in one.text
    )
    assert sentence.segments == ("s1", "s2")


def test_spoken_headings_of_a_dictation_set_the_division() -> None:
    note = write_note(
        make_visit(
            (
                ("doctor", "Subjective colon the patient is a 45 year old man with three days of cough and fever."),
                ("doctor", "Objective: temperature 38.4, crackles at the right base."),
                (
                    "doctor",
                    "Assessment colon community acquired pneumonia. Plan: amoxicillin 500 milligrams three times"
                    " a day.",
                ),
            )
        )
    )
    assert "cough and fever" in read(note, Division.PRESENT_ILLNESS)
    assert "crackles at the right base" in read(note, Division.EXAM)
    assert read(note, Division.ASSESSMENT) == "Community acquired pneumonia."
    assert read(note, Division.PLAN) == "Amoxicillin 500 mg 3 times a day."


def test_roles_are_guessed_where_none_is_known() -> None:
    known = write_note(make_visit(HEADACHE))
    guessed = write_note(make_visit(tuple(("unknown", text) for _, text in HEADACHE)))
    for division in (Division.ALLERGIES, Division.PLAN):
        assert read(guessed, division) == read(known, division)


def test_the_summary_speaks_to_the_patient_and_adds_nothing() -> None:
    visit = make_visit(HEADACHE, Patient(sex="female"))
    summary = patient_summary(write_note(visit), visit)
    texts = [one.text for one in summary]
    assert texts[0] == "You came because of headache."
    assert "Please take ibuprofen 400 mg 3 times a day with food." in texts
    assert any("2 weeks" in text for text in texts)
    assert all(set(one.segments) <= set(visit.by_id) and one.segments for one in summary)
    assert not any(word in text.lower().split() for text in texts for word in ("she", "her", "patient"))


def test_headings_of_the_clinic_are_used() -> None:
    note = write_note(make_visit(HEADACHE))
    assert render(note).startswith("CHIEF COMPLAINT\n\nHeadache.")
    assert render(note, {**dict.fromkeys(Division, "X"), Division.PLAN: "WHAT NEXT"}).count("WHAT NEXT") == 1
