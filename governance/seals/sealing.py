"""Making a seal: every session head that moved since the last one becomes a leaf, and the root over all is signed.

The copy outside is written first, then the database commits. Whoever is killed between the two leaves a seal outside
that the database does not know; the next sealing checks it and takes it up before it makes its own.

No lock is taken that writers wait for: heads are read, never locked. Which heads moved is told by `head_xid`, the
transaction that moved each: a seal remembers the oldest transaction that was running when it looked (`horizon`), and
the next one looks at every head that was moved by that transaction or a later one. So a transaction may commit as late
as it likes, and no clock is asked.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import direct
from governance.seals import log
from governance.seals.documents import Leaf, Seal, outside_copy, read_outside_copy, sign
from governance.seals.keys import SealKeys, TrustedKeys
from governance.seals.merkle import EMPTY, Frontier
from governance.seals.store import SealStore

MOST_LEAVES = 50_000  # of one seal; what is left over comes with the next
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('wardline seal ' || %s, 0))"
_HORIZON = """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""
_MOVED = """
      FROM llm_session s
      LEFT JOIN LATERAL (SELECT l.head_seq FROM seal_leaf l WHERE l.tenant_id = s.tenant_id AND l.session_id = s.id
                          ORDER BY l.head_seq DESC LIMIT 1) l ON true
     WHERE s.tenant_id = %s AND s.head_xid >= %s AND s.head_seq > coalesce(l.head_seq, 0)
"""
_HEADS = f"SELECT s.id, coalesce(l.head_seq, 0), s.head_seq, s.head_hash {_MOVED} ORDER BY s.id LIMIT %s"
_WAITING = (
    "SELECT coalesce(sum(head_seq - sealed), 0)::bigint"
    f" FROM (SELECT s.head_seq, coalesce(l.head_seq, 0) AS sealed {_MOVED} LIMIT %s) x"
)
_HELD = """
    SELECT count(*) FROM unnest(%s::uuid[], %s::int[], %s::bytea[]) AS x(session_id, seq, hash)
      JOIN llm_session s ON s.id = x.session_id
      JOIN audit_entry e ON (e.session_id, e.month, e.seq, e.hash) = (x.session_id, s.month, x.seq, x.hash)
     WHERE e.tenant_id = %s
"""


class SealRefused(Exception):
    """The log does not hold, so nothing may be sealed on top of it. The words say what was found."""


async def seal_tenant(
    session: AsyncSession,
    store: SealStore,
    keys: SealKeys,
    *,
    tenant_id: UUID,
    now: datetime,
    everything: bool = False,
    most: int = MOST_LEAVES,
) -> Seal | None:
    """Seal what moved, in the caller's transaction (READ COMMITTED); None where nothing did, or where another process
    is at it. `everything` looks at all sessions, which is needed once after a dump was restored into another server.
    Raises SealRefused."""
    locked = await (await direct(session, _LOCK, (str(tenant_id),))).fetchone()
    if locked is None or not locked[0]:
        return None
    last = await log.last_seal(session, tenant_id)
    tree = await _tree(session, tenant_id, last, keys)
    while (copy := await store.get(tenant_id, _number(last))) is not None:
        last = await _take_up(session, copy, last=last, tree=tree, tenant_id=tenant_id, keys=keys)
    oldest, newest = await _horizon(session)
    since = 0 if everything or last is None or last.horizon > newest else last.horizon
    heads = await (await direct(session, _HEADS, (tenant_id, since, most))).fetchall()
    if not heads:
        return None
    added = [Leaf(*head) for head in heads]
    completed = [b"".join(tree.append(leaf.hash())) for leaf in added]
    seal = Seal(
        tenant_id=tenant_id,
        number=_number(last),
        at=now if last is None else max(now, last.at),
        size=tree.size,
        root=tree.root(),
        previous=b"" if last is None else last.hash(),
        horizon=oldest if len(heads) < most else min(since, oldest),
        key=keys.signing,
    )
    seal = replace(seal, signature=sign(seal, keys))
    if not await store.put(tenant_id, seal.number, outside_copy(seal, added)):
        raise SealRefused(f"seal {seal.number} was written outside by another process")
    await log.append(session, seal, list(zip(added, completed, strict=True)))
    return seal


