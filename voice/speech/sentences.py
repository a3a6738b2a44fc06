"""Cutting an answer into sentences, so that the first is heard while the next is made."""

from __future__ import annotations

import re

LONGEST = 200  # characters: about 13 s
SHORTEST = 12  # what is shorter is said together with what follows
_ENDS = re.compile(r"(?<=[.!?।…])[\"')\]]*\s+|\n+")
_SHORT_FORM = re.compile(r"(?i)\b(?:dr|mr|mrs|ms|st|no|vs|e\.g|i\.e|a\.m|p\.m|[a-z])\.$")
_PAUSES = re.compile(r"(?<=[,;:])\s+")


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, none empty, none longer than LONGEST."""
    parts: list[str] = []
    for line in text.splitlines():
        parts += _of_line(line)
    return [piece for part in parts for piece in _short_enough(part)]


def _of_line(line: str) -> list[str]:
    out: list[str] = []
    for piece in (piece.strip() for piece in _ENDS.split(line)):
        if not piece:
            continue
        if out and (_SHORT_FORM.search(out[-1]) or min(len(out[-1]), len(piece)) < SHORTEST):
            out[-1] = f"{out[-1]} {piece}"
        else:
            out.append(piece)
    return out


def _short_enough(text: str) -> list[str]:
    if len(text) <= LONGEST:
        return [text]
    out, rest = [], text
    while len(rest) > LONGEST:
        places = [match.start() for match in _PAUSES.finditer(rest, 0, LONGEST)] or [rest.rfind(" ", 1, LONGEST)]
        cut = places[-1] if places[-1] > 0 else LONGEST
        out.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [*out, rest] if rest else out
