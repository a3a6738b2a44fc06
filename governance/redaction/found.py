"""What a rule finds, and how findings that overlap are settled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """Personal data at `text[start:end]`; `score` in 0..1 says how sure the rule is."""

    start: int
    end: int
    entity: str
    score: float


def settle(found: Iterable[Found], text: str) -> list[Found]:
    """Findings that do not overlap, in the order of the text.

    The surest goes first, the longer of two that are equally sure; what is left of a weaker one beside it is kept, so
    that a long name is never half shown because a part of it was found more surely.
    """
    settled: list[Found] = []
    for one in sorted(found, key=lambda f: (-f.score, f.start - f.end, f.start)):
        pieces = [(one.start, one.end)]
        for other in settled:
            pieces = [
                piece
                for start, end in pieces
                for piece in (
                    ((start, min(end, other.start)), (max(start, other.end), end))
                    if start < other.end and other.start < end
                    else ((start, end),)
                )
                if piece[0] < piece[1]
            ]
        for start, end in pieces:
            start, end = _trim(text, start, end)
            if start < end:
                settled.append(Found(start, end, one.entity, one.score))
    return _joined(sorted(settled, key=lambda f: f.start), text)


def _joined(found: list[Found], text: str) -> list[Found]:
    """Neighbours of one type with nothing but a blank between them as one ("Ravi" and "Kumar")."""
    whole: list[Found] = []
    for one in found:
        last = whole[-1] if whole else None
        if last is not None and last.entity == one.entity and text[last.end : one.start] in (" ", ""):
            whole[-1] = Found(last.start, one.end, one.entity, max(last.score, one.score))
        else:
            whole.append(one)
    return whole


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Without what is neither letter nor digit at its ends; a bracket or plus sign before a number stays."""
    while start < end and not (text[start].isalnum() or text[start] in "+("):
        start += 1
    while start < end and not (text[end - 1].isalnum() or text[end - 1] in ")/" or ord(text[end - 1]) > 0x2FF):
        end -= 1
    return (start, end) if any(char.isalnum() for char in text[start:end]) else (start, start)
