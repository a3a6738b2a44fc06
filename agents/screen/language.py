"""Which language a first message is in."""

from __future__ import annotations

import re
from typing import Literal

_DEVANAGARI = re.compile(r"[\u0900-\u097F]")
_LATIN = re.compile(r"[A-Za-z]")


def detect_language(text: str) -> Literal["en", "hi"] | None:
    """Hindi where most letters are Devanagari, English where there are words in Latin letters only; None: unsure.

    Hindi in Latin letters is answered in English, which its writers read too, until they ask for Hindi.
    """
    hindi, latin = len(_DEVANAGARI.findall(text)), len(_LATIN.findall(text))
    if hindi > latin:
        return "hi"
    return "en" if latin >= 3 and not hindi else None
