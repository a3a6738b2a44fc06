"""A wish for a woman or a man as doctor: kept where the record tells, and never let go in silence."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from agents.understanding.resolve.specialty_words import DOCTOR_SEX, sex_of
from agents.understanding.resolve.spelling import plain
from cli.chat import say
from tests.agents.talking import talk
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from wiring import demo


@pytest.mark.parametrize(
    ("words", "sex"),
    [
        ("female doctor only", "female"), ("महिला डॉक्टर चाहिए", "female"), ("no male doctors please", "female"),
        ("gents doctor nahi chahiye", "female"), ("lady doctor nahi hai kya", "female"),
        ("doctor should be a man", "male"), ("female dermatologist on friday", "female"),
        ("male or female doctor, doesn't matter", None), ("i'm a 45 year old male, doctor please", None),
    ],
)  # fmt: skip
def test_which_sex_the_words_ask_for(words: str, sex: str | None) -> None:
    found = DOCTOR_SEX.search(plain(words).text)
    assert (sex_of(found.group()) if found else None) == sex


async def test_a_woman_is_asked_for_after_the_list_was_shown(own_runtime: Runtime) -> None:
    *_, shown, women, one = await talk(own_runtime, "heart doctor tomorrow after 4 pm", "female doctor only", "1")
    assert "Robert Hayes" in shown or "Suresh Pillai" in shown
    assert women.count("Deepa Krishnan") == women.count("am,") + women.count("pm,")
    assert "Deepa Krishnan" in one and "Shall I book it?" in one


async def test_a_doctor_who_was_named_gives_way_and_the_wish_with_her_name(own_runtime: Runtime) -> None:
    *_, women, named = await talk(
        own_runtime, "dr robert hayes this week", "i would like a lady doctor instead", "no, dr suresh pillai then"
    )
    assert "Deepa Krishnan" in women and "Hayes" not in women
    assert "Suresh Pillai" in named


async def test_what_cannot_be_had_is_said_once(own_runtime: Runtime) -> None:
    *_, shown, later = await talk(own_runtime, "male doctor for my skin rash please, tomorrow", "another day")
    assert "no man doctor for Dermatology" in shown and "1. " in shown and "man doctor" not in later


async def test_what_is_not_on_record_is_said(own_runtime: Runtime) -> None:
    async with own_runtime.database.begin(demo.TENANT_ID) as session:
        await session.execute(text("UPDATE practitioner SET sex = NULL"))
    *_, shown = await talk(own_runtime, "lady doctor for my skin rash please, tomorrow")
    assert "not on my record" in shown and "1. " in shown


async def test_slots_practitioners_and_fhir_tell_it(own_runtime: Runtime) -> None:
    caller = system(demo.TENANT_ID, "test")

    async def items(tool: str, **wanted: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads((await own_runtime.call(tool, wanted, caller)).body)["items"]
        return found

    (deepa,) = await items("facility.list_practitioners", specialty="cardiology", sex="female")
    slots = await items("scheduling.find_slots", specialty="cardiology", practitioner_sex="female")
    assert {slot["practitioner_id"] for slot in slots} == {deepa["id"]}
    which = {"resource_type": "Practitioner", "resource_id": deepa["id"]}
    found = json.loads((await own_runtime.call("fhir.read_resource", which, caller)).body)
    assert found["gender"] == "female" and found["resourceType"] == "Practitioner"


async def test_a_man_who_wants_a_lady_doctor_wants_no_gynaecologist(own_runtime: Runtime) -> None:
    row = (await demo.facts(own_runtime.database, demo.TENANT_ID)).patients[21]
    assert row["sex"] == "male" if "sex" in row else True
    said = [
        str((await say(own_runtime, demo.TENANT_ID, row["phone"], words))["reply"])
        for words in ("book a lady doctor please", f"{row['birth_date']:%d %B %Y}", "heart doctor, tomorrow")
    ]
    assert "Gynaecology" not in said[1] and "Which doctor or specialty" in said[1]
    assert "Deepa Krishnan" in said[2] and "Hayes" not in said[2]
