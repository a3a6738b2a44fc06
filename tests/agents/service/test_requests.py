"""Service requests: which kind the words are, what is no request, and whose state is told."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from agents.commands import HandOver, Start
from agents.service.kinds import KINDS, kind_of
from agents.understanding.builtin.understand import read
from agents.understanding.utterance import Utterance
from cli.chat import say
from tools.runtime.runtime import Runtime
from tools.tickets.requests import PRIORITY, Category
from wiring import demo

NOW = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo(demo.ZONE))
SAID = {
    "bill": (
        "i was charged twice for the x-ray", "where is my refund", "the invoice amount is incorrect",
        "mera bill galat hai", "why was i charged for a test i never had", "i have a complaint about my bill",
        "paise do baar kat gaye", "i have a question about my bill", "i am not happy with my hospital bill",
    ),
    "care": (
        "the receptionist was very rude", "i want to make a complaint", "doctor misbehaved with my wife",
        "waited 3 hours and nobody came", "mujhe shikayat karni hai", "the washroom was filthy",
        "i have a complaint about my last appointment", "they gave him the wrong injection",
    ),
    "refill": (
        "thyroid medicine finished", "i ran out of my bp tablets", "need a refill of metformin",
        "meri dawai khatam ho gayi hai", "can you renew my prescription", "my insulin is about to finish",
        "sugar ki dawa khatam", "running low on my bp pills", "मेरी दवाई खत्म हो गई",
    ),
    "report": (
        "send me my report", "where is my report", "is my blood report ready", "meri report kab milegi",
        "i haven't received my mri report yet", "report chahiye", "please whatsapp me the lab results",
    ),
    "bill_copy": ("please send me a copy of my bill", "i need the invoice for my claim", "bill ki copy chahiye"),
    "certificate": ("i need a fitness certificate", "medical certificate chahiye", "sick note for work please"),
    "records": ("i want a copy of my medical records", "send my discharge summary"),
    "call_back": ("please call me back", "can someone call me tomorrow", "mujhe call karo", "call me"),
    "insurance": ("my cashless approval is pending", "has my insurance claim been approved", "pre-auth form status"),
    "help_at_visit": ("i need a wheelchair for tomorrow", "can somebody escort my mother from the gate"),
    "lost_property": ("i lost my phone in the opd", "mera chashma wahan chhoot gaya", "i left my umbrella there"),
    "other": ("please correct the spelling of my name in your records",),
}  # fmt: skip
NO_REQUESTS = (
    "is the bill payable by card", "how much is the consultation fee", "do you take star health insurance",
    "book a dentist for friday", "i want to see a doctor about my thyroid", "can i pay by upi", "what are your timings",
    "cancel my appointment", "i have fever since yesterday", "which documents should i bring", "yes", "2",
    "what medicine should i take for fever", "can i take crocin with milk", "need to show my report to dr nair",
    "i got my blood report, need a doctor", "where is the billing desk", "do you give medical certificates",
    "my knee hurts", "mujhe doctor ko dikhana hai", "move my appointment to monday", "is parking free",
    "i am free after 4", "need an appointment with the ent", "what should i do if i lost my appetite",
)  # fmt: skip


def commands(words: str) -> list[object]:
    return list(read(Utterance(text=words, now=NOW)))


@pytest.mark.parametrize(("kind", "words"), [(kind, one) for kind, said in SAID.items() for one in said])
def test_a_request_is_of_its_kind(kind: str, words: str) -> None:
    assert Start(flow="request") in commands(words)
    assert kind_of(words) == kind


@pytest.mark.parametrize("words", NO_REQUESTS)
def test_what_is_no_request(words: str) -> None:
    assert not {Start(flow="request"), Start(flow="request_status")} & set(commands(words))


def test_a_person_is_still_asked_for() -> None:
    assert commands("i want to talk to a person") == [HandOver()]


@pytest.mark.parametrize(
    "words", ["what about my complaint", "any update on request 1234", "status of my refill", "status of 48213",
              "meri shikayat ka kya hua", "has anyone looked at my complaint",
              "did you get my complaint from yesterday?"],
)  # fmt: skip
def test_a_question_for_the_state(words: str) -> None:
    assert Start(flow="request_status") in commands(words)


def test_the_kinds_are_the_tickets_categories() -> None:
    assert set(KINDS) == set(get_args(Category)) == set(PRIORITY)


async def test_another_number_hears_nothing(own_runtime: Runtime) -> None:
    """A request's number alone tells nothing: it is told only to the telephone that made it."""
    await say(own_runtime, demo.TENANT_ID, "+919999900041", "my bill is wrong, i paid twice")
    async with own_runtime.database.begin(demo.TENANT_ID) as session:
        number = (await session.execute(text("SELECT number FROM ticket"))).scalar_one()
    theirs = (await say(own_runtime, demo.TENANT_ID, "+919999900042", f"any update on request {number}"))["reply"]
    assert "no request" in str(theirs) and "bill" not in str(theirs)
    own = (await say(own_runtime, demo.TENANT_ID, "+919999900041", f"any update on request {number}"))["reply"]
    assert f"Request {number} (your question about a bill)" in str(own)