async def entries_waiting(session: AsyncSession, tenant_id: UUID, *, most: int) -> int:
    """About how many entries wait for a seal; looks at no more sessions than `most`."""
    last = await log.last_seal(session, tenant_id)
    row = await (await direct(session, _WAITING, (tenant_id, 0 if last is None else last.horizon, most))).fetchone()
    return 0 if row is None else int(row[0])


async def publish(session: AsyncSession, store: SealStore, trusted: TrustedKeys, *, tenant_id: UUID) -> list[int]:
    """Write the copies that are missing outside again from the database, as after the loss of a disk; their numbers.
    Raises SealRefused at a seal that no trusted key signed."""
    written, begin = [], 0
    async for seal in log.seals(session, tenant_id, after=0):
        if await store.get(tenant_id, seal.number) is None:
            if (fault := seal.fault(trusted)) is not None:
                raise SealRefused(f"seal {seal.number}: {fault}")
            leaves = [Leaf(*row[1:5]) async for row in log.leaves(session, tenant_id, begin, seal.size)]
            if await store.put(tenant_id, seal.number, outside_copy(seal, leaves)):
                written.append(seal.number)
        begin = seal.size
    return written


def _number(last: Seal | None) -> int:
    return 1 if last is None else last.number + 1


async def _horizon(session: AsyncSession) -> tuple[int, int]:
    """Oldest transaction that still runs, and the next one to begin."""
    row = await (await direct(session, _HORIZON)).fetchone()
    if row is None:
        raise SealRefused("the database does not say which transactions run")
    return int(row[0]), int(row[1])


async def _tree(session: AsyncSession, tenant_id: UUID, last: Seal | None, keys: SealKeys) -> Frontier:
    """The tree under the last seal, held against what that seal says."""
    if last is None:
        return Frontier()
    fault = last.fault(keys.trusted())
    if fault is not None:
        raise SealRefused(f"seal {last.number}: {fault}")
    try:
        tree = await log.frontier(session, tenant_id, last.size)
    except log.NodeMissing as missing:
        raise SealRefused(str(missing)) from None
    if tree.root() != last.root:
        raise SealRefused(f"the leaves do not give the root that seal {last.number} signs")
    return tree


async def _take_up(
    session: AsyncSession, copy: bytes, *, last: Seal | None, tree: Frontier, tenant_id: UUID, keys: SealKeys
) -> Seal:
    """Write a seal that is outside alone into the database, where it follows the last one and its leaves are there."""
    number = _number(last)
    try:
        seal, added = read_outside_copy(copy)
    except (KeyError, TypeError, ValueError):
        raise SealRefused(f"seal {number} outside is not one") from None
    completed = [b"".join(tree.append(leaf.hash())) for leaf in added]
    expected = (tenant_id, number, tree.size, tree.root() if tree.size else EMPTY, b"" if last is None else last.hash())
    if (seal.tenant_id, seal.number, seal.size, seal.root, seal.previous) != expected:
        raise SealRefused(f"seal {number} outside does not follow from the log in the database")
    fault = seal.fault(keys.trusted())
    if fault is not None:
        raise SealRefused(f"seal {number} outside: {fault}")
    named = (
        [moved.session_id for moved in added],
        [moved.head_seq for moved in added],
        [moved.head_hash for moved in added],
    )
    held = await (await direct(session, _HELD, (*named, tenant_id))).fetchone()
    if held is None or held[0] != len(added):
        raise SealRefused(f"seal {number} is outside, and entries that it seals are not in the database")
    await log.append(session, seal, list(zip(added, completed, strict=True)))
    return seal
