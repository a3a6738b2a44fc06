"""Answers to our questions in other words than we would choose, and questions that are put again in other words."""

from __future__ import annotations

from itertools import pairwise

import pytest

from agents.understanding.resolve.births import read_birth_date
from agents.understanding.resolve.confirmation import is_plain_yes, is_yes_among_other_words
from cli.chat import say
from tools.runtime.runtime import Runtime
from wiring import demo

READ_BACK = (
    "Please check: I would cancel the appointment of Asha with Dr. Robert Hayes, Thursday 26 November, 5:00 pm. "
    "Shall I cancel it? (yes or no)"
)


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        ("yes stop them", "no more messages"), ("just stop it", "no more messages"),
        ("koi message nahi chahiye", "START"), ("no, keep them", "go on as before"),
        ("what reminders", "Shall I stop"), ("only the ads, but keep reminders", "Shall I stop"),
    ],
)  # fmt: skip
async def test_shall_i_stop_all_messages(own_runtime: Runtime, answer: str, reply: str) -> None:
    asked = (await say(own_runtime, demo.TENANT_ID, "+917700000001", "i keep getting your texts, no more please"))[
        "reply"
    ]
    assert "Shall I stop all messages" in asked
    assert reply in (await say(own_runtime, demo.TENANT_ID, "+917700000001", answer))["reply"]


async def test_a_question_is_never_put_twice_in_the_same_words_and_a_refused_move_may_be_a_cancellation(
    own_runtime: Runtime,
) -> None:
    row = (await demo.facts(own_runtime.database, demo.TENANT_ID)).patients[20]

    async def said(words: str) -> str:
        return str((await say(own_runtime, demo.TENANT_ID, row["phone"], words))["reply"])

    await said("book a dentist as soon as possible")
    await said(f"{row['birth_date']:%d %B %Y}")
    replies = [await said("1"), *[await said("hmm well you see") for _ in range(6)]]
    assert all(one != other for one, other in pairwise(replies))
    assert "Booked" in await said("yes")
    await said("move it to another day")
    await said("as soon as possible")
    await said("1")
    assert "Which day or time" in await said("no")
    await said("next week")
    await said("1")
    what = await said("no")
    assert "Cancel that one" in what and "Leave it as it is" in what
    assert "Shall I cancel it?" in await said("2")
    assert "Cancelled" in await said("yes, we won't be coming")


@pytest.mark.parametrize(
    "text",
    [
        "just cancel it", "we don't want it. cancel.", "yes please cancel. my sister is in hospital elsewhere",
        "get rid of it", "she won't be coming, so yes",
    ],
)  # fmt: skip
def test_a_yes_to_a_cancellation(text: str) -> None:
    assert is_plain_yes(text, "cancel") or is_yes_among_other_words(text, READ_BACK, "cancel")


@pytest.mark.parametrize(
    "text",
    [
        "don't cancel it", "cancel", "cancel the other one", "yes but not today", "who will cancel it", "keep it",
        "we won't be coming at 5, make it 6", "cancel it if she agrees", "not that one, cancel", "make it no",
    ],
)  # fmt: skip
def test_no_yes_to_a_cancellation(text: str) -> None:
    assert not is_plain_yes(text, "cancel") and not is_yes_among_other_words(text, READ_BACK, "cancel")


@pytest.mark.parametrize(
    ("words", "born"),
    [
        ("the 24th of may nineteen fifty eight", "1958-05-24"), ("13 th april two thousand and two", "2002-04-13"),
        ("5 march nineteen eighty", "1980-03-05"),
    ],
)  # fmt: skip
def test_years_in_words(words: str, born: str) -> None:
    assert read_birth_date(words, month_first=False)[0].isoformat() == born


@pytest.mark.parametrize(
    "text",
    [
        "good to know", "ok noted", "i am done with this", "y so late", "i will confirm", "great i hate waiting",
        "fine place",
        "i'll do it myself", "i will confirm with my office", "good morning", "ok i got your message", "make sure",
        "my english is good", "sahi kaha",
    ],
)  # fmt: skip
def test_a_pleasant_word_is_no_yes(text: str) -> None:
    assert not is_yes_among_other_words(text, READ_BACK.replace("cancel", "book"), "book")


async def test_for_whom_is_asked_again(own_runtime: Runtime) -> None:
    row = (await demo.facts(own_runtime.database, demo.TENANT_ID)).patients[20]

    async def said(words: str) -> str:
        return str((await say(own_runtime, demo.TENANT_ID, row["phone"], words))["reply"])

    await said("book for my cousin with a dentist")
    await said(f"{row['birth_date']:%d %B %Y}")
    for words in ("tomorrow morning", "friday then"):
        assert "For whom is it" in await said(words)


async def test_the_emergency_number_stands_first_for_one_who_waits(own_runtime: Runtime) -> None:
    replies = [
        (await say(own_runtime, demo.TENANT_ID, "+917700000003", words))["reply"]
        for words in ("my father has chest pain and his arm is numb, sweating", "hello", "hello", "hello")
    ]
    assert all(reply.startswith(("This could be", "If it is an emergency")) for reply in replies if reply)


@pytest.mark.parametrize(
    ("opening", "asks_whom"),
    [
        ("cancel my cousin's appointment please", True), ("cancel the visit booked for my cousin", True),
        ("cancel my appointment, my cousin is coming that day", False),
    ],
)  # fmt: skip
async def test_anothers_visit_is_not_taken_for_ones_own(own_runtime: Runtime, opening: str, asks_whom: bool) -> None:
    """The relative is named before the birth date is asked for, and is not forgotten by it."""
    row = (await demo.facts(own_runtime.database, demo.TENANT_ID)).patients[20]
    await say(own_runtime, demo.TENANT_ID, row["phone"], opening)
    reply = (await say(own_runtime, demo.TENANT_ID, row["phone"], f"{row['birth_date']:%d %B %Y}"))["reply"]
    assert ("among those you may book for" in str(reply)) is asks_whom
