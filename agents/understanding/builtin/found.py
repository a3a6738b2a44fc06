"""What the rules find in a message: spans of its plain text with a meaning."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.commands import Command, SlotName, Start

Placed = tuple[int, int, Command]  # place in the text, rank at that place, command

# Between two clauses.
BOUNDARY = re.compile(r"[.!?;,+\n]+ ?|(?<!\w)(?:and|then|also|aur|phir|plus|but)(?!\w) ?")
ABOUT_VISITS = ("cancel", "reschedule", "list")
OF_A_VISIT = tuple(Start(flow=flow) for flow in ABOUT_VISITS)


@dataclass(frozen=True, slots=True)
class Piece:
    """A slot's value, at `start` to `end` of the plain text; `sure` is False where a weaker rule found it."""

    slot: SlotName
    start: int
    end: int
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Intent:
    """A command that a phrase gives, at `start` to `end` of the plain text."""

    command: Command
    start: int
    end: int


def overlaps(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    """Whether a span shares a place with any of the others."""
    return any(start_of_other < end and start < end_of_other for start_of_other, end_of_other in spans)
