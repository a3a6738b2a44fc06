"""What a long message tells in passing is no part of its wish; of a move's days the old one names the visit."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agents.commands import Affirm, Command, Correct, Fill, Greet, Start, StartOver
from agents.screen.screening import ANSWERED, NOTHING, Screened
from agents.understanding.builtin.answers import gives_what_was_asked
from agents.understanding.builtin.understand import read
from agents.understanding.utterance import Directory, Known, Utterance

MONDAY = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Asia/Kolkata"))
NAMES = Directory(
    practitioners=(Known(id="1", name="Dr. Meera Nair"), Known(id="2", name="Dr. Robert Hayes")),
    locations=(Known(id="a", name="Lakeside Clinic"), Known(id="b", name="Main Campus")),
)


def commands(text: str, **more: str) -> list[Command]:
    return read(Utterance(text=text, now=MONDAY, directory=NAMES, **more))  # type: ignore[arg-type]


def values(text: str, **more: str) -> dict[str, str]:
    return {one.slot: one.value for one in commands(text, **more) if isinstance(one, Fill | Correct)}


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("my husband kept telling me to rest and the cook left too, so please book dr nair on friday at 10.30 am as my"
         " son can drop me on his way", "for_whom", None),
        ("i cried the whole night with this tooth, please give me dr nair on thursday 11 am", "time", "11 am"),
        ("the power went in the morning so i write late, sorry for that. please book dr nair friday in the evening",
         "time", "in the evening"),
        ("i need an eye doctor, my aunt is in Mysore these days and says hello. please book it for friday", "location",
         None),
    ],
)  # fmt: skip
def test_what_is_told_in_passing_is_left_out(text: str, slot: str, value: str | None) -> None:
    assert values(text).get(slot) == value


@pytest.mark.parametrize(
    ("text", "visit", "day"),
    [
        ("move my appointment with dr nair this friday to the 7th", "friday", "7th"),
        ("i was given dr nair this friday but there is a wedding at home. may i come on the 7th instead", "friday",
         "7th"),
        ("shift my visit of tuesday with dr hayes, thursday or friday is better", "tuesday", "friday"),
    ],
)  # fmt: skip
def test_of_two_days_the_first_names_the_visit(text: str, visit: str, day: str) -> None:
    found = values(text)
    assert Start(flow="reschedule") in commands(text)
    assert visit in found["appointment"] and visit not in found["day"] and day in found["day"]


@pytest.mark.parametrize("text", ["i had taken an appointment with dr nair on friday, please cancel it",
                                  "the visit i have with dr nair i do not need, cancel it"])  # fmt: skip
def test_a_visit_that_is_there_is_not_booked_again(text: str) -> None:
    assert [one for one in commands(text) if isinstance(one, Start)] == [Start(flow="cancel")]


def test_an_answer_may_come_with_a_story() -> None:
    said = values("oh, 5 july 1966, my mother says in the evening", awaiting="birth_date", flow="book")
    assert set(said) == {"birth_date"}
    said = values("5 july 1966. friday is fine", awaiting="birth_date", flow="book")
    assert said == {"birth_date": "5 july 1966", "day": "friday"}
    agreed = commands("yes that is what i said from the beginning", awaiting="confirm", flow="book")
    assert agreed == [Affirm()] and commands("from the beginning", flow="book") == [StartOver()]


@pytest.mark.parametrize(
    ("text", "awaiting", "given"),
    [
        ("12 march 1970, in a storm", "birth_date", True), ("it was in a storm", "birth_date", False),
        ("the second one then", "choice", True), ("i cannot go on", "choice", False),
        ("yes, my husband will be glad", "confirm", True), ("tonight it ends", "day", False),
        ("bye everyone", "anything_else", False),
    ],
)  # fmt: skip
def test_only_an_answer_to_what_was_asked_raises_the_bar(text: str, awaiting: str, given: bool) -> None:
    assert gives_what_was_asked(text, awaiting) is given


def test_a_slight_likeness_counts_for_nothing_in_an_answer() -> None:
    slight = Screened("suspected", margin=ANSWERED - 0.1)
    assert slight.in_an_answer() == NOTHING
    great, sure = Screened("suspected", margin=ANSWERED), Screened("emergency", margin=0.1)
    assert great.in_an_answer() == great and sure.in_an_answer() == sure


@pytest.mark.parametrize("text", ["anybody there", "is anyone there?", "are you there"])
def test_who_calls_out_is_greeted_and_books_nothing(text: str) -> None:
    assert commands(text, awaiting="anything_else") == [Greet()]


def test_the_number_of_a_request_is_asked_for() -> None:
    assert commands("whatever. what is my request number") == [Start(flow="request_status")]
