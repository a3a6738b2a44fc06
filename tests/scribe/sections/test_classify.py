"""The section of a dialogue and the division of a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scribe.note import Division
from scribe.sections import Context, classify_dialogue, division_of
from scribe.sections.dialogue import load_dialogue_model
from scribe.sections.features import describe_dialogue, split_turns
from scribe.sections.linear import load_model, save_model
from tests.paths import ROOT, SHARED

DATA = SHARED / "scribe" / "mts-dialog"


@pytest.mark.parametrize(
    ("dialogue", "header"),
    [
        ("Doctor: Do you have any drug allergies?\nPatient: Yes, sulfa makes me itch.", "ALLERGY"),
        ("Doctor: Does anyone in your family have diabetes?\nPatient: My mother and my sister do.", "FAM/SOCHX"),
        ("Doctor: Do you smoke or drink?\nPatient: I smoke a pack a day, I don't drink.", "FAM/SOCHX"),
        ("Doctor: Have you had any surgeries?\nPatient: I had my gallbladder removed in 2010.", "PASTSURGICAL"),
        ("Doctor: What medications do you take?\nPatient: Metformin and lisinopril.", "MEDICATIONS"),
        (
            "Doctor: Any medical conditions in the past?\nPatient: I have asthma and high blood pressure.",
            "PASTMEDICALHX",
        ),
        (
            "Doctor: Any fever, chills, or cough?\nPatient: No.\nDoctor: Chest pain?\nPatient: No.\nDoctor:"
            " Nausea?\nPatient: No.",
            "ROS",
        ),
        ("Doctor: Are your vaccines up to date?\nPatient: Yes, all my shots are current.", "IMMUNIZATIONS"),
    ],
)
def test_a_clear_dialogue_gets_its_header(dialogue: str, header: str) -> None:
    assert classify_dialogue(dialogue) == header


@pytest.mark.parametrize(
    ("sentence", "context", "division"),
    [
        ("Penicillin gives me hives", Context("patient", "Are you allergic to anything?"), Division.ALLERGIES),
        ("I am allergic to latex", Context("patient"), Division.ALLERGIES),
        ("My father had a heart attack at fifty", Context("patient"), Division.FAMILY),
        ("I smoke ten cigarettes a day", Context("patient"), Division.SOCIAL),
        ("I had my appendix removed as a child", Context("patient"), Division.PAST_SURGICAL),
        ("Your blood pressure is 130 over 80", Context("doctor", phase="exam"), Division.VITALS),
        ("Your lungs are clear", Context("doctor", phase="exam"), Division.EXAM),
        ("We will order an x-ray", Context("doctor", phase="plan"), Division.PLAN),
    ],
)
def test_a_clear_sentence_gets_its_division(sentence: str, context: Context, division: Division) -> None:
    assert division_of(sentence, context) is division


@given(st.text(max_size=300))
def test_any_text_gets_a_header_and_a_division(text: str) -> None:
    assert classify_dialogue(text) in load_dialogue_model().labels
    assert division_of(text, Context("patient")) not in {
        Division.EXAM,
        Division.PLAN,
        Division.ASSESSMENT,
        Division.VITALS,
    }


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Doctor", "Patient"]), st.from_regex(r"[a-z]{2,8}( [a-z]{2,8}){1,4}", fullmatch=True)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_turns_are_read_back(turns: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{speaker}: {said}" for speaker, said in turns)
    assert split_turns(text) == [(speaker.lower(), said) for speaker, said in turns]


def test_a_model_is_the_same_after_saving(tmp_path: Path) -> None:
    model = load_dialogue_model()
    save_model(tmp_path / "again.npz", model)
    features = describe_dialogue("Doctor: Do you smoke?\nPatient: No.")
    np.testing.assert_allclose(load_model(tmp_path / "again.npz").score(features), model.score(features), rtol=1e-3)


def test_the_weights_hold_no_words() -> None:
    folder = ROOT / "scribe"
    for path in (*folder.glob("sections/data/*.npz"), *folder.glob("builtin/data/*.npz")):
        with np.load(path, allow_pickle=False) as held:
            assert {name for name in held.files if held[name].dtype.kind in "US"} == {"labels"}
        assert path.stat().st_size < 500_000


@pytest.mark.skipif(not DATA.exists(), reason="the public dialogues are not beside this checkout")
def test_better_than_the_bag_of_words_on_held_out_dialogues() -> None:
    from evals.scribe_sections import make_baseline, read_rows

    train, valid = read_rows("Training"), read_rows("Validation")
    headers = [row["section_header"] for row in valid]
    plain = make_baseline().fit([row["dialogue"] for row in train], [row["section_header"] for row in train])
    baseline = plain.score([row["dialogue"] for row in valid], headers)
    ours = float(
        np.mean([classify_dialogue(row["dialogue"]) == header for row, header in zip(valid, headers, strict=True)])
    )
    assert ours > baseline
