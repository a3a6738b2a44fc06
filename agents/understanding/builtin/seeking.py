"""Phrases by which patients ask to be seen without naming a visit, read on plain text."""

from __future__ import annotations

import re

from lexicon import beside

_WORDS = beside(__file__)

_WANT = _WORDS.part("want")

# A wish to be seen, when a doctor or a complaint follows in the same sentence.
SEEK = _WORDS.pattern("seek")
DOCTOR = re.compile(r"(?<!\w)(?:doctors?|dr|specialists?|providers?|practi[ct]i?oners?|clinics?|surgeons?)(?!\w)")
# "Is Dr Rao free on Friday?"
FREE = _WORDS.pattern("free")
SEEKING_COMPLAINT = _WORDS.pattern("seeking_complaint")
