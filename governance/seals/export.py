"""A signed export of what was sealed in a period, as JSON Lines.

Lines of an export: a header; the seal before the period with the tree's peaks under it; then each seal of the period,
and after it each of its leaves with the entries that the leaf seals; last the signature over all lines before it. What
time an entry belongs to is when it was sealed, which is signed. An entry and all others of its seal are there, so a
reader sees that nothing was left out; nothing is held in memory but a few leaves.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import direct, driver_of
from db.json import JsonObject
from governance.record import canonical
from governance.seals import log
from governance.seals.checking import purged_sessions, seal_before
from governance.seals.documents import Leaf, Seal
from governance.seals.keys import SealKeys
from governance.seals.session_headers import read_session_headers

VERSION = 1
PURPOSE = b"wardline export 1\n"
_LEAVES_AT_ONCE = 200
_ROWS_AT_ONCE = 500
_LEAVES: LiteralString = """
    SELECT l.position, l.session_id, l.after_seq, l.head_seq, l.head_hash, p.hash
      FROM seal_leaf l
      LEFT JOIN llm_session s ON s.id = l.session_id
      LEFT JOIN audit_entry p ON p.session_id = l.session_id AND p.month = s.month AND p.seq = l.after_seq
                             AND p.tenant_id = l.tenant_id
     WHERE l.tenant_id = %s AND l.position >= %s AND l.position < %s ORDER BY l.position LIMIT %s
"""
_ENTRIES: LiteralString = """
    SELECT l.position, e.seq, e.kind, e.body, e.sealed, e.hash
      FROM seal_leaf l
      JOIN llm_session s ON s.id = l.session_id
      JOIN audit_entry e ON e.session_id = l.session_id AND e.month = s.month AND e.seq > l.after_seq
                        AND e.seq <= l.head_seq AND e.tenant_id = l.tenant_id
     WHERE l.tenant_id = %s AND l.position = ANY(%s::bigint[]) ORDER BY l.position, e.seq
"""


async def export(
    session: AsyncSession,
    keys: SealKeys,
    *,
    tenant_id: UUID,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
) -> AsyncIterator[str]:
    """The lines, each with its newline. Only what is sealed is in it: seal before, to have all up to now."""
    running = hashlib.sha256()
    count = 0

    def line(value: JsonObject) -> str:
        nonlocal count
        text = canonical(value) + "\n"
        running.update(text.encode())
        count += 1
        return text

    period = {"since": _time(since), "until": _time(until)}
    yield line({"export": VERSION, "tenant_id": str(tenant_id), **period, "made_at": _time(now)})
    before = await seal_before(session, tenant_id, since)
    size = 0 if before is None else before.size
    tree = await log.frontier(session, tenant_id, size)
    yield line(
        {"before": None if before is None else before.json(), "peaks": [peak.hex() for peak in tree.peaks]},
    )
    async for seal in log.seals(session, tenant_id, after=0 if before is None else before.number):
        if until is not None and seal.at >= until:
            break
        yield line({"seal": seal.json()})
        async for value in _sealed_by(session, seal, size):
            yield line(value)
        size = seal.size
    signed = {"lines": count, "sha256": running.hexdigest(), "key": keys.signing}
    signature = keys.sign(PURPOSE + canonical(signed).encode())
    yield canonical({**signed, "signature": base64.b64encode(signature).decode()}) + "\n"


async def _sealed_by(session: AsyncSession, seal: Seal, begin: int) -> AsyncIterator[JsonObject]:
    """A seal's leaves, each followed by its entries."""
    purged: dict[UUID, bytes] | None = None
    while begin < seal.size:
        parameters = (seal.tenant_id, begin, seal.size, _LEAVES_AT_ONCE)
        rows = await (await direct(session, _LEAVES, parameters)).fetchall()
        if not rows:
            return
        headers = await read_session_headers(session, seal.tenant_id, [row[1] for row in rows if row[2] == 0])
        if purged is None and any(_gone(row, headers) for row in rows):
            purged = await purged_sessions(session, seal.tenant_id)
        entries = _entries(await driver_of(session), seal.tenant_id, [row[0] for row in rows])
        following = await anext(entries, None)
        for position, *leaf, hash_before in rows:
            shown: JsonObject = {"position": position, "leaf": Leaf(*leaf).json()}
            if _gone((position, *leaf, hash_before), headers):
                shown["purged"] = leaf[0] in (purged or {})
            elif leaf[1] == 0:
                shown["opening"] = headers[leaf[0]]
            else:
                shown["after_hash"] = hash_before.hex()
            yield shown
            while following is not None and following[0] == position:
                yield {"entry": entry_json(*following[1:])}
                following = await anext(entries, None)
        begin = rows[-1][0] + 1


async def _entries(
    driver: AsyncConnection[Any], tenant_id: UUID, positions: list[int]
) -> AsyncIterator[tuple[Any, ...]]:
    async with driver.cursor(name="export", binary=True) as cursor:
        await cursor.execute(_ENTRIES, (tenant_id, positions))
        while batch := await cursor.fetchmany(_ROWS_AT_ONCE):
            for row in batch:
                yield row


def _gone(row: tuple[Any, ...], headers: dict[UUID, Any]) -> bool:
    """Is what a leaf follows no longer there?"""
    return row[1] not in headers if row[2] == 0 else row[5] is None


def entry_json(seq: int, kind: str, body: str, sealed: bytes | None, entry_hash: bytes) -> JsonObject:
    encoded = None if sealed is None else base64.b64encode(sealed).decode()
    return {"seq": seq, "kind": kind, "body": body, "sealed": encoded, "hash": entry_hash.hex()}


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat()
