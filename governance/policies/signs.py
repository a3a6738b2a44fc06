"""Wordings that an answer to a patient must not hold, and abuse. Patterns favour precision: each is a whole phrase."""

from __future__ import annotations

import re

from lexicon import beside

_WORDS = beside(__file__)

DIAGNOSIS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _WORDS.texts("diagnosis"))
DOSAGE = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _WORDS.texts("dosage"))
TOXIC = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _WORDS.texts("toxic"))
