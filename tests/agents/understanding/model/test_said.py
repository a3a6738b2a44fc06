"""Values are the patient's own words."""

from __future__ import annotations

import pytest

from agents.understanding.offer import as_said


@pytest.mark.parametrize(
    ("value", "text", "said"),
    [
        ("Next Tuesday", "next tuesday please", "Next Tuesday"),
        ("10:30 AM", "at 10.30am", "10:30 AM"),
        ("the 14th", "on the 14 th", "the 14th"),
        ("tuesday", "tusday pls", "tusday"),
        ("Dr Meena Nair", "with dr. Meera Nair", "dr Meera Nair"),
        ("tuesday afternoon", "tuesday, in the afternoon", "tuesday afternoon"),
        ("शाम", "कल शाम को", "शाम"),
        ("l'allergie", "j'ai l’allergie", "l'allergie"),
    ],
)
def test_found(value, text, said):
    assert as_said(value, text) == said


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("thursday", "next tuesday"),
        ("next thursday", "next tuesday"),
        ("10:30", "10:00"),
        ("the 15th", "the 14th"),
        ("10 am", "10 pm"),
        ("may 14", "mar 14"),
        ("cardiologist", "radiologist"),
        ("ant", "i want"),
        ("tomorrow", "कल"),
        ("afternoon tuesday", "tuesday in the afternoon"),
        ("rao friday", "rao saw me once in the spring of last year and now it is friday"),
        ("?!", "?!"),
        ("x", ""),
    ],
)
def test_invented(value, text):
    assert as_said(value, text) is None
