"""Every doctor of the demo hospital is understood by name, however the wish is put."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agents.commands import Ask, Correct, Fill, Start
from agents.understanding.builtin.understand import read
from agents.understanding.resolve.names import find_anyone, match_practitioners
from agents.understanding.utterance import Directory, Known, Utterance
from wiring import demo

DOCTORS = tuple(Known(str(place), f"Dr. {name}") for place, (name, _) in enumerate(demo.DOCTORS))
HOSPITAL = Directory(practitioners=DOCTORS, specialties=tuple(Known(c, n) for c, n in demo.SPECIALTIES.items()))
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Kolkata"))
PHRASES = [
    "book Dr. {name} on 2026-11-25 at 09:00", "book {given} tomorrow", "dr {family} tmrw", "{name}",
    "is dr {given} available on friday?", "appointment with doctor {family} friday evening pls",
    "i want to see dr. {family}", "CAN I GET DR {caps} NEXT WEEK", "any slot with dr.{given} today",
    "dr {family} ka appointment chahiye kal",
]  # fmt: skip


@pytest.mark.parametrize("doctor", DOCTORS, ids=lambda known: known.name)
def test_the_name_is_the_doctor(doctor: Known) -> None:
    name = doctor.name.removeprefix("Dr. ")
    given, family = name.split(" ", 1)
    for phrase in PHRASES:
        said = phrase.format(name=name, given=given, family=family, caps=name.upper())
        commands = read(Utterance(text=said, now=NOW, directory=HOSPITAL))
        assert Start(flow="book") in commands and not any(isinstance(c, Ask) for c in commands), said
        (words,) = [c.value for c in commands if isinstance(c, Fill) and c.slot == "practitioner"]
        assert match_practitioners(words, DOCTORS) == [doctor], said


def test_fees_are_still_asked_for() -> None:
    for said in ("how much is the fee", "do you have emi", "can i pay by cash", "what does dr emily carter charge?"):
        assert [c.topic for c in read(Utterance(text=said, now=NOW, directory=HOSPITAL)) if isinstance(c, Ask)] == [
            "fees"
        ]


@pytest.mark.parametrize(
    "text",
    ["anyone", "any doctor is fine", "anybody will do", "koi bhi doctor", "whoever is free", "any of them is ok"],
)
def test_anyone_is_no_doctor(text: str) -> None:
    assert find_anyone(text)
    (command,) = read(Utterance(text=text, now=NOW, directory=HOSPITAL, flow="book", awaiting="practitioner"))
    assert isinstance(command, Fill) and command.slot == "practitioner"


@pytest.mark.parametrize(
    "text", ["any day", "anyone else", "any time is fine", "koi bhi din", "dr nair", "many doctors"]
)
def test_what_is_not_anyone(text: str) -> None:
    assert find_anyone(text) is None


def test_not_this_kind_but_that() -> None:
    heard = Utterance(text="oops not dentist, eye", now=NOW, directory=HOSPITAL, flow="book", awaiting="choice")
    (command,) = read(heard)
    assert isinstance(command, Fill | Correct) and (command.slot, command.value) == ("specialty", "eye")
