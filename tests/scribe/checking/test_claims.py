"""The check of sentences, missing things and contradictions, on made visits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribe.checking.check import check_note, check_sentence
from scribe.note import Division, FindingKind, Section, Sentence
from scribe.visit import Segment, Visit

TURNS = (
    ("doctor", "hi , what brings you in today ?"),
    ("patient", "i have had this pain in my left knee for about three weeks . it started when i fell off my bike ."),
    ("doctor", "any fever , chills or numbness ?"),
    ("patient", "no , nothing like that ."),
    ("doctor", "and any swelling in the knee ?"),
    ("patient", "yeah , it swells up in the evening ."),
    ("doctor", "okay . are you taking anything for it ?"),
    ("patient", "just some ibuprofen , 400 milligrams twice a day . and i 'm allergic to penicillin ."),
    (
        "doctor",
        "all right . your blood pressure is 128 over 76 and your lungs are clear . there is tenderness on the inside "
        "of the left knee .",
    ),
    (
        "doctor",
        "so i think this is a sprain . let 's get an x-ray of the knee . i want you to take ibuprofen 600 milligrams "
        "three times a day for two weeks .",
    ),
    ("patient", "okay ."),
)
VISIT = Visit(tuple(Segment(f"s{number}", role, text) for number, (role, text) in enumerate(TURNS)))
GOOD = (
    "The patient has had left knee pain for 3 weeks.",
    "The pain started when he fell off his bike.",
    "He denies fever, chills, or numbness.",
    "He reports swelling of the knee in the evening.",
    "Blood pressure is 128/76.",
    "Lungs are clear.",
    "There is tenderness of the left knee.",
    "We will order an x-ray of the knee.",
    "Ibuprofen 600 mg t.i.d. for 14 days.",
    "He is allergic to penicillin.",
)


def kinds(text: str, division: Division | None = None) -> set[FindingKind]:
    return {finding.kind for finding in check_sentence(text, VISIT, division=division).findings}


@pytest.mark.parametrize("text", GOOD)
def test_what_was_said_is_supported_by_its_segments(text: str) -> None:
    sentence = check_sentence(text, VISIT)
    assert sentence.supported, sentence.findings
    assert sentence.segments and set(sentence.segments) <= set(VISIT.by_id)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The patient has had right knee pain for 3 weeks.", FindingKind.SIDE),
        ("The patient has had left knee pain for 5 weeks.", FindingKind.NUMBER),
        ("The patient has had left knee pain for 3 months.", FindingKind.UNIT),
        ("He reports fever and chills.", FindingKind.NEGATION),
        ("He denies swelling of the knee.", FindingKind.NEGATION),
        ("He has no knee pain.", FindingKind.NEGATION),
        ("Blood pressure is 182/76.", FindingKind.NUMBER),
        ("Ibuprofen 800 mg t.i.d. for 14 days.", FindingKind.DOSE),
        ("Ibuprofen 600 mcg t.i.d. for 14 days.", FindingKind.UNIT),
        ("Ibuprofen 600 mg once a day for 14 days.", FindingKind.DOSE),
        ("Naproxen 600 mg t.i.d.", FindingKind.UNSUPPORTED),
        ("Heart has regular rate and rhythm.", FindingKind.UNSUPPORTED),
        ("His mother has diabetes.", FindingKind.UNSUPPORTED),
        ("He works as a carpenter in Boston.", FindingKind.UNSUPPORTED),
    ],
)
def test_what_was_not_said_is_found(text: str, kind: FindingKind) -> None:
    assert kind in kinds(text)


def test_what_the_patient_says_is_no_examination() -> None:
    assert kinds("He fell off his bike.", Division.EXAM) <= {FindingKind.SPEAKER}
    alone = Visit((Segment("a", "patient", "i fell off my bike and hurt my wrist ."),))
    findings = check_sentence("He fell off his bike.", alone, division=Division.EXAM).findings
    assert [finding.kind for finding in findings] == [FindingKind.SPEAKER]


@pytest.mark.parametrize("text", ["The patient agreed with the plan.", "ASSESSMENT AND PLAN", "PHYSICAL EXAM:", ""])
def test_frames_assert_nothing(text: str) -> None:
    assert check_sentence(text, VISIT).supported


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 900).filter(lambda value: value not in (3, 400, 600, 128, 76)))
def test_any_other_number_is_found(value: int) -> None:
    assert kinds(f"Ibuprofen {value} mg t.i.d. for 14 days.")
    assert kinds(f"The patient has had left knee pain for {value} weeks.") or value in (1, 2)


NAMES = ["cough", "fever", "nausea", "headache", "dizziness", "vomiting", "diarrhea", "rash"]


@settings(max_examples=60, deadline=None)
@given(st.permutations(NAMES), st.integers(1, 6))
def test_any_flipped_denial_is_found_in_any_order(names: list[str], count: int) -> None:
    asked, told = names[:count], names[count]
    visit = Visit(
        (
            Segment("1", "doctor", f"do you have any {' , '.join(asked)} ?"),
            Segment("2", "patient", "no ."),
            Segment("3", "doctor", "what else ?"),
            Segment("4", "patient", f"i have had {told} since monday ."),
        )
    )
    listed = " or ".join(reversed(asked))
    assert check_sentence(f"The patient denies {listed}.", visit).supported
    assert not check_sentence(f"The patient reports {listed}.", visit).supported
    assert check_sentence(f"The patient reports {told}.", visit).supported
    assert not check_sentence(f"The patient denies {told}.", visit).supported


def note(*texts: str, division: Division = Division.PRESENT_ILLNESS) -> list[Section]:
    return [Section(division=division, sentences=tuple(Sentence(text=text) for text in texts))]


@pytest.mark.parametrize(
    ("without", "kind", "name"),
    [("allergic", "allergy", "penicillin"), ("x-ray", "plan", "x-ray"), ("Ibuprofen", "medication", "ibuprofen")],
)
def test_what_is_left_out_is_named(without: str, kind: str, name: str) -> None:
    assert not [one for one in check_note(note(*GOOD), VISIT).missing if one.text == name]
    missing = check_note(note(*(text for text in GOOD if without not in text)), VISIT).missing
    assert [(one.kind, bool(one.segments)) for one in missing if one.text == name] == [(kind, True)]


def test_an_affirmed_symptom_left_out_is_named() -> None:
    visit = Visit(
        (Segment("1", "patient", "i have been throwing up all night ."), Segment("2", "patient", "no fever ."))
    )
    missing = check_note(note("The patient has no fever."), visit).missing
    assert [(one.kind, one.text, one.segments) for one in missing] == [("symptom", "vomiting", ("1",))]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The patient denies nausea.", "The patient has nausea."),
        ("Lisinopril 10 mg daily.", "Lisinopril 20 mg daily."),
        ("He has left knee pain.", "He has right knee pain."),
    ],
)
def test_a_note_against_itself_is_found(first: str, second: str) -> None:
    checked = check_note(note(first, second), VISIT)
    assert checked.contradictions and FindingKind.CONTRADICTION in {f.kind for f in checked.sentences[1].findings}
    assert not check_note(note(first, first), VISIT).contradictions


def test_a_change_of_dose_is_no_contradiction() -> None:
    assert not check_note(note("Lisinopril 10 mg daily.", "Increase lisinopril to 20 mg daily."), VISIT).contradictions


def test_segments_that_a_sentence_names_are_kept_and_sections_stay_as_they_are() -> None:
    section = Section(
        division=Division.VITALS, sentences=(Sentence(text="Blood pressure is 128/76.", segments=("s8",)),)
    )
    checked = check_note([section], VISIT)
    assert checked.sections == (section,) and checked.share == 1.0 and checked.supported


@pytest.mark.parametrize("text", ["", "a" * 100_000, "1 2 3 4 5 " * 2_000, "😀é\u202e" * 1_000, "no " * 5_000])
def test_hostile_text_is_checked(text: str) -> None:
    check_note(note("No fever.", text[:5_000]), Visit((Segment("1", "unknown", text), Segment("2", "patient", text))))
    check_note(note(text), VISIT)


def test_an_empty_visit_supports_nothing_and_misses_nothing() -> None:
    checked = check_note(note("The patient has a cough."), Visit(()))
    assert not checked.supported and not checked.missing and checked.covered is None
    assert check_note([], VISIT).share is None


def test_a_long_visit_is_checked_like_a_short_one() -> None:
    visit = Visit(
        tuple(
            Segment(f"{turn}-{number}", one.role, one.text)
            for turn in range(25)
            for number, one in enumerate(VISIT.segments)
        )
    )
    checked = check_note(note(*GOOD), visit)
    assert all(one.supported for one in checked.sentences)
