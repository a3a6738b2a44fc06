"""Why messages are sent. A purpose is declared where it is meant; the approved template for it has its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ConsentTo = Literal["messages", "outreach"]


@dataclass(frozen=True, slots=True)
class Purpose:
    """`consent`: without which it is not sent. `awaited`: somebody waits for it, so it goes before all others. `sent`:
    a communication may have it (the rest are of conversations only)."""

    name: str
    meaning: str
    consent: ConsentTo = "messages"
    awaited: bool = False
    sent: bool = True


_PURPOSES: dict[str, Purpose] = {}


def purpose(
    name: str, meaning: str, *, consent: ConsentTo = "messages", awaited: bool = False, sent: bool = True
) -> str:
    """Declare a purpose; its name."""
    _PURPOSES[name] = Purpose(name, meaning, consent, awaited, sent)
    return name


def purpose_of(name: str) -> Purpose | None:
    return _PURPOSES.get(name)


def is_awaited(name: str | None) -> bool:
    """Whether somebody waits for a message of this purpose."""
    found = _PURPOSES.get(name or "")
    return found is not None and found.awaited


def purposes_of_communications() -> list[str]:
    return sorted(one.name for one in _PURPOSES.values() if one.sent)


REPLY = purpose("reply", "The assistant's answer", awaited=True, sent=False)
PERSON = purpose("person", "What a person of the staff writes", awaited=True, sent=False)
INFORMATION = purpose("information", "What the hospital has to tell")
OUTREACH = purpose("outreach", "What the hospital offers without being asked", consent="outreach")
