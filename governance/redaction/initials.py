"""Initials with a family name: "V. Iyer", "Mr H S Gill"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.redaction.alike import LAY_TITLE
from governance.redaction.person import Words

_DOCTOR = re.compile(r"(?<!\w)(?:dr|doctor|prof|डॉ)\.?\s{0,2}$", re.IGNORECASE)
# What a letter may be of, that is no person's initial.
_LETTERED = re.compile(
    r"(?<!\w)(?:ward|block|wing|gate|room|floor|plan|group|vitamin|hepatitis|type|section|counter|tower|grade|class"
    r"|option|schedule|form|part|lane)\s{1,2}$",
    re.IGNORECASE,
)
_MOST = 3


def initials(words: Words) -> Iterator[tuple[int, int]]:
    """(the first initial, the family name) as numbers of words: up to three initials, with a full stop, several of
    them, or after a title; never a doctor's."""
    if 1 not in map(len, words.plain):
        return
    text = words.text
    at = 0
    while at < len(words.plain):
        first = at
        while at < len(words.plain) and at - first < _MOST and _is_initial(words, at) and _follows(words, at, first):
            at += 1
        if at == first:
            at += 1
            continue
        if at == len(words.plain) or not _is_family(words, at):
            continue
        start = words.spans[first][0]
        before = text[max(0, start - 12) : start]
        dotted = "." in text[words.spans[at - 1][1] : words.spans[at][0]]
        if _DOCTOR.search(before) or _LETTERED.search(before):
            continue
        if dotted or at - first > 1 or LAY_TITLE.search(before):
            yield first, at


def _is_initial(words: Words, place: int) -> bool:
    return len(words.plain[place]) == 1 and words.plain[place].isalpha() and words.shown(place).isupper()


def _follows(words: Words, place: int, first: int) -> bool:
    """Whether nothing but a full stop and a space parts a word from the one before."""
    return place == first or words.text[words.spans[place - 1][1] : words.spans[place][0]] in ("", ".", " ", ". ")


def _is_family(words: Words, place: int) -> bool:
    return len(words.plain[place]) > 2 and words.shown(place)[0].isupper() and _follows(words, place, place - 1)
