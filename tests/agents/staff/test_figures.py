"""Every figure of an answer must come from somewhere."""

from __future__ import annotations

import pytest

from agents.staff.figures import figures_in, unheld


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("12 visits on 3 days", {"12", "3"}),
        ("Rs 1,250,000.50 and 12,50,000", {"1250000.5", "1250000"}),
        ("10, 20,30", {"10", "20", "30"}),
        ("at 09:05", {"9", "5"}),
        ("twenty-five or twenty five, and twelve", {"25", "12"}),
        ("no one waits", set()),
        ("half of a dozen", {"half", "dozen"}),
        ("१२ मरीज़", {"12"}),
        ("0192f1c0-0000-7000-8000-000000000001 is booked", set()),
        ("B12, MRN-000123", {"12", "123"}),
        ("40.0 and 100", {"40", "100"}),
    ],
)
def test_found(text: str, figures: set[str]) -> None:
    assert figures_in(text) == figures


def test_held_by_what_was_found() -> None:
    grounds = ["how many in 2026?", '{"count": 3, "items": [{"starts_at": "2026-11-27T03:30:00Z"}]}']
    assert not unheld("Three, the first on 27 November 2026.", grounds)
    assert unheld("Four of 3, about 33 percent.", grounds) == {"4", "33"}
    assert not unheld("None that I can see.", [])
