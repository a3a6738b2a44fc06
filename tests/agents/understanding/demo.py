"""What is read at the demo hospital on a Monday."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from agents.commands import Command, Start
from agents.understanding.builtin.understand import read
from agents.understanding.meaning.reader import Meaning
from agents.understanding.utterance import Directory, Known, Utterance
from wiring.demo import DOCTORS, SPECIALTIES

MONDAY = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Asia/Kolkata"))
NAMES = Directory(
    practitioners=tuple(Known(id=str(number), name=f"Dr. {name}") for number, (name, _) in enumerate(DOCTORS)),
    specialties=tuple(Known(id=code, name=name) for code, name in SPECIALTIES.items()),
)


def flows(text: str, meaning: Meaning) -> list[str]:
    return [one.flow for one in commands(text, meaning) if isinstance(one, Start)]


def commands(text: str, meaning: Meaning) -> list[Command]:
    return read(Utterance(text=text, now=MONDAY, directory=NAMES), meaning)
