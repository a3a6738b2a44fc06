"""Several things in one message: two visits, two wishes in two sentences, a wish among much that is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.commands import Ask, Fill, HandOver, Start
from agents.understanding.builtin.understand import read
from agents.understanding.meaning.reader import Meaning
from agents.understanding.utterance import Known, Utterance
from tests.agents.understanding.demo import MONDAY, NAMES, commands, flows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cancel rao. skin doctor thursday", ["cancel", "book"]),
        ("i won't need the visit with dr hegde any more, drop that one, and give me an eye check on saturday",
         ["cancel", "book"]),
        ("tooth check and also an appointment for my eyes", ["book", "book"]),
        ("two appointments: knee pain, and hair fall", ["book", "book"]),
        ("My tablets are over. Kindly arrange a repeat of the prescription. And give me a date with the heart doctor",
         ["request", "book"]),
        ("hi i need a lady doctor for my skin, and can you also cancel dr hayes on thursday", ["book", "cancel"]),
        ("Need two appointments on thursday: Dr Hayes at 10 am and Dr Hegde at 5 in the evening", ["book", "book"]),
        ("I'm taking leave on Thursday: teeth cleaning with Dr Pooja Hegde at 10 am, then eye test with Dr Grace "
         "Mathew at 4.30 pm. Please book both", ["book", "book"]),
        ("dont want dr hayes any more, cancel. and a skin doctor next tuesday", ["cancel", "book"]),
        ("drop both", ["cancel"]), ("Please clear every booking that stands in my name", ["cancel"]),
        # one wish, whatever is told beside it
        ("eye drops are over, i need an eye doctor on friday", ["request", "book"]),
        ("skin doctor please, mornings only, subah 10 se pehle nahi aa sakti", ["book"]),
        ("i need stitches removed, dr shetty did the operation", ["book"]),
        ("fever and headache since two days, need a doctor", ["book"]),
        ("female gynecologist", ["book"]),
        ("which department for stomach pain since a week", ["book"]),
        ("Good evening. My mother in law says your hospital is very clean. My son's ear hurts since two days, can "
         "somebody see him tomorrow?", ["book"]),
        ("please cancel my thursday visit with dr rao. no wait, don't cancel, move it to next friday", ["reschedule"]),
    ],
)  # fmt: skip
def test_which_wishes_a_message_has(text: str, expected: list[str], meaning: Meaning) -> None:
    assert flows(text, meaning) == expected


@pytest.mark.parametrize(
    "text",
    ["moving my hayes visit from the 28th, the 8th is good", "dr agarwal: shift from saturday, now next friday",
     "changing my booking with dr hayes, the 8th suits me"],
)  # fmt: skip
def test_from_one_day_to_another(text: str, meaning: Meaning) -> None:
    found = commands(text, meaning)
    assert found[0] == Start(flow="reschedule")
    assert any(isinstance(one, Fill) and one.slot == "day" and one.value in ("the 8th", "next friday") for one in found)


def test_all_done_is_no_cancellation(meaning: Meaning) -> None:
    text = "all done! off to water the plants"
    said = Utterance(text=text, now=MONDAY, directory=NAMES, awaiting="anything_else")
    assert not any(isinstance(one, Start) for one in read(said, meaning))


def test_what_is_told_is_no_wish(meaning: Meaning) -> None:
    """A tale with words of other wishes in it; what is asked for stands in one sentence."""
    text = (
        "Good evening. My brother shifted to Mysuru and the movers lost two boxes, what a month it was. "
        "My sister had changed three doctors there. Could you give me an appointment with a dentist on Friday?"
    )
    assert flows(text, meaning) == ["book"]
    moved = (
        "We had fixed everything for Thursday but then the school called a meeting, you know how they are. "
        "Can you put my visit with Dr. Shetty on Saturday instead?"
    )
    assert flows(moved, meaning) == ["reschedule"]


def test_each_visit_has_its_own_words(meaning: Meaning) -> None:
    found = commands("cancel dr rao please, and book an eye doctor for friday", meaning)
    booked = found[found.index(Start(flow="book")) :]
    assert {one.slot for one in booked if isinstance(one, Fill)} >= {"specialty", "day"}
    assert not any(isinstance(one, Fill) and "rao" in one.value for one in booked)


def test_a_person_who_is_asked_for_goes_first(meaning: Meaning) -> None:
    found = commands("connect me to a human please. cancel dr rao and book a dentist", meaning)
    assert any(isinstance(one, HandOver) for one in found) and not any(isinstance(one, Start) for one in found)


def test_one_day_for_both(meaning: Meaning) -> None:
    days = [one.value for one in commands("skin for me and eye check for me both on saturday", meaning)
            if isinstance(one, Fill) and one.slot == "day"]  # fmt: skip
    assert days == ["saturday", "saturday"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "?",
        "....",
        "and and and",
        "😀",
        "and cancel dr rao, " * 400,
        "book dr rao. no wait, " * 45,
        ", " * 3000,
    ],
)
def test_odd_messages_are_read_without_failing(text: str, meaning: Meaning) -> None:
    assert isinstance(commands(text, meaning), list)


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("mom back pain, friday?", True), ("daughter 4 rash on tummy appt", True),
        ("my son's ear is hurting since yesterday, doctor please", True),
        ("can my father be seen by the heart doctor tomorrow", True),
        ("my small boy has a fever, can we bring him", True),
        ("my daughter, her name is Meera, has a rash", True),
        ("my colleague sees a dr hayes with you, i want the heart doctor for my bp", False),
        ("my mother says i must see a dentist, tooth pain", False),
    ],
)  # fmt: skip
def test_whose_trouble_it_is(text: str, whom: bool, meaning: Meaning) -> None:
    assert any(isinstance(one, Fill) and one.slot == "for_whom" for one in commands(text, meaning)) is whom


def test_a_relatives_name_is_no_doctor(meaning: Meaning) -> None:
    found = commands("my daughter, her name is Meera, has a rash", meaning)
    assert not any(isinstance(one, Fill) and one.slot == "practitioner" for one in found)


def test_a_wish_alone_is_no_complaint(meaning: Meaning) -> None:
    for text in ("i want an appointment", "kindly give me an appointment", "need a doctor"):
        assert not any(isinstance(one, Fill) for one in commands(text, meaning))


def values(text: str, meaning: Meaning, awaiting: str | None = None) -> dict[str, str]:
    flow = "book" if awaiting else None
    said = Utterance(text=text, now=MONDAY, directory=NAMES, flow=flow, awaiting=awaiting)  # type: ignore[arg-type]
    return {one.slot: one.value for one in read(said, meaning) if isinstance(one, Fill)}


def test_days_and_times_among_other_words(meaning: Meaning) -> None:
    assert values("Dr Robert Hayes parso saade paanch baje", meaning)["time"] == "saade paanch baje"
    assert values("only from 6 onwards please", meaning, "choice") == {"time": "from 6"}
    assert values("my back hurts since the weekend, ortho doctor asap", meaning)["day"] == "asap"
    assert values("I want Dr Pooja Hegde on Thursday 11.30", meaning)["day"] == "Thursday"
    assert values("the day doesn't matter", meaning, "day")["day"] == "the day doesn't matter"
    assert "practitioner_sex" in values("hoping to see a GI doc, has to be a woman please", meaning)
    assert "day" not in values("Dr Sarah Thompson on 31st November, 11 am", meaning)


def test_a_trouble_beside_a_doctor_is_one_visit(meaning: Meaning) -> None:
    assert flows("Had 2 operations on this knee and 3 injections. I want Dr Vikram Shetty only", meaning) == ["book"]


def test_a_yes_is_no_complaint(meaning: Meaning) -> None:
    assert values("haan ji", meaning, "complaint") == values("ok", meaning, "specialty") == {}


def test_a_place_named_beside_a_wish_is_no_question(meaning: Meaning) -> None:
    text = "I wish to consult a heart specialist. Kindly at Lakeside Clinic only as I stay nearby, it is easier"
    places = replace(NAMES, locations=(Known("lake", "Lakeside Clinic"), Known("main", "Main Campus")))
    found = read(Utterance(text=text, now=MONDAY, directory=places), meaning)
    assert Fill(slot="location", value="Lakeside Clinic") in found
    assert not any(isinstance(one, Ask) for one in found)
