"""Writing on the record, inside the caller's transaction."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

EntryKind = Literal[
    "session_started", "message_in", "model_answer", "understood", "tool_call", "policy_decision", "message_out", "state",
    "session_ended",
]  # fmt: skip

_APPEND = text(
    "SELECT record_append(:session, CAST(:opening AS jsonb), CAST(:kinds AS text[]), CAST(:bodies AS text[]))"
)


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

    async def flush(self, session: AsyncSession) -> None:
        """Write what was appended. Called once, last before the commit: the chain's row is locked until then."""
        if not self.entries:
            return
        opening = self.opening
        await session.execute(
            _APPEND,
            {
                "session": opening.id,
                "opening": canonical(
                    {
                        "agent": opening.agent,
                        "channel": opening.channel,
                        "principal": opening.principal,
                        "patient_id": opening.patient_id,
                        "conversation_id": opening.conversation_id,
                        "started_at": opening.started_at,
                    }
                ),
                "kinds": [kind for kind, _ in self.entries],
                "bodies": [body for _, body in self.entries],
            },
        )
        self.entries.clear()


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, UTF-8 kept: the same value gives the same bytes."""
    dumped = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return dumped.replace("\\u0000", "\\ufffd")  # PostgreSQL text holds no NUL


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
