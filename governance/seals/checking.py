"""Is the record whole? Chains, sealed heads, the tree, the seals' signatures and chain, and the copies outside."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import direct, driver_of
from governance.seals import chains, log
from governance.seals.documents import Leaf, Seal, outside_copy
from governance.seals.keys import TrustedKeys
from governance.seals.merkle import Frontier
from governance.seals.report import Break, Report
from governance.seals.store import SealStore

Progress = Callable[[int, int], None]  # entries walked, entries in all
_COPIES_AT_ONCE = 16
_BEFORE = "SELECT max(number) FROM seal WHERE tenant_id = %s AND at < %s"
_MOVED = """
    SELECT session_id FROM seal_leaf WHERE tenant_id = %s AND position >= %s
    UNION SELECT id FROM llm_session WHERE tenant_id = %s AND head_xid >= %s
"""
_SIZE = "SELECT count(*), coalesce(sum(head_seq), 0)::bigint FROM llm_session WHERE tenant_id = %s"
_UNSEALED_LEAF = """
    SELECT min(position) FROM seal_leaf
     WHERE tenant_id = %s AND position >= (SELECT coalesce(max(size), 0) FROM seal WHERE tenant_id = %s)
"""
_PURGED = "SELECT body FROM audit_entry WHERE tenant_id = %s AND kind = 'session_purged'"
_WAIT = "SELECT pg_advisory_lock(hashtextextended('wardline seal ' || %s, 0))"
_GO_ON = "SELECT pg_advisory_unlock(hashtextextended('wardline seal ' || %s, 0))"


async def check_tenant(
    session: AsyncSession,
    store: SealStore,
    trusted: TrustedKeys,
    *,
    tenant_id: UUID,
    since: datetime | None = None,
    purged: Mapping[UUID, bytes] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check a tenant's record in the caller's transaction (READ COMMITTED), while others write. `since`: only seals
    made since then, and sessions that moved since. `purged`: last head hash of each session that retention removed;
    read from the record's own certificates (entries of kind session_purged) where not given."""
    report = Report(since=since)
    try:
        await _check(
            session, store, trusted=trusted, report=report, tenant_id=tenant_id, purged=purged, progress=progress
        )
    except (psycopg.Error, DBAPIError) as error:
        cause = getattr(error, "orig", error)
        if not isinstance(cause, (psycopg.DataError, psycopg.NotSupportedError)):
            raise
        report.add([Break(f"a value cannot be read, and nothing after it was looked at: {cause}")])
    return report


async def _check(
    session: AsyncSession,
    store: SealStore,
    *,
    trusted: TrustedKeys,
    report: Report,
    tenant_id: UUID,
    purged: Mapping[UUID, bytes] | None,
    progress: Progress | None,
) -> None:
    before = await seal_before(session, tenant_id, report.since)
    checked = LogCheck(session, store, trusted, tenant_id, last=before)
    await checked.run(report)
    moved = None
    if report.since is not None:
        begin, horizon = (0, 0) if before is None else (before.size, before.horizon)
        moved = [
            row[0] for row in await (await direct(session, _MOVED, (tenant_id, begin, tenant_id, horizon))).fetchall()
        ]
    horizon = 0 if checked.last is None else checked.last.horizon
    await _check_chains(session, tenant_id, report, horizon=horizon, moved=moved, purged=purged, progress=progress)
    report.add(checked.breaks)


async def purged_sessions(session: AsyncSession, tenant_id: UUID) -> dict[UUID, bytes]:
    """Sessions that retention removed, by the certificates on the record: the hash that each ended with."""
    purged = {}
    for (body,) in await (await direct(session, _PURGED, (tenant_id,))).fetchall():
        try:
            certificate = json.loads(body)
            purged[UUID(certificate["session_id"])] = bytes.fromhex(certificate["head_hash"])
        except (KeyError, TypeError, ValueError, AttributeError):
            continue  # no certificate; the chain says whether it was one
    return purged


async def _check_chains(
    session: AsyncSession,
    tenant_id: UUID,
    report: Report,
    *,
    horizon: int,
    moved: list[UUID] | None,
    purged: Mapping[UUID, bytes] | None,
    progress: Progress | None,
) -> None:
    total = 0
    if progress is not None:
        row = await (await direct(session, _SIZE, (tenant_id,))).fetchone()
        total = 0 if row is None else row[1]
    gone: list[chains.Walk] = []
    async for walk in chains.walk(await driver_of(session), tenant_id, moved):
        report.entries += walk.seq
        if walk.head is None:
            gone.append(walk)
            continue
        report.sessions += 1
        report.unsealed += max(walk.seq - walk.sealed, 0)
        broken = walk.finish(horizon, {})
        if broken is not None:
            report.add([broken])
        if progress is not None and report.sessions % 256 == 0:
            progress(report.entries, max(total, report.entries))
    if gone and purged is None:
        purged = await purged_sessions(session, tenant_id)
    for walk in gone:
        broken = walk.finish(horizon, purged or {})
        report.purged += broken is None
        report.add([broken] if broken is not None else [])
    if progress is not None:
        progress(report.entries, report.entries)


