"""Checking the chain: every entry's hash follows from the one before it, and the session's head from the last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import driver_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BATCH = 2000
_HEADS = """
    SELECT id, tenant_id, agent, channel, principal, patient_id, conversation_id, started_at, ended_at, outcome,
           head_seq, head_hash
      FROM llm_session ORDER BY id
"""
_ENTRIES = "SELECT session_id, seq, kind, body, sealed, hash FROM audit_entry ORDER BY session_id, seq"

Row = tuple[int, str, str, bytes | None, bytes]  # seq, kind, body, sealed, hash


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where a session's chain does not hold."""

    session_id: UUID
    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class Head:
    """A session's row, as the chain covers it."""

    id: UUID
    tenant_id: UUID
    agent: str
    channel: str
    principal: str
    patient_id: UUID | None
    conversation_id: UUID | None
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    head_seq: int
    head_hash: bytes


def genesis(head: Head) -> bytes:
    """The hash that a session's first entry follows; it covers what the session was opened with."""
    micros = (head.started_at - _EPOCH) // timedelta(microseconds=1)
    parts = (
        "wardline", head.id, head.tenant_id, head.agent, head.channel, head.principal, head.patient_id or "",
        head.conversation_id or "", micros,
    )  # fmt: skip
    return hashlib.sha256("|".join(map(str, parts)).encode()).digest()


def content_digest(seq: int, kind: str, body: str, sealed: bytes | None) -> bytes:
    """SHA-256 of what one entry says: "seq|kind|length of sealed|body", then the sealed bytes."""
    if sealed is None:
        return hashlib.sha256(f"{seq}|{kind}|0|{body}".encode()).digest()
    return hashlib.sha256(f"{seq}|{kind}|{len(sealed)}|{body}".encode() + sealed).digest()


def link(previous: bytes, content: bytes) -> bytes:
    """An entry's hash, from the one before it and its own content."""
    return hashlib.sha256(previous + content).digest()


def first_break(head: Head, entries: Iterable[Row]) -> Break | None:
    """Check one session's entries, given in order."""
    previous, expected = genesis(head), 0
    ended: tuple[datetime | None, str | None] = (None, None)
    sha256 = hashlib.sha256
    for seq, kind, body, sealed, stored in entries:
        expected += 1
        if seq != expected:
            return Break(head.id, expected, "the entry is missing")
        if sealed is None:  # `content_digest` and `link`, written out: this is the loop that takes the time
            content = sha256(f"{seq}|{kind}|0|{body}".encode()).digest()
        else:
            content = sha256(f"{seq}|{kind}|{len(sealed)}|{body}".encode() + sealed).digest()
        previous = sha256(previous + content).digest()
        if previous != stored:
            return Break(head.id, seq, "the entry does not match its hash")
        if kind == "session_ended":
            end = json.loads(body)
            ended = (datetime.fromisoformat(end["at"]), end.get("outcome") or ended[1])
    if expected < head.head_seq:
        return Break(head.id, expected + 1, "the entry is missing")
    if expected > head.head_seq:
        return Break(head.id, head.head_seq + 1, "the entry is not the session's own")
    if previous != head.head_hash:
        return Break(head.id, expected, "the session's head does not match its last entry")
    if ended != (head.ended_at, head.outcome):
        return Break(head.id, expected, "the session's end is not the one on the record")
    return None


@dataclass(slots=True)
class Verified:
    """What a verification has seen."""

    sessions: int = 0
    entries: int = 0


async def verify(session: AsyncSession, *, seen: Verified | None = None) -> AsyncIterator[Break]:
    """Check all sessions that the transaction may see; yields each session's first break."""
    seen = seen if seen is not None else Verified()
    driver = await driver_of(session)
    heads = {head.id: head async for head in read_heads(driver)}
    async for session_id, rows in _sessions(driver):
        head = heads.pop(session_id, None)
        seen.sessions += 1
        seen.entries += len(rows)
        broken = Break(session_id, 1, "the session's row is missing") if head is None else first_break(head, rows)
        if broken is not None:
            yield broken
    for head in heads.values():
        seen.sessions += 1
        broken = first_break(head, ())
        if broken is not None:
            yield broken


async def read_heads(driver: AsyncConnection[Any]) -> AsyncIterator[Head]:
    """The sessions' rows, in order of their ids."""
    async with driver.cursor(binary=True) as cursor:
        await cursor.execute(_HEADS)
        for row in await cursor.fetchall():
            yield Head(*row)


async def _sessions(driver: AsyncConnection[Any]) -> AsyncIterator[tuple[UUID, list[Row]]]:
    """Each session's entries in order, without holding more than one session and one batch in memory."""
    current: UUID | None = None
    rows: list[Row] = []
    async with driver.cursor(name="verify", binary=True) as cursor:
        await cursor.execute(_ENTRIES)
        while batch := await cursor.fetchmany(_BATCH):
            for session_id, *row in batch:
                if session_id != current:
                    if current is not None:
                        yield current, rows
                    current, rows = session_id, []
                rows.append(row)
    if current is not None:
        yield current, rows
