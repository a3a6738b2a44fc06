"""What a verification found, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

MOST_BREAKS = 1000


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the record does not hold: an entry of a session, a seal, or a line of a file."""

    reason: str
    session_id: UUID | None = None
    seq: int | None = None
    seal: int | None = None
    line: int | None = None

    def __str__(self) -> str:
        places = (
            None if self.line is None else f"line {self.line}",
            None if self.session_id is None else f"session {self.session_id}",
            None if self.seq is None else f"entry {self.seq}",
            None if self.seal is None else f"seal {self.seal}",
        )
        return f"{', '.join(place for place in places if place) or 'record'}: {self.reason}"


@dataclass(slots=True)
class Report:
    """Counts of what was looked at, and the breaks: entries first, in order, then seals. No more than 1,000 are
    named."""

    sessions: int = 0
    entries: int = 0
    seals: int = 0
    leaves: int = 0
    unsealed: int = 0  # entries that wait for the next seal
    purged: int = 0  # sessions that retention removed, with a certificate
    since: datetime | None = None  # only what moved since then was looked at
    breaks: list[Break] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not self.breaks

    def add(self, breaks: Iterable[Break]) -> None:
        self.breaks.extend(breaks)
        del self.breaks[MOST_BREAKS:]