async def seal_before(session: AsyncSession, tenant_id: UUID, since: datetime | None) -> Seal | None:
    """The last seal made before a time."""
    if since is None:
        return None
    row = await (await direct(session, _BEFORE, (tenant_id, since))).fetchone()
    if row is None or row[0] is None:
        return None
    return await anext(log.seals(session, tenant_id, after=row[0] - 1), None)


@dataclass(slots=True)
class LogCheck:
    """The seals after `last`, their leaves, the tree over them, and the copies outside."""

    session: AsyncSession
    store: SealStore
    trusted: TrustedKeys
    tenant_id: UUID
    last: Seal | None
    tree: Frontier | None = field(default_factory=Frontier)  # None where it has been found broken
    breaks: list[Break] = field(default_factory=list)

    async def run(self, report: Report) -> None:
        if self.last is not None:
            await self._begin(self.last)
        first = 0 if self.last is None else self.last.number
        async for seals in self._windows(first):
            copies = await asyncio.gather(*(self.store.get(self.tenant_id, seal.number) for seal in seals))
            for seal, copy in zip(seals, copies, strict=True):
                report.seals += 1
                report.leaves += await self._seal(seal, copy)
                self.last = seal
        row = await (await direct(self.session, _UNSEALED_LEAF, (self.tenant_id, self.tenant_id))).fetchone()
        if row is not None and row[0] is not None:
            self._break(f"leaf {row[0]} is under no seal")
        await self._outside_alone()

    async def _windows(self, after: int) -> AsyncIterator[list[Seal]]:
        window: list[Seal] = []
        async for seal in log.seals(self.session, self.tenant_id, after=after):
            window.append(seal)
            if len(window) == _COPIES_AT_ONCE:
                yield window
                window = []
        if window:
            yield window

    async def _begin(self, seal: Seal) -> None:
        """Take the tree up at a seal, whose root must be the one that its nodes give."""
        fault = seal.fault(self.trusted)
        if fault is not None:
            self._break(fault, seal.number)
        try:
            self.tree = await log.frontier(self.session, self.tenant_id, seal.size)
        except log.NodeMissing as missing:
            self._lose_tree(str(missing), seal.number)
        else:
            if self.tree.root() != seal.root:
                self._lose_tree("the leaves do not give the root that it signs", seal.number)

    async def _seal(self, seal: Seal, copy: bytes | None) -> int:
        """Check one seal; the number of its leaves."""
        last = self.last
        number = 1 if last is None else last.number + 1
        if seal.number != number:
            self._break("the seal is missing in the database", number)
            self._lose_tree(None, seal.number)
        fault = seal.fault(self.trusted)
        if fault is not None:
            self._break(fault, seal.number)
        if seal.number == number:
            if seal.previous != (b"" if last is None else last.hash()):
                self._break("it does not follow the seal before it", seal.number)
            if last is not None and seal.at < last.at:
                self._break("it is older than the seal before it", seal.number)
        leaves = await self._leaves(seal, 0 if last is None else last.size)
        if copy is None:
            self._break("the copy outside is missing", seal.number)
        elif seal.number == number and copy != outside_copy(seal, leaves):
            self._break("the copy outside is not what the database holds", seal.number)
        return len(leaves)

    async def _leaves(self, seal: Seal, begin: int) -> list[Leaf]:
        """A seal's leaves, appended to the tree, whose root must be the one that is signed."""
        leaves: list[Leaf] = []
        async for position, session_id, after_seq, head_seq, head_hash, nodes in log.leaves(
            self.session, self.tenant_id, begin, seal.size
        ):
            leaf = Leaf(session_id, after_seq, head_seq, head_hash)
            leaves.append(leaf)
            if self.tree is None:
                continue
            if position != self.tree.size:
                self._lose_tree(f"leaf {self.tree.size} is missing", seal.number)
            elif b"".join(self.tree.append(leaf.hash())) != nodes:
                self._lose_tree(
                    f"leaf {position}, of session {session_id}, is not the one that was sealed", seal.number
                )
        if self.tree is not None and self.tree.size != seal.size:
            self._lose_tree(f"leaf {self.tree.size} is missing", seal.number)
        elif self.tree is not None and self.tree.root() != seal.root:
            self._lose_tree("the leaves do not give the root that it signs", seal.number)
        return leaves

    async def _outside_alone(self) -> None:
        """Seals that are outside and not in the database. One may be on its way in: its making is waited for."""
        number = 1 if self.last is None else self.last.number + 1
        if await self.store.get(self.tenant_id, number) is None:
            return
        await direct(self.session, _WAIT, (str(self.tenant_id),))
        try:  # looked at before the next one can be made
            newest = await log.last_seal(self.session, self.tenant_id)
            number = max(number, 1 if newest is None else newest.number + 1)
            alone = await self.store.get(self.tenant_id, number) is not None
        finally:
            await direct(self.session, _GO_ON, (str(self.tenant_id),))
        if alone:
            self._break(
                "it is outside and not in the database: removed there, or its making was cut off and the next sealing "
                "takes it up",
                number,
            )

    def _break(self, reason: str, seal: int | None = None) -> None:
        self.breaks.append(Break(reason, seal=seal))

    def _lose_tree(self, reason: str | None, seal: int) -> None:
        """The tree is broken from here: said once."""
        if self.tree is not None and reason is not None:
            self._break(reason, seal)
        self.tree = None
