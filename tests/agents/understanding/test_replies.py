"""Replies to what was read back and to lists of times, beyond the rules' own words."""

from __future__ import annotations

import pytest

from agents.commands import Abandon, Choose, Command, Deny, More
from agents.understanding.builtin.replies import agrees, denies, picked
from agents.understanding.meaning.reader import Meaning

READ_BACK = (
    "Please check: appointment for Divya with Dr. Meera Nair, Thursday 26 November, 10:00 am, North Centre."
    " Shall I book it? (yes or no)"
)
TIMES = ("Thursday 26 November, 10:00 am, Dr. Meera Nair", "Friday 27 November, 11:30 am, Dr. Arun Rao")
DOCTORS = ("Dr. Meera Nair, General Medicine", "Dr. Arun Rao, Cardiology")


@pytest.mark.parametrize("text", ["yes", "why not", "हाँ जी, बुक कर दीजिए", "kyun nahi, book kar do"])
def test_an_explicit_yes(text: str, meaning: Meaning) -> None:
    assert agrees(text, READ_BACK, "book", meaning)


@pytest.mark.parametrize(
    "text",
    [
        "theek hai pehle mummy se pooch lu", "ठीक है, सोच कर बताता हूँ", "dopahar mein kar do", "online kar do",
        "स्टेशन के पास वाले अस्पताल में कर दो", "दोनों के लिए कर दीजिए, मेरा और पत्नी का",  # the rules alone took these
        "no yes", "yes, at 11 instead", "i was told it would get complicated, yes please", "yes with dr rao",
        "is it yes?", "great weather today", "yes but please don't book it",
    ],
)  # fmt: skip
def test_what_only_begins_like_a_yes_is_none(text: str, meaning: Meaning) -> None:
    assert not agrees(text, READ_BACK, "book", meaning)


def test_likeness_alone_makes_no_yes(meaning: Meaning) -> None:
    """However like a yes, it must say so."""
    assert not agrees("will be there 15 minutes early, thanks a lot", READ_BACK, "book", meaning)


def test_what_is_not_wanted_is_refused_whatever_the_words(meaning: Meaning) -> None:
    assert denies("nahi bhai, hamein nahi chahiye ab", "book", meaning)
    assert not denies("hold on, not without asking my wife", "book", meaning)
    assert not denies("maybe", "book", meaning)
    assert not denies("we don't want it. cancel.", "cancel", meaning)  # agrees to the cancellation by its name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("you only choose for me, all of them are convenient", Choose(value="first")),
        ("aap hi koi rakh do, mere liye sab ek jaisa hai", Choose(value="first")),
        ("none of these work for me sorry", Deny()),
        ("these are all too soon, something later in the week", More(direction="later")),
        ("drop the whole idea, i don't want to book", Abandon()), ("my dog ate my slippers", None),
    ],
)  # fmt: skip
def test_a_reply_to_a_list_of_times(text: str, expected: Command | None, meaning: Meaning) -> None:
    assert picked(text, TIMES, meaning) == expected
    assert picked(text, DOCTORS, meaning) is None
