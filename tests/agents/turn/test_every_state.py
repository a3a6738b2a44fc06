"""In every state that a conversation comes to: an emergency is answered with the number, STOP acts at once, and no
message goes without a word (but where a person is waited for, who was told of just now)."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from cli.chat import say
from tests.agents.turn.test_emergencies import BURN
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from wiring import demo

DOB = "{dob}"
NEW = "+917700001000"
# How each state is come to; {dob} is the birth date of the patient who writes.
STATES: dict[str, Sequence[str]] = {
    "nothing yet": (),
    "greeted": ("hello",),
    "who writes is asked": ("book an eye doctor",),
    "with whom is asked": ("i want an appointment", DOB),
    "the day is asked": ("book a dentist", DOB),
    "a list is shown": ("book a dentist tomorrow", DOB),
    "a booking is read back": ("book a dentist tomorrow", DOB, "1"),
    "a cancellation is read back": ("cancel my appointment", DOB),
    "the new day is asked": ("move my appointment", DOB),
    "for whom is asked": ("book a dentist for my cousin tomorrow", DOB),
    "anything else is asked": ("which appointments do i have", DOB),
    "a waitlist is read back": ("put me on the waitlist for cardiology", DOB),
    "what is requested is asked": ("i need a report",),
    "shall i stop is asked": ("i get so many texts from you, no more please",),
    "not understood": ("xyzzy plugh",),
    "another language": ("எனக்கு மருத்துவர் வேண்டும்",),
    "a person is waited for": ("i want to talk to a person",),
    "after an emergency": (BURN,),
    "a new one's name is asked": ("i am new here, need a dentist",),
}
ORDINARY = ("hmm", "what time are you open?", "ok", "123", "no", "मुझे डॉक्टर चाहिए", "😀", "my son has fever")


async def _come_to(runtime: Runtime, number: int, messages: Sequence[str]) -> str:
    """The telephone number of a patient who has a visit, in that state."""
    row = (await demo.facts(runtime.database, demo.TENANT_ID)).patients[20 + number * 2]
    if messages and messages[0].startswith("i am new"):
        phone = NEW
    else:
        phone = str(row["phone"])
        caller = system(demo.TENANT_ID, "test")
        wanted = {"specialty": "neurology", "date_from": "2026-11-26", "limit": 50}
        slots = json.loads((await runtime.call("scheduling.find_slots", wanted, caller)).body)["items"]
        booking = {"patient_id": str(row["id"]), "slot_id": slots[number]["id"]}
        await runtime.call("scheduling.book_appointment", booking, caller)
    for message in messages:
        await say(runtime, demo.TENANT_ID, phone, message.replace(DOB, f"{row['birth_date']:%d %B %Y}"))
    return phone


async def _reply(runtime: Runtime, phone: str, message: str) -> str | None:
    found: str | None = (await say(runtime, demo.TENANT_ID, phone, message))["reply"]
    return found


@pytest.mark.parametrize(("number", "state"), list(enumerate(STATES)), ids=list(STATES))
async def test_stop_an_emergency_and_a_word(own_runtime_of_module: Runtime, number: int, state: str) -> None:
    runtime = own_runtime_of_module
    phone = await _come_to(runtime, number, STATES[state])
    waiting = state in ("a person is waited for", "after an emergency", "another language")
    for message in ORDINARY[number % 3 :: 3]:
        reply = await _reply(runtime, phone, message)
        assert reply or waiting, message
    emergency = await _reply(runtime, phone, BURN)
    assert emergency is not None and "112" in emergency
    stopped = await _reply(runtime, phone, "STOP")
    assert stopped is not None and "no more messages" in stopped
    query = """SELECT count(*) FROM consent c JOIN patient p ON p.id = c.patient_id
                WHERE p.phone = :phone AND c.purpose = 'messages' AND c.withdrawn_at IS NULL"""
    async with runtime.database.begin(demo.TENANT_ID) as session:
        assert (await session.execute(text(query), {"phone": phone})).scalar_one() == 0
