"""Writing on the record, inside the caller's transaction."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import direct

EntryKind = Literal[
    "session_started", "message_in", "model_answer", "understood", "tool_call", "policy_decision", "message_out", "state",
    "session_ended",
]  # fmt: skip

_APPEND = "SELECT record_append(%s, %s::jsonb, %s::text[], %s::text[], %s::jsonb)"


@dataclass(frozen=True, slots=True)
class Opening:
    """How a session is described when its first entry is written."""

    id: UUID
    agent: str
    channel: str
    principal: str
    started_at: datetime
    patient_id: UUID | None = None
    conversation_id: UUID | None = None


@dataclass(slots=True)
class Record:
    """The entries of one transaction; `flush` writes them with the chain's next hashes in one round trip."""

    opening: Opening
    entries: list[tuple[EntryKind, str]] = field(default_factory=list)

    def append(self, kind: EntryKind, body: dict[str, Any]) -> None:
        self.entries.append((kind, canonical(body)))

    async def flush(self, session: AsyncSession, events: list[dict[str, Any]]) -> None:
        """Write what was appended, and the events. Called once, last before the commit: the chain's row is locked
        until then."""
        if not self.entries and not events:
            return
        opening = dataclasses.asdict(self.opening)
        await direct(
            session,
            _APPEND,
            (
                opening.pop("id"),
                canonical(opening),
                [kind for kind, _ in self.entries],
                [body for _, body in self.entries],
                canonical(events),
            ),
        )
        self.entries.clear()


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, UTF-8 kept: the same value gives the same bytes."""
    dumped = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return dumped.replace("\\u0000", "\\ufffd")  # PostgreSQL text holds no NUL


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
