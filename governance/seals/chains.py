"""Walking every session's chain beside its sealed heads. Sessions come a lot at a time, in order of their ids; each lot
is one ordered stream of rows from one statement, so that a session is seen as of one moment while others write."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection, Connection

from db.json import JsonObject
from governance.seals.report import Break

SESSION, ENTRY, END, ODD, LEAF = range(5)
_LOT = 300  # sessions: few enough that the server reads them by index and starts to send at once
_CHUNK = 500  # rows that the driver takes from the server at once, while the server goes on
# One row a session (its header as `governance.chain.genesis` hashes it), one an entry (what `content_digest` hashes),
# one a leaf; in order of session and entry. Each part is sorted by itself, so that the indexes can give the order.
# Entries are sought in every partition: one that lies under another month than its session's would not be found by
# those who read it.
_ROWS: LiteralString = """
    SELECT uuid_send(session_id), seq, tag, content, hash, head_seq, head_xid, ended_at, outcome, month FROM (
        (SELECT id AS session_id, 0 AS seq, 0 AS tag,
                convert_to(concat_ws('|', 'wardline', id, tenant_id, octet_length(agent) || ':' || agent,
                    octet_length(channel) || ':' || channel, octet_length(principal) || ':' || principal,
                    coalesce(patient_id::text, ''), coalesce(conversation_id::text, ''),
                    (extract(epoch FROM started_at) * 1000000)::bigint), 'UTF8') AS content,
                head_hash AS hash, head_seq, head_xid, ended_at, outcome,
                CASE WHEN month IN ('0001-01-01', date_trunc('month', started_at AT TIME ZONE 'UTC')::date)
                     THEN month - DATE '0001-01-01'
                     ELSE -1 END AS month
           FROM llm_session WHERE tenant_id = %(tenant)s AND {those} ORDER BY 1, 2)
        UNION ALL
        (SELECT session_id, seq, CASE WHEN kind = 'session_ended' THEN 2 WHEN strpos(kind, '|') > 0 THEN 3 ELSE 1 END,
                CASE WHEN sealed IS NULL THEN convert_to(seq || '|' || kind || '|0|' || body, 'UTF8')
                     ELSE convert_to(seq || '|' || kind || '|' || octet_length(sealed) || '|' || body, 'UTF8') || sealed
                END,
                hash, NULL, NULL, NULL, NULL, month - DATE '0001-01-01'
           FROM audit_entry WHERE tenant_id = %(tenant)s AND {of_those} ORDER BY 1, 2)
        UNION ALL
        (SELECT session_id, head_seq, 4, NULL, head_hash, NULL, NULL, NULL, NULL, NULL
           FROM seal_leaf WHERE tenant_id = %(tenant)s AND {of_those} ORDER BY 1, 2)
    ) rows ORDER BY session_id, seq
