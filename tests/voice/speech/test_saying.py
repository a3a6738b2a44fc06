"""What is written to be read, said: no fact lost, nothing left that has no sound."""

from __future__ import annotations

import re

import pytest

from agents.phone.words import consent_in, ends_recording, fixed_sentences, only_stop, to_say
from agents.phrases import all_phrases
from voice.calls.spoken_numbers import in_figures
from voice.speech.saying import sayable
from voice.speech.sentences import LONGEST, sentences


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1. Dr. Meera Nair, 9:00 am\n2. Dr. Rao, 10:05 pm",
        "Option 1: Doctor Meera Nair, 9 A M\nOption 2: Doctor Rao, 10 oh 5 P M"),
        ("at 10:30 am.", "at 10 30 A M."),
        ("Call 112 now", "Call 1 1 2 now"),
        ("Call +91 80 4555 0100.", "Call plus 9 1, 8 0 4 5, 5 5 0, 1 0 0."),
        ("08045550100", "0 8, 0 4 5, 5 5 0, 1 0 0"),
        ("MRN004512", "M R N, 0 0 4, 5 1 2"),
        ("the code is 493021", "the code is 4 9 3, 0 2 1"),
        ("born in 1984, room 12", "born in 1984, room 12"),
        ("on 2026-11-24", "on 24 November 2026"),
        ("Shall I book it? (yes or no)", "Shall I book it? yes or no"),
        ("see https://example.org/a?b=c now", "see the address on our website now"),
        ("write to a.b@example.org", "write to a.b at example dot org"),
        ("*Booked* 🎉 → done", "Booked done"),
        ("🎉\n\n---\nyes", "yes"),
        ("14:05", "2 oh 5 P M"),
    ],
)  # fmt: skip
def test_sayable(written: str, said: str) -> None:
    assert sayable(written, "en") == said


def test_hindi_times() -> None:
    assert sayable("सुबह 10:30 बजे, शाम 6:00 बजे", "hi") == "सुबह 10 बजकर 30 मिनट, शाम 6 बजे"


def test_sentences_are_short_enough_and_lose_nothing() -> None:
    text = "Dr. Rao is in. " + "word, " * 120 + "end. Ok. What now?\nOption 1: yes."
    made = sentences(text)
    assert made[0] == "Dr. Rao is in." and made[-1] == "Option 1: yes."
    assert all(0 < len(one) <= LONGEST for one in made)
    assert "".join(re.findall(r"\w", " ".join(made))) == "".join(re.findall(r"\w", text))
    assert sentences("") == [] and sentences(" \n ") == []
    assert sentences("a" * 1000) == ["a" * LONGEST] * 5


@pytest.mark.parametrize("language", ["en", "hi"])
def test_every_phrase_of_a_call_can_be_said(language: str) -> None:
    phrases = {name: text for name, text in all_phrases(language).items() if name.startswith(("phone_", "call_"))}
    assert len(phrases) > 40
    for name, text in phrases.items():
        assert to_say(re.sub(r"{\w+}", "Rao", text), language), name
        assert not re.search(r"\bAGENT\b|\bwrite (?:the|agent)|लिखें(?!गे)", text), name


def test_fixed_sentences_name_nobody() -> None:
    assert "Goodbye." in " ".join(fixed_sentences()) and not any("{" in one for one in fixed_sentences())


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Yes.", "granted"), ("yes please", "granted"), ("हाँ", "granted"), ("haan ji", "granted"), ("okay", "granted"),
        ("No.", "refused"), ("no thank you", "refused"), ("नहीं", "refused"), ("please don't", "refused"),
        ("yes but what for", None), ("I want an appointment", None), ("no my chest hurts", None), ("", None),
        ("what?", None), ("maybe", None),
    ],
)  # fmt: skip
def test_consent_is_a_clear_yes_or_a_clear_no(text: str, answer: str | None) -> None:
    assert consent_in(text) == answer


def test_stop_means_us_and_stop_recording_the_recording() -> None:
    assert all(only_stop(text) for text in ("Stop.", "please stop", "wait", "ruko"))
    assert not any(only_stop(text) for text in ("stop messages", "I want to stop my medicine", ""))
    assert all(ends_recording(text) for text in ("stop recording", "Please stop the recording.", "रिकॉर्डिंग बंद करो"))
    assert not any(ends_recording(text) for text in ("my records", "I don't have my reports", "stop"))


@pytest.mark.parametrize(
    ("said", "figures"),
    [
        ("the fourteenth of March nineteen eighty four", "14 march 1984"),
        ("fourteen three nineteen eighty four", "14 3 1984"),
        ("one four zero three one nine eight four", "14/03/1984"),
        ("twenty first of june two thousand and five", "21 june 2005"),
        ("march the third nineteen oh five", "march 3 1905"),
        ("14th March, 1984.", "14th March, 1984."),
        ("I want a person", "I want a person"),
    ],
)
def test_a_spoken_date_in_figures(said: str, figures: str) -> None:
    assert in_figures(said, "date") == figures
    assert in_figures(said, "free") == said


def test_spoken_digits_in_figures() -> None:
    assert in_figures("my number is nine eight double four five", "digits") == "my number is 98445"
