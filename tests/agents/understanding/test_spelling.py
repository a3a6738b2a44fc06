"""Plain spelling, and the way back to the patient's own words."""

from __future__ import annotations

import pytest

from agents.understanding.resolve.spelling import plain
from governance.redaction.devanagari import romanise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Need appt 2moro w/ skin docter plzz", "need appointment tomorrow with skin doctor please"),
        ("tommorow", "tomorrow"),
        ("wendesday", "wednesday"),
        ("i dont knw", "i don't knw"),
        ("10 a.m.", "10 am"),
        ("yesss", "yes"),
        ("cancer money order", "cancer money order"),
        ("मुझे कल सुबह", "mujhe kal subah"),
        ("prscrptn, apointmnts and medcin", "prescription, appointments and medicine"),
        ("lactation council third brother", "lactation council third brother"),
        ("दाँत में दर्द", "dant mein dard"),
        ("", ""),
    ],
)
def test_plain(text: str, expected: str) -> None:
    assert plain(text).text == expected


def test_a_span_leads_back_to_the_patients_words() -> None:
    message = plain("Book me 2moro  morn with Dr. Nair")
    at = message.text.index("tomorrow")
    assert message.words(at, at + len("tomorrow")) == "2moro"
    at = message.text.index("nair")
    assert message.words(at, at + 4) == "Nair"


@pytest.mark.parametrize("text", ["👍🏽 ok\n\nyes", "w/ w/ @5 & o'clock", "é ü ß İ", "कल\u200dसुबह"])
def test_every_character_has_its_place(text: str) -> None:
    message = plain(text)
    assert len(message.text) == len(message.starts) == len(message.ends)
    assert all(0 <= a < b <= len(text) for a, b in zip(message.starts, message.ends, strict=True))


def test_romanise() -> None:
    assert [romanise(word) for word in ("सोमवार", "कल", "नायर", "दर्द")] == ["somvar", "kal", "nayar", "dard"]
