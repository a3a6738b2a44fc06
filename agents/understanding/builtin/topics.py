"""Questions beside the flow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from agents.commands import Topic
from lexicon import beside

_WORDS = beside(__file__)

_DRUG = _WORDS.part("drug")
TOPICS = tuple((cast(Topic, topic), pattern) for topic, pattern in _WORDS.table("topics").items())
TOPIC_PATTERNS = tuple((topic, re.compile(rf"(?<!\w)(?:{pattern})")) for topic, pattern in TOPICS)
_QUESTION = _WORDS.pattern("question")
_BREAK = _WORDS.pattern("break")


def asked(text: str, names: Sequence[tuple[int, int]] = ()) -> list[tuple[Topic, int, int]]:
    """(topic, start, end) of each question found; each topic once, the longer clause around it as its span.

    `names`: spans that are names of the hospital's doctors, and so are no word of a question.
    """
    found: list[tuple[Topic, int, int]] = []
    for topic, pattern in TOPIC_PATTERNS:
        match = next((match for match in pattern.finditer(text) if not _cuts_name(match, names)), None)
        if match is None or any(
            start_of_other < match.end() and match.start() < end_of_other for _, start_of_other, end_of_other in found
        ):
            continue
        found.append((topic, match.start(), match.end()))
    return sorted(found, key=lambda item: item[1])


def _cuts_name(match: re.Match[str], names: Sequence[tuple[int, int]]) -> bool:
    """Whether a match is part of a name, or begins or ends within one: "emi" is no word of "Emily"."""
    return any(
        start <= match.start() < end or start < match.end() < end or (start <= match.start() and match.end() <= end)
        for start, end in names
    )


def clause(text: str, start: int, end: int) -> tuple[int, int]:
    """The clause around a span."""
    left = max((match.end() for match in _BREAK.finditer(text) if match.end() <= start), default=0)
    right = next((match.start() for match in _BREAK.finditer(text) if match.start() >= end), len(text))
    return left, max(right, end)


def is_question(text: str) -> bool:
    """Whether a message asks something."""
    return bool(_QUESTION.search(text.strip()))
