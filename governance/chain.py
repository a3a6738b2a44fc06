"""Checking the chain: every entry's hash follows from the one before it, and the session's head from the last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from governance.seals.report import Break

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Row = tuple[int, str, str, bytes | None, bytes]  # seq, kind, body, sealed, hash


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
    texts = (f"{len(text.encode())}:{text}" for text in (head.agent, head.channel, head.principal))
    parts = ("wardline", head.id, head.tenant_id, *texts, head.patient_id or "", head.conversation_id or "", micros)
    return hashlib.sha256("|".join(map(str, parts)).encode()).digest()


def content_digest(seq: int, kind: str, body: str, sealed: bytes | None) -> bytes:
    """SHA-256 of what one entry says: "seq|kind|length of sealed|body", then the sealed bytes."""
    if sealed is None:
        return hashlib.sha256(f"{seq}|{kind}|0|{body}".encode()).digest()
    return hashlib.sha256(f"{seq}|{kind}|{len(sealed)}|{body}".encode() + sealed).digest()


def link(previous: bytes, content: bytes) -> bytes:
    """An entry's hash, from the one before it and its own content."""
    return hashlib.sha256(previous + content).digest()


class Chain:
    """Checks one session's entries, given in order, some at a time."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._previous, self._expected = genesis(head), 0
        self._ended: tuple[datetime | None, str | None] = (None, None)

    def verify(self, entries: Iterable[Row]) -> Break | None:
        """The first entry that does not follow from the one before it."""
        head, sha256 = self._head, hashlib.sha256
        previous, expected = self._previous, self._expected
        for seq, kind, body, sealed, stored in entries:
            expected += 1
            if seq != expected:
                return Break("the entry is missing", head.id, expected)
            if sealed is None:  # `content_digest` and `link`, written out: this is the loop that takes the time
                content = sha256(f"{seq}|{kind}|0|{body}".encode()).digest()
            else:
                content = sha256(f"{seq}|{kind}|{len(sealed)}|{body}".encode() + sealed).digest()
            previous = sha256(previous + content).digest()
            if previous != stored or "|" in kind:
                return Break("the entry does not match its hash", head.id, seq)
            if kind == "session_ended":
                end = json.loads(body)
                self._ended = (datetime.fromisoformat(end["at"]), end.get("outcome") or self._ended[1])
        self._previous, self._expected = previous, expected
        return None

    def end(self) -> Break | None:
        """Whether the session's head is what its entries come to."""
        head, expected = self._head, self._expected
        if expected < head.head_seq:
            return Break("the entry is missing", head.id, expected + 1)
        if expected > head.head_seq:
            return Break("the entry is not the session's own", head.id, head.head_seq + 1)
        if self._previous != head.head_hash:
            return Break("the session's head does not match its last entry", head.id, expected)
        if self._ended != (head.ended_at, head.outcome):
            return Break("the session's end is not the one on the record", head.id, expected)
        return None


def first_break(head: Head, entries: Iterable[Row]) -> Break | None:
    """Check one session's entries, given in order."""
    chain = Chain(head)
    return chain.verify(entries) or chain.end()
