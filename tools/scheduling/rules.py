"""What an installation sets of scheduling."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SlotRules:
    """`hold_minutes`: how long a slot is held for who is asked to confirm. `horizon_days`: how far ahead slots are
    made."""

    hold_minutes: int = 10
    horizon_days: int = 60
