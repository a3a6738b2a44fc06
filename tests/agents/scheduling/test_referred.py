"""What "with her", "the same day", "at the same time", "there" refer to: what was spoken of last."""

from __future__ import annotations

import json
from datetime import date

import pytest

from cli.chat import say
from tests.agents.talking import talk
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from wiring import demo

PATIENT = 20


async def _visit(runtime: Runtime, *, doctor: str, patient: int = PATIENT) -> str:
    """The patient gets a visit at that doctor's first time from 26 November on; its day."""
    staff = system(demo.TENANT_ID, "test")
    facts = await demo.facts(runtime.database, demo.TENANT_ID)
    who = next(str(row["id"]) for row in facts.doctors if doctor in row["name"])
    page = await runtime.call(
        "scheduling.find_slots", {"practitioner_id": who, "date_from": "2026-11-26", "limit": 1}, staff
    )
    slot = json.loads(page.body)["items"][0]
    args = {"patient_id": str(facts.patients[patient]["id"]), "slot_id": slot["id"]}
    await runtime.call("scheduling.book_appointment", args, staff)
    day = date.fromisoformat(slot["local_date"])
    return f"{day:%A} {day.day} {day:%B}"


@pytest.mark.parametrize(
    "words",
    [
        "i'm coming for dr nair anyway, can i see a skin doctor the same day",
        "i am coming on thursday to dr meera nair. please give me the skin doctor on the same day",
        "i have dr meera nair already, i need a skin specialist on the same date",
        "skin doctor chahiye usi din jis din mera dr nair ke saath hai",
        "dermatologist please, same day as my visit with dr nair",
    ],
)
async def test_the_same_day_as_a_visit_that_there_is(words: str, own_runtime: Runtime) -> None:
    day = await _visit(own_runtime, doctor="Meera Nair")
    *_, shown = await talk(own_runtime, f"in english please. {words}", patient=PATIENT)
    assert shown.count(day) >= 2 and "already has" not in shown


async def test_before_the_visit_of_the_same_day(own_runtime: Runtime) -> None:
    day = await _visit(own_runtime, doctor="Suresh Pillai")  # from 2 pm on
    *_, shown = await talk(
        own_runtime, "i see dr pillai, can i get a dentist the same day before that", patient=PATIENT
    )
    assert day in shown and "am, Dr." in shown and "3:00 pm" not in shown


async def test_the_day_of_what_was_just_booked(own_runtime: Runtime) -> None:
    *_, read_back, booked, shown = await talk(
        own_runtime, "dr meera nair on 26 november at 10 am", "10 am", "yes", "and a skin doctor the same day"
    )
    assert "Thursday 26 November, 10:00 am" in read_back + booked
    assert shown.count("Thursday 26 November") >= 2


async def test_the_same_time_as_what_could_not_be_had(own_runtime: Runtime) -> None:
    *_, read_back = await talk(own_runtime, "dr meera nair yesterday at 10:30 am", "thursday then, same time")
    assert "Thursday 26 November, 10:30 am" in read_back


async def test_who_among_them_and_then_with_her(own_runtime: Runtime) -> None:
    phone = "+919876500011"
    first, second = [
        (await say(own_runtime, demo.TENANT_ID, phone, words))["reply"]
        for words in ("which heart doctors do you have?", "who among them sits at lakeside?")
    ]
    assert str(first).count("Dr.") == 3
    assert "Suresh Pillai" in str(second) and str(second).count("Dr.") == 1


async def test_a_day_that_is_let_go_is_looked_for_no_more(own_runtime: Runtime) -> None:
    *_, shown = await talk(
        own_runtime, "sunday ko skin doctor chahiye, sunday hi", "accha sunday chhodo, koi bhi din chalega, jaldi"
    )
    assert "23 नवंबर" in shown


async def test_hours_are_narrowed_and_not_picked_of_the_few_shown(own_runtime: Runtime) -> None:
    *_, narrowed = await talk(own_runtime, "heart doctor at lakeside on saturday", "not so early please. 4.30 or later")
    assert "4:30 pm" in narrowed and "4:00 pm" not in narrowed


async def test_a_time_elsewhere_where_the_city_stands_beside_the_question(own_runtime: Runtime) -> None:
    await _visit(own_runtime, doctor="Meera Nair")
    *_, there = await talk(
        own_runtime, "when is my visit?", "is it as per india time? i am in dubai now", patient=PATIENT
    )
    assert "In Dubai time" in there


@pytest.mark.parametrize(
    ("words", "read_back"),
    [
        ("dr meera nair visit: my knee is fine now, i feel silly coming, give my place to somebody else", "cancel"),
        ("my visit to dr meera nair clashes with the school play, what about the next monday", "move"),
    ],
)
async def test_the_visit_that_there_is_is_meant(words: str, read_back: str, own_runtime: Runtime) -> None:
    await _visit(own_runtime, doctor="Meera Nair")
    *_, asked = await talk(own_runtime, words, patient=PATIENT)
    assert f"I would {read_back} the appointment" in asked or (read_back == "move" and "1. " in asked)


async def test_a_cancellation_beside_it_is_of_another_visit(own_runtime: Runtime) -> None:
    await _visit(own_runtime, doctor="Meera Nair")
    await _visit(own_runtime, doctor="Suresh Pillai")
    *_, asked = await talk(
        own_runtime, "book dr meera nair on monday, and please cancel my visit with dr suresh pillai", patient=PATIENT
    )
    assert "I would cancel" not in asked or "Suresh Pillai" in asked


async def test_another_visit_with_the_same_doctor_is_asked_about(own_runtime: Runtime) -> None:
    await _visit(own_runtime, doctor="Meera Nair")
    *_, asked = await talk(own_runtime, "i want to see dr meera nair on monday", patient=PATIENT)
    assert "already has an appointment" in asked


async def test_which_of_them_is_a_lady(own_runtime: Runtime) -> None:
    phone = "+919876500012"
    *_, lady = [
        (await say(own_runtime, demo.TENANT_ID, phone, words))["reply"]
        for words in ("which psychiatrists do you have", "which one is a lady doctor?")
    ]
    assert "Psychiatry" in str(lady) and str(lady).count("Dr.") == 1


async def test_a_day_with_any_time_is_that_day(own_runtime: Runtime) -> None:
    *_, shown = await talk(own_runtime, "dermatologist on sunday morning", "oh ok. then tomorrow, anytime")
    assert "24 November" in shown and "23 November" not in shown


async def test_a_childs_visit_is_cancelled_by_its_name_and_no_other(own_runtime: Runtime) -> None:
    mother, omkar = 148, 149
    await _visit(own_runtime, doctor="Nisha Agarwal", patient=mother)
    await _visit(own_runtime, doctor="Kavita Rao", patient=omkar)
    *_, asked = await talk(own_runtime, "please cancel Omkar's appointment on Thursday, he is fine", patient=mother)
    assert "appointment of Omkar" in asked and "Kavita Rao" in asked and "Nisha" not in asked
