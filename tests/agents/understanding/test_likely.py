"""How sure likeness must be beside what the rules read."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agents.commands import Ask, Command, Fill, Start, StopMessages
from agents.understanding.builtin import likely
from agents.understanding.builtin.understand import read
from agents.understanding.meaning.reader import Meaning
from agents.understanding.utterance import Directory, Known, Utterance

MONDAY = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Asia/Kolkata"))
NAMES = Directory(practitioners=(Known(id="1", name="Dr. Meera Nair"), Known(id="2", name="Dr. Robert Hayes")))


def commands(text: str, meaning: Meaning, **more: str) -> list[Command]:
    return read(Utterance(text=text, now=MONDAY, directory=NAMES, **more), meaning)  # type: ignore[arg-type]


def starts(found: list[Command]) -> list[str]:
    return [one.flow for one in found if isinstance(one, Start)]


@pytest.mark.parametrize(
    ("text", "flow"),
    [
        ("move my appointment with dr hayes on 1 december; i can come on wednesday any time, my wife drives me there",
         "reschedule"),
        ("hi, is it raining there too? anyway i need dr meera nair on saturday", "book"),
        ("if somebody cancels with dr nair please put my name down", "waitlist"),
        ("i want my appointment on a different day", "reschedule"),
        ("my father wants to be seen, first make a card for him", "register"),
        ("which doctor should i see for hair fall", "book"),
    ],
)  # fmt: skip
def test_the_surer_one_is_believed(meaning: Meaning, text: str, flow: str) -> None:
    assert flow in starts(commands(text, meaning))


def test_messages_are_stopped_though_quit_would_call_something_off(meaning: Meaning) -> None:
    assert any(
        isinstance(one, StopMessages) for one in commands('could you quit with the "we miss you" texts', meaning)
    )


def test_a_dose_is_never_a_refill(meaning: Meaning) -> None:
    found = commands("how many paracetamol can i take for fever", meaning)
    assert starts(found) == [] and any(isinstance(one, Ask) and one.topic == "medical_advice" for one in found)


@pytest.mark.parametrize("awaiting", ["choice", "confirm"])
def test_a_value_in_the_middle_is_an_answer(meaning: Meaning, awaiting: str) -> None:
    assert starts(commands("can you do 11:30 instead", meaning, flow="book", awaiting=awaiting)) == []


def test_a_question_in_the_middle_is_one(meaning: Meaning) -> None:
    found = commands(
        "is there a skin department in your hospital, for my wife, later", meaning, flow="book", awaiting="birth_date"
    )
    assert starts(found) == [] and any(isinstance(one, Ask) for one in found)


def test_a_flow_that_has_no_phrases_is_left_to_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    utterance = Utterance(text="i need a parking permit", now=MONDAY)
    assert likely._weight([Start(flow="cancel")], utterance) == "sure"
    monkeypatch.setattr(likely, "_LEARNT", {"book"})
    assert likely._weight([Start(flow="cancel")], utterance) is None


@pytest.mark.parametrize(
    ("text", "flows"),
    [
        ("i will not be able to be there wednesday so kindley cancl robert hayes", ["cancel"]),
        ("please delete my name from the register of dr meera nair on 27 november", ["cancel"]),
        ("take both my bookings and throw them out", ["cancel"]),
        (
            "the bank calls me tomorrow and hence i cannot go to dr meera nair. kindly enter me next wednesday",
            ["reschedule"],
        ),
        ("date change please, dr meera nair, new one on the 8th", ["reschedule"]),
        ("on 1 december skin doctor, later than 11 am", ["book"]),
        ("i need a skin doctor appointment, but mornings are rough. 11 am or later, please", ["book"]),
        ("could i see an eye surgeon at your lakeside clinic? i can't make it to the other ones", ["book"]),
        ("my son has started wetting the bed again. which doctor is right for this? friday we can come", ["book"]),
        ("do you have me down for anything coming up?", ["list"]),
    ],
)
def test_what_is_begun(text: str, flows: list[str], meaning: Meaning) -> None:
    assert starts(commands(text, meaning)) == flows


def test_the_visit_that_is_called_off_is_named_by_its_department(meaning: Meaning) -> None:
    found = commands("cancel my eye appointment. the heart one i will surely come", meaning)
    assert Fill(slot="appointment", value="eye appointment") in found


@pytest.mark.parametrize(
    ("text", "doctors"),
    [
        ("Tarun Nair / 3-1-68 / self / eczema behind the knees", []),
        ("Padma Hayes writing, my knee hurts", []),
        ("book nair on friday", ["nair"]),
        ("Cardiologist Hayes on friday please", ["Hayes"]),
        ("Shift Hayes to friday", ["Hayes"]),
        ("Want Meera tomorrow", ["Meera"]),
    ],
)
def test_the_writers_family_name_is_no_doctor(text: str, doctors: list[str], meaning: Meaning) -> None:
    found = commands(text, meaning)
    assert [one.value for one in found if isinstance(one, Fill) and one.slot == "practitioner"] == doctors
