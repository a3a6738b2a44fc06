"""A wish that is taken back for another in the same message."""

from __future__ import annotations

import pytest

from agents.commands import Fill
from agents.understanding.meaning.reader import Meaning
from tests.agents.understanding.demo import commands, flows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i want to cancel.. actually no, shift it to monday", ["reschedule"]),
        ("move my visit with dr rao.. no wait, cancel it", ["cancel"]),
        ("where are you located? never mind, just book dr menon tomorrow", ["book"]),
        ("book dr rao on monday.. actually leave it, i want my reports on whatsapp", ["request"]),
        ("mujhe appointment cancel karni hai.. nahi nahi, bas date badal do monday ko", ["reschedule"]),
        ("delete my rao appointment. sorry, don't delete! move it, i want to come on the 4th", ["reschedule"]),
        # nothing is taken back
        ("book dr rao on friday. no, on monday", ["book"]),
        ("i have fever, no cough. want to see a doctor tomorrow", ["book"]),
        ("cancel my visit. sorry for the trouble, and also book me with dr hayes on friday", ["cancel", "book"]),
    ],
)  # fmt: skip
def test_a_wish_that_is_taken_back_for_another(text: str, expected: list[str], meaning: Meaning) -> None:
    assert flows(text, meaning) == expected


def test_what_was_told_before_second_thoughts_is_kept(meaning: Meaning) -> None:
    found = commands(
        "my knee hurts on the stairs. can someone phone me? actually skip the phone, book me on the 3rd", meaning
    )
    assert {one.slot for one in found if isinstance(one, Fill)} == {"complaint", "day"}
