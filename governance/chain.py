"""Checking the chain: every entry's hash follows from the one before it, and the session's head from the last."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from governance.tables import AuditEntry, LLMSession


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where a session's chain does not hold."""

    session_id: UUID
    seq: int
    reason: str


def genesis(session_id: UUID) -> bytes:
    """The hash that a session's first entry follows."""
    return hashlib.sha256(f"wardline:{session_id}".encode()).digest()


def first_break(
    session_id: UUID, head_seq: int, head_hash: bytes, entries: Iterable[tuple[int, str, str, bytes]]
) -> Break | None:
    """Check one session's entries, given in order as (seq, kind, body, hash)."""
    previous, expected = genesis(session_id), 0
    for seq, kind, body, stored in entries:
        expected += 1
        if seq != expected:
            return Break(session_id, expected, "the entry is missing")
        previous = hashlib.sha256(previous + f"{seq}|{kind}|{body}".encode()).digest()
        if previous != stored:
            return Break(session_id, seq, "the entry does not match its hash")
    if expected < head_seq:
        return Break(session_id, expected + 1, "the entry is missing")
    if expected > head_seq:
        return Break(session_id, head_seq + 1, "the entry is not the session's own")
    if previous != head_hash:
        return Break(session_id, expected, "the session's head does not match its last entry")
    return None


@dataclass(slots=True)
class Verified:
    """What a verification has seen."""

    sessions: int = 0
    entries: int = 0


async def verify(session: AsyncSession, *, seen: Verified | None = None) -> AsyncIterator[Break]:
    """Check all sessions of the transaction's tenant; yields each session's first break."""
    seen = seen if seen is not None else Verified()
    heads = (await session.execute(select(LLMSession.id, LLMSession.head_seq, LLMSession.head_hash))).all()
    columns = (AuditEntry.seq, AuditEntry.kind, AuditEntry.body, AuditEntry.hash)
    for session_id, head_seq, head_hash in heads:
        query = select(*columns).where(AuditEntry.session_id == session_id).order_by(AuditEntry.seq)
        rows = [tuple(row) for row in await session.execute(query)]
        seen.sessions += 1
        seen.entries += len(rows)
        broken = first_break(session_id, head_seq, head_hash, rows)  # type: ignore[arg-type]
        if broken is not None:
            yield broken