"""
_BETWEEN = _ROWS.format(
    those="id > %(after)s AND id <= %(to)s", of_those="session_id > %(after)s AND session_id <= %(to)s"
)
_NAMED = _ROWS.format(those="id = ANY(%(named)s)", of_those="session_id = ANY(%(named)s)")
_NEXT = "SELECT id FROM llm_session WHERE tenant_id = %s AND id > %s ORDER BY id OFFSET %s LIMIT 1"
_FIRST, _LAST = UUID(int=0), UUID(int=(1 << 128) - 1)

# session, entry, tag, content, hash; of a session's own row besides: head_seq, head_xid, ended_at, outcome; month in
# days
Row = tuple[bytes, int, int, bytes, bytes, int, int, datetime | None, str | None, int]


@dataclass(slots=True)
class Walk:
    """One session, walked."""

    id: UUID
    seq: int = 0  # the last entry, and its hash
    hash: bytes = b""
    head: Row | None = None
    end: tuple[datetime | None, str | None] = (None, None)
    sealed: int = 0  # the last leaf is of this entry, and says that it has this hash
    sealed_hash: bytes = b""
    held: int = 0  # the last leaf that was held against its entry
    broken: Break | None = None

    def verify(self, rows: Iterable[Row]) -> None:
        """The session's rows, in order. A leaf may come before or after the entry that it seals."""
        sha256 = hashlib.sha256
        placed = 0  # the session's month
        last, previous, leaf = 0, b"", 0  # `leaf`: entry of a leaf that is still to be held against it
        for row in rows:
            _, seq, tag, content, stored, _, _, _, _, month = row
            if tag == SESSION:
                self.head, placed = row, month
                previous = sha256(content).digest()
                continue
            if leaf and leaf < seq:
                self._settle(last, previous)
                leaf = 0
            if tag == LEAF:
                self.sealed, self.sealed_hash, leaf = seq, stored, seq
                continue
            last += 1
            if seq != last:
                missing = seq > last
                self._break(min(seq, last), "the entry is missing" if missing else "the entry is not the session's own")
                break
            previous = sha256(previous + sha256(content).digest()).digest()
            if previous != stored or tag == ODD:
                self._break(seq, "the entry does not match its hash")
                break
            if month != placed:
                self._break(seq, "the entry does not lie where its session's entries are")
                break
            if tag == END:
                self._ended(content)
        self.seq, self.hash = last, previous

    def finish(self, horizon: int, purged: Mapping[UUID, bytes]) -> Break | None:
        """The session's first break. A session that is gone was purged, where a certificate names its last hash."""
        if self.head is None:
            gone = self.seq == 0 and purged.get(self.id) == self.sealed_hash != b""
            return None if gone else Break("the session's row is missing", self.id, 1)
        if self.broken is not None:
            return self.broken
        _, _, _, _, head_hash, head_seq, xid, *end, _ = self.head
        if self.seq < max(head_seq, self.sealed):
            self._break(self.seq + 1, "the entry is missing")
        elif self.seq > head_seq:
            self._break(head_seq + 1, "the entry is not the session's own")
        self._settle(self.seq, self.hash)
        if self.hash != head_hash:
            self._break(self.seq, "the session's head does not match its last entry")
        if tuple(end) != self.end:
            self._break(self.seq, "the session's end is not the one on the record")
        if self.sealed < head_seq and xid < horizon:
            self._break(self.sealed + 1, "the entry was never sealed, though later ones of other sessions were")
        return self.broken

    def _settle(self, last: int, previous: bytes) -> None:
        """Hold the last leaf against the entry that it seals, which is the last one walked."""
        if self.held < self.sealed:
            if (last, previous) != (self.sealed, self.sealed_hash):
                self._break(self.held + 1, f"the entries up to {self.sealed} are not those that were sealed")
            self.held = self.sealed

    def _ended(self, content: bytes) -> None:
        _, _, length, rest = content.split(b"|", 3)
        try:
            end = json.loads(rest[: len(rest) - int(length)])
            self.end = (datetime.fromisoformat(end["at"]), end.get("outcome") or self.end[1])
        except (KeyError, TypeError, ValueError):
            self.end = (None, "unreadable")

    def _break(self, seq: int, reason: str) -> None:
        if self.broken is None:
            self.broken = Break(reason, self.id, seq)


async def walk(driver: AsyncConnection[Any], tenant_id: UUID, named: list[UUID] | None) -> AsyncIterator[Walk]:
    """Each session, walked; only those named, where they are. What has no session's row of its own comes too."""
    if named is not None:
        for begin in range(0, len(named), _LOT):
            parameters: JsonObject = {"tenant": tenant_id, "named": named[begin : begin + _LOT]}
            for walked in await _apart(driver, _NAMED, parameters):
                yield walked
        return
    after = _FIRST
    while after != _LAST:
        row = await (await driver.execute(_NEXT, (tenant_id, after, _LOT - 1))).fetchone()
        to = _LAST if row is None else row[0]
        for walked in await _apart(driver, _BETWEEN, {"tenant": tenant_id, "after": after, "to": to}):
            yield walked
        after = to


async def chain_breaks(driver: AsyncConnection[object], tenant_id: UUID) -> list[Break]:
    """The first break of each chain, seals aside."""
    found = [walked.finish(0, {}) async for walked in walk(driver, tenant_id, None)]
    return [broken for broken in found if broken is not None]


async def _apart(
    driver: AsyncConnection[object], statement: LiteralString, parameters: Mapping[str, object]
) -> list[Walk]:
    """Fetch and walk in a thread, on the caller's connection and with blocking reads: to wait for each packet through
    the event loop costs as much as all the rest."""
    async with driver.lock:
        borrowed = Connection[Row](driver.pgconn)
        try:
            return await asyncio.to_thread(_walk_lot, borrowed, statement, parameters)
        finally:
            del borrowed.pgconn  # the connection stays open, and its owner's


def _walk_lot(connection: Connection[Row], statement: LiteralString, parameters: Mapping[str, object]) -> list[Walk]:
    walks = []
    with connection.cursor(binary=True) as cursor:
        for session, rows in groupby(cursor.stream(statement, parameters, size=_CHUNK), itemgetter(0)):
            walks.append(Walk(UUID(bytes=session)))
            walks[-1].verify(rows)
    return walks
