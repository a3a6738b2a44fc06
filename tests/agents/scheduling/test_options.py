"""Picking one of what was shown."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agents.scheduling.options import pick
from agents.turn.conversation_state import Option

ZONE = ZoneInfo("Asia/Kolkata")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE)
SHOWN = [
    Option(id=str(place), label=f"{at}, Dr. {doctor}, Main Campus", at=datetime.fromisoformat(at).replace(tzinfo=ZONE))
    for place, (at, doctor) in enumerate(
        [("2026-12-03T09:00", "Meera Nair"), ("2026-12-04T10:00", "Meera Nair"), ("2026-12-04T16:30", "Imran Sheikh")],
        1,
    )
]


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("2", "2"), ("the second one", "2"), ("the 2nd", "2"), ("one", "1"), ("option one", "1"), ("last one", "3"),
        ("thursday", "1"), ("thursday one", "1"), ("the 4:30 one", "3"), ("friday at 10", "2"), ("10", "2"),
        ("dr sheikh", "3"), ("4:30 pm", "3"), ("9 am", "1"), ("earliest", "1"),
    ],
)  # fmt: skip
def test_one_is_meant(words: str, place: str) -> None:
    found = pick(words, SHOWN, NOW, month_first=False)
    assert found is not None and found.id == place


@pytest.mark.parametrize("words", ["friday", "monday", "7", "dr nair", "", "45", "the other"])
def test_none_or_several_are(words: str) -> None:
    assert pick(words, SHOWN, NOW, month_first=False) is None
