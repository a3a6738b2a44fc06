"""Dictation commands, plain-text visits and notes, templates."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scribe.dictation import has_commands, write_dictation
from scribe.headings import read_note
from scribe.note import Division, Section, Sentence
from scribe.templates import templates
from scribe.visit import Segment, Visit, read_visit


def said(*texts: str) -> Visit:
    return Visit(tuple(Segment(str(n), "doctor", text) for n, text in enumerate(texts)))


def taken(*texts: str) -> dict[str, list[str]]:
    return {s.division.value: [one.text for one in s.sentences] for s in write_dictation(said(*texts)).sections}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Assessment colon gout. Plan: rest."], {"assessment": ["Gout."], "plan": ["Rest."]}),
        (["go to plan ice and rest new paragraph return in a week"], {"plan": ["Ice and rest.", "Return in a week."]}),
        (["plan colon start aspirin scratch that start ibuprofen"], {"plan": ["Start ibuprofen."]}),
        (["plan colon rest. Start aspirin period scratch that"], {"plan": ["Rest."]}),
        (["plan colon rest scratch", "that ice"], {"plan": ["Ice."]}),  # cut in two by a pause
        (["exam colon heart regular comma lungs clear full stop"], {"physical_exam": ["Heart regular, lungs clear."]}),
        (
            ["plan colon follow up open bracket in clinic close bracket in may"],
            {"plan": ["Follow up (in clinic) in may."]},
        ),
        (
            ["history of present illness colon her menstrual period is regular"],
            {"present_illness": ["Her menstrual period is regular."]},
        ),
        (["assessment colon is this gout question mark"], {"assessment": ["Is this gout?"]}),
        (["scratch that scratch that plan colon rest"], {"plan": ["Rest."]}),
        (
            ["Seen by Dr. Rao today. plan colon rest"],
            {"present_illness": ["Seen by Dr. Rao today."], "plan": ["Rest."]},
        ),
        (["assessment colon", "plan colon", ""], {}),
    ],
)
def test_commands(texts: list[str], expected: dict[str, list[str]]) -> None:
    assert taken(*texts) == expected


def test_each_sentence_names_where_it_was_said() -> None:
    [section] = write_dictation(said("plan colon rest and", "ice. Return", "in a week.")).sections
    assert [one.segments for one in section.sentences] == [("0", "1"), ("1", "2")]


def test_a_talk_of_two_is_no_dictation() -> None:
    talk = Visit(
        (Segment("1", "doctor", "the plan: rest. new paragraph"), Segment("2", "patient", "scratch that plan colon"))
    )
    assert not has_commands(talk) and has_commands(said("plan colon rest")) and not has_commands(said("he should rest"))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.text(max_size=80) | st.sampled_from(["scratch that", "plan colon", "new line", "comma", "period"]),
        max_size=8,
    )
)
def test_whatever_is_dictated(texts: list[str]) -> None:
    visit = said(*texts)
    for section in write_dictation(visit).sections:
        assert section.sentences
        for one in section.sentences:
            assert one.text.strip() and one.segments and set(one.segments) <= set(visit.by_id)


def test_a_visit_from_text() -> None:
    visit = read_visit("Doctor: hello\n[patient] my knee hurts\nand my back\n\nDR: since when?\nNote: nothing")
    assert [(s.role, s.text) for s in visit.segments] == [
        ("doctor", "hello"), ("patient", "my knee hurts"), ("patient", "and my back"), ("doctor", "since when?"),
        ("doctor", "Note: nothing"),
    ]  # fmt: skip
    assert read_visit("").segments == () and read_visit("only words").segments[0].role == "unknown"


def test_a_note_from_text() -> None:
    found = read_note(
        "Knee pain for two days.\n\nASSESSMENT\n\nGout. No fever.\nPlan: Rest.\nMENTAL STATUS EXAMINATION\nCalm.",
        {"mental status examination": Division.EXAM},
    )
    assert {s.division.value: [one.text for one in s.sentences] for s in found} == {
        "present_illness": ["Knee pain for two days."], "physical_exam": ["Calm."],
        "assessment": ["Gout.", "No fever."], "plan": ["Rest."],
    }  # fmt: skip


def test_templates() -> None:
    assert {"general", "cardiology", "paediatrics"} <= set(templates())
    every = tuple(Section(division=one, sentences=(Sentence(text="x"),)) for one in Division)
    for template in templates().values():
        arranged = template.arrange(every)
        assert sorted(arranged, key=lambda s: s.division) == sorted(every, key=lambda s: s.division)
        assert [s.division for s in arranged][: len(template.divisions)] == list(template.divisions)
        assert template.lacking(every) == () and set(template.lacking(())) == template.expected
        assert template.expected <= set(template.divisions)
