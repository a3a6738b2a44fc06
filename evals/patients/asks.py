"""What an answer of the assistant asks for, as a patient reads it: by its words, never by the assistant's state."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from lexicon import beside

_WORDS = beside(__file__)
_PATTERNS = tuple((kind, re.compile(found, re.IGNORECASE)) for kind, found in _WORDS.table("asks").items())
_OPTION = re.compile(r"^(\d)\. (.+)$", re.MULTILINE)
NOT_UNDERSTOOD = _WORDS.pattern("not_understood", re.IGNORECASE)
TO_PERSON = _WORDS.pattern("to_person", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """`kind`: of the question put last; None where nothing is asked. `options`: what is numbered."""

    kind: str | None
    options: tuple[str, ...]
    text: str


def asked(reply: str) -> Asked:
    found = [(match.start(), kind) for kind, pattern in _PATTERNS if (match := _last(pattern, reply)) is not None]
    options = tuple(match[2] for match in _OPTION.finditer(reply))
    kind = max(found)[1] if found else None
    if options and kind not in ("confirm", "emergency_no"):
        kind = "which_visit" if any(one == "which_visit" for _, one in found) else "choose"
    return Asked(kind, options, reply)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return next(iter(deque(pattern.finditer(text), maxlen=1)), None)
