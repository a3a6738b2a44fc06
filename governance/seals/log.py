"""A tenant's log as the database holds it: seals, leaves, and the tree's nodes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import direct
from db.json import JsonArray
from governance.seals.documents import Leaf, Seal
from governance.seals.merkle import Frontier, Node, fold, last_leaf, path_of, peaks_of

LEAVES_AT_ONCE = 5000
_SEAL = "SELECT tenant_id, number, at, size, root, previous, horizon, key, signature FROM seal WHERE tenant_id = %s"
_NODES = "SELECT position, nodes FROM seal_leaf WHERE tenant_id = %s AND position = ANY(%s::bigint[])"
_LEAVES = """
    SELECT position, session_id, after_seq, head_seq, head_hash, nodes FROM seal_leaf
     WHERE tenant_id = %s AND position >= %s AND position < %s ORDER BY position LIMIT %s
"""
_INSERT_SEAL = """
    INSERT INTO seal (tenant_id, number, at, size, root, previous, horizon, key, signature)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_INSERT_LEAVES = """
    INSERT INTO seal_leaf (tenant_id, position, session_id, after_seq, head_seq, head_hash, nodes)
    SELECT %s, * FROM unnest(%s::bigint[], %s::uuid[], %s::int[], %s::int[], %s::bytea[], %s::bytea[])
"""

LeafRow = tuple[int, UUID, int, int, bytes, bytes]  # position, session, after_seq, head_seq, head_hash, nodes


class NodeMissing(Exception):
    """The tree has a hole: a leaf's row is gone, or does not hold the nodes that it completes."""


async def last_seal(session: AsyncSession, tenant_id: UUID) -> Seal | None:
    row = await (await direct(session, _SEAL + " ORDER BY number DESC LIMIT 1", (tenant_id,))).fetchone()
    return None if row is None else _seal(row)


async def seal_of_leaf(session: AsyncSession, tenant_id: UUID, position: int) -> Seal | None:
    """The first seal whose tree holds a leaf."""
    query = _SEAL + " AND size > %s ORDER BY number LIMIT 1"
    row = await (await direct(session, query, (tenant_id, position))).fetchone()
    return None if row is None else _seal(row)


async def seals(session: AsyncSession, tenant_id: UUID, *, after: int) -> AsyncIterator[Seal]:
    """Seals with higher numbers, in order; a thousand at a time."""
    query = _SEAL + " AND number > %s ORDER BY number LIMIT 1000"
    while rows := await (await direct(session, query, (tenant_id, after))).fetchall():
        for row in rows:
            yield _seal(row)
        after = rows[-1][1]


async def leaves(session: AsyncSession, tenant_id: UUID, begin: int, end: int) -> AsyncIterator[LeafRow]:
    """The leaves that there are from `begin` up to, but not with, `end`, in order."""
    while begin < end:
        rows = await (await direct(session, _LEAVES, (tenant_id, begin, end, LEAVES_AT_ONCE))).fetchall()
        if not rows:
            return
        for row in rows:
            yield row
        begin = rows[-1][0] + 1


async def nodes(session: AsyncSession, tenant_id: UUID, wanted: Iterable[Node]) -> dict[Node, bytes]:
    """Nodes of the tree, each from the leaf that completes it. Raises NodeMissing."""
    wanted = list(wanted)
    rows = await (await direct(session, _NODES, (tenant_id, [last_leaf(node) for node in wanted]))).fetchall()
    held: dict[int, bytes] = dict(rows)
    found = {node: held.get(last_leaf(node), b"")[32 * node[0] : 32 * node[0] + 32] for node in wanted}
    for (level, index), value in found.items():
        if len(value) != 32:
            raise NodeMissing(f"node {level}/{index} of the tree is missing")
    return found


async def frontier(session: AsyncSession, tenant_id: UUID, size: int) -> Frontier:
    """The tree of the first `size` leaves, ready to be appended to. Raises NodeMissing."""
    wanted = peaks_of(0, size)
    found = await nodes(session, tenant_id, wanted)
    return Frontier(size, [found[node] for node in wanted])


async def path(session: AsyncSession, tenant_id: UUID, position: int, size: int) -> list[bytes]:
    """A leaf's inclusion path in the tree of the first `size` leaves. Raises NodeMissing."""
    steps = path_of(position, size)
    found = await nodes(session, tenant_id, [node for step in steps for node in step])
    return [fold([found[node] for node in step]) for step in steps]


async def append(session: AsyncSession, seal: Seal, added: Sequence[tuple[Leaf, bytes]]) -> None:
    """Write a seal and its new leaves with the nodes that they complete."""
    first = seal.size - len(added)
    await direct(
        session,
        _INSERT_SEAL,
        (
            seal.tenant_id,
            seal.number,
            seal.at,
            seal.size,
            seal.root,
            seal.previous,
            seal.horizon,
            seal.key,
            seal.signature,
        ),
    )
    columns: list[JsonArray] = [
        list(range(first, seal.size)),
        [leaf.session_id for leaf, _ in added],
        [leaf.after_seq for leaf, _ in added],
        [leaf.head_seq for leaf, _ in added],
        [leaf.head_hash for leaf, _ in added],
        [completed for _, completed in added],
    ]
    await direct(session, _INSERT_LEAVES, (seal.tenant_id, *columns))


def _seal(row: tuple[Any, ...]) -> Seal:
    return Seal(*row)
