"""What the tampering soak changes: each function makes one change at a random place of a sealed record."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from db.engine import Database, direct, driver_of
from governance.chain import content_digest, link
from governance.record import canonical
from governance.seals import log
from governance.seals.checking import check_tenant
from governance.seals.documents import Leaf, outside_copy, sign
from governance.seals.keys import SealKeys
from governance.seals.merkle import Frontier
from governance.seals.report import Report
from governance.seals.store import SealStore

START = datetime.fromisoformat("2026-11-23T09:00:00+05:30")
KEPT = {"head_xid"}  # without meaning to a reader: a wrong one delays a seal, and that is found
_ORDER = {"audit_entry": "session_id, seq", "llm_session": "id", "seal": "number", "seal_leaf": "position"}


@dataclass(slots=True)
class Sealed:
    """A record of a tenant of its own, its keys, and where it is kept outside."""

    database: Database  # as the superuser
    app_role: str
    tenant_id: UUID
    store: SealStore
    folder: Path
    keys: SealKeys
    forger: SealKeys
    rng: random.Random

    async def check(self, session: AsyncSession) -> Report:
        """As the service sees it."""
        role = sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(self.app_role)).as_string()
        await direct(session, role)  # type: ignore[arg-type]
        return await check_tenant(session, self.store, self.keys.trusted(), tenant_id=self.tenant_id)


Change = Callable[[Sealed, AsyncSession], Awaitable[None]]


async def _rows(record: Sealed, session: AsyncSession, table: str) -> list[dict[str, Any]]:
    driver = await driver_of(session)
    query = f"SELECT ctid::text AS ctid, * FROM {table} WHERE tenant_id = %s ORDER BY {_ORDER[table]}"
    cursor = await driver.execute(query.encode(), (record.tenant_id,))
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


async def _set(session: AsyncSession, table: str, row: dict[str, Any], **values: Any) -> None:
    assignments = ", ".join(f"{name} = %s" for name in values)
    query = f"UPDATE {table} SET {assignments} WHERE ctid = %s::tid"
    await direct(session, query, (*values.values(), row["ctid"]))  # type: ignore[arg-type]


async def _delete(session: AsyncSession, table: str, rows: list[dict[str, Any]]) -> None:
    places = [row["ctid"] for row in rows]
    await direct(session, f"DELETE FROM {table} WHERE ctid = ANY(%s::tid[])", (places,))  # type: ignore[arg-type]


def _other(rng: random.Random, value: Any) -> Any:
    """A value that differs, by one byte where there are bytes."""
    if value is None:
        return rng.choice((b"x", "x", START, new_id()))
    if isinstance(value, int):
        return value + rng.choice((-1, 1, 1000))
    if isinstance(value, datetime):
        return rng.choice((value + timedelta(microseconds=rng.choice((-1, 1, 10**9))), "infinity"))
    if isinstance(value, date):
        return rng.choice((value + timedelta(days=31), value.replace(year=value.year + 1), date(2, 1, 1)))
    if isinstance(value, UUID):
        return UUID(bytes=_other(rng, value.bytes))
    if isinstance(value, bytes):
        at = rng.randrange(len(value)) if value else 0
        return value[:at] + bytes([value[at] ^ (1 << rng.randrange(8))]) + value[at + 1 :] if value else b"x"
    at = rng.randrange(len(value)) if value else 0
    return value[:at] + ("x" if value[at : at + 1] != "x" else "y") + value[at + 1 :]


def _column(table: str) -> Change:
    async def change(record: Sealed, session: AsyncSession) -> None:
        row = record.rng.choice(await _rows(record, session, table))
        name = record.rng.choice([name for name in row if name != "ctid" and name not in KEPT])
        value = _other(record.rng, row[name])
        if row[name] is None:
            value = {"sealed": b"x", "ended_at": START, "outcome": "x"}.get(name, new_id())
        elif name in ("sealed", "ended_at", "outcome", "patient_id") and record.rng.random() < 0.3:
            value = None
        await _set(session, table, row, **{name: value})

    return change


def _row_deleted(table: str) -> Change:
    async def change(record: Sealed, session: AsyncSession) -> None:
        await _delete(session, table, [record.rng.choice(await _rows(record, session, table))])

    return change


def _swapped(table: str, *choices: tuple[str, ...]) -> Change:
    """Values of two rows exchanged."""

    async def change(record: Sealed, session: AsyncSession) -> None:
        names = record.rng.choice(choices)
        rows = await _rows(record, session, table)
        first, second = record.rng.sample(rows, 2)
        while all(first[name] == second[name] for name in names):
            first, second = record.rng.sample(rows, 2)
        await _delete(session, table, [first, second])  # so that no unique index stands in the way
        for row, other in ((first, second), (second, first)):
            await _insert(session, table, {**row, **{name: other[name] for name in names}})

    return change


async def _insert(session: AsyncSession, table: str, row: dict[str, Any]) -> None:
    names = [name for name in row if name != "ctid"]
    marks = ", ".join(["%s"] * len(names))
    query = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
    await direct(session, query, tuple(row[name] for name in names))  # type: ignore[arg-type]


async def _one_session(record: Sealed, session: AsyncSession) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    row = record.rng.choice(await _rows(record, session, "llm_session"))
    entries = await _rows(record, session, "audit_entry")
    return row, [entry for entry in entries if entry["session_id"] == row["id"]]


async def tail_cut(record: Sealed, session: AsyncSession) -> None:
    """Entries gone from the end, in half of the cases with the head moved back to match."""
    row, entries = await _one_session(record, session)
    keep = record.rng.randrange(1, len(entries))
    await _delete(session, "audit_entry", entries[keep:])
    if record.rng.random() < 0.7:
        ended = entries[-1]["kind"] != "session_ended"
        end = {} if ended else {"ended_at": None, "outcome": None}
        await _set(session, "llm_session", row, head_seq=keep, head_hash=entries[keep - 1]["hash"], **end)


async def rewritten(record: Sealed, session: AsyncSession) -> None:
    """One entry changed, and the rest of the chain and the head computed anew."""
    row, entries = await _one_session(record, session)
    at = record.rng.randrange(len(entries))
    previous = entries[at - 1]["hash"] if at else None
    if previous is None:  # the first follows the opening, which can be changed as well
        at, previous = 1, entries[0]["hash"]
    for number, entry in enumerate(entries[at:]):
        body = canonical({"n": "another"}) if number == 0 else entry["body"]
        previous = link(previous, content_digest(entry["seq"], entry["kind"], body, entry["sealed"]))
        await _set(session, "audit_entry", entry, body=body, hash=previous)
    await _set(session, "llm_session", row, head_hash=previous)


async def entry_added(record: Sealed, session: AsyncSession) -> None:
    _, entries = await _one_session(record, session)
    last = entries[-1]
    digest = content_digest(last["seq"] + 1, last["kind"], last["body"], last["sealed"])
    await _insert(session, "audit_entry", {**last, "seq": last["seq"] + 1, "hash": link(last["hash"], digest)})


async def boundary_moved(record: Sealed, session: AsyncSession) -> None:
    """Part of a body taken into the kind, such that the bytes that are hashed stay the same."""
    entries = [
        row for row in await _rows(record, session, "audit_entry") if "|0|" in row["body"] and row["sealed"] is None
    ]
    entry = record.rng.choice(entries)
    head, tail = entry["body"].split("|0|", 1)
    await session.execute(text("ALTER TABLE audit_entry DROP CONSTRAINT IF EXISTS ck_audit_entry_kind"))
    await _set(session, "audit_entry", entry, kind=f"{entry['kind']}|0|{head}", body=tail)


async def session_gone(record: Sealed, session: AsyncSession) -> None:
    """A whole session with its leaves; the others move up in some cases, and the tree and seals are made anew."""
    row, entries = await _one_session(record, session)
    await _delete(session, "audit_entry", entries)
    await _delete(session, "llm_session", [row])
    leaves = await _rows(record, session, "seal_leaf")
    gone = [leaf for leaf in leaves if leaf["session_id"] == row["id"]]
    await _delete(session, "seal_leaf", gone)
    if record.rng.random() < 0.6:
        kept = [leaf for leaf in leaves if leaf["session_id"] != row["id"]]
        await _delete(session, "seal_leaf", kept)
        for position, leaf in enumerate(kept):
            await _insert(session, "seal_leaf", {**leaf, "position": position})
        await _forge(record, session, [leaf["position"] for leaf in gone])


async def rewritten_and_sealed_anew(record: Sealed, session: AsyncSession) -> None:
    """An entry rewritten, then leaves, tree and all seals made to match, under a key that is not trusted; in half of
    the cases the copies outside too."""
    await rewritten(record, session)
    entries = {(row["session_id"], row["seq"]): row["hash"] for row in await _rows(record, session, "audit_entry")}
    for leaf in await _rows(record, session, "seal_leaf"):
        await _set(session, "seal_leaf", leaf, head_hash=entries[leaf["session_id"], leaf["head_seq"]])
    await _forge(record, session, [])


async def _forge(record: Sealed, session: AsyncSession, gone: list[int]) -> None:
    """Nodes, roots, chain and signatures of all seals anew over the leaves that there are. `gone`: positions that were
    taken out before."""
    outside = record.rng.random() < 0.5
    named = record.rng.choice((record.keys.signing, "forged"))
    tree, previous, begin = Frontier(), b"", 0
    leaves = await _rows(record, session, "seal_leaf")
    rows = await _rows(record, session, "seal")
    seals = [seal async for seal in log.seals(session, record.tenant_id, after=0)]
    for row, seal in zip(rows, seals, strict=True):
        size = seal.size - sum(position < seal.size for position in gone)
        for leaf in leaves[begin:size]:
            nodes = tree.append(_leaf(leaf).hash())
            await _set(session, "seal_leaf", leaf, nodes=b"".join(nodes))
        forged = replace(seal, size=size, root=tree.root(), previous=previous, key=named)
        forged = replace(forged, signature=sign(forged, record.forger))
        changed = {name: getattr(forged, name) for name in ("size", "root", "previous", "key", "signature")}
        await _set(session, "seal", row, **changed)
        if outside:
            copy = outside_copy(forged, [_leaf(leaf) for leaf in leaves[begin:size]])
            (record.folder / f"{seal.number:06}.json").write_bytes(copy)
        previous, begin = forged.hash(), size


def _leaf(row: dict[str, Any]) -> Leaf:
    return Leaf(row["session_id"], row["after_seq"], row["head_seq"], row["head_hash"])


async def seal_forged(record: Sealed, session: AsyncSession) -> None:
    """One seal with another time or root, signed by another key, under its own name or the trusted one's."""
    rows = await _rows(record, session, "seal")
    seals = [seal async for seal in log.seals(session, record.tenant_id, after=0)]
    at = record.rng.randrange(len(rows))
    choices = ({}, {"root": record.rng.randbytes(32)}, {"at": START}, {"key": "forged"})
    changes: dict[str, Any] = record.rng.choice(choices)
    forged = replace(seals[at], **changes)
    signature = sign(forged, record.forger)
    await _set(session, "seal", rows[at], **changes, signature=signature)


async def seals_cut(record: Sealed, session: AsyncSession) -> None:
    """The last seals gone with their leaves; in half of the cases with all that they sealed, as an older backup has
    it."""
    rows = await _rows(record, session, "seal")
    keep = record.rng.randrange(len(rows))
    size = rows[keep - 1]["size"] if keep else 0
    leaves = await _rows(record, session, "seal_leaf")
    await _delete(session, "seal", rows[keep:])
    await _delete(session, "seal_leaf", leaves[size:])
    if record.rng.random() < 0.5:
        heads = {leaf["session_id"]: leaf for leaf in leaves[:size]}
        entries = await _rows(record, session, "audit_entry")
        cut = [
            row
            for row in entries
            if row["session_id"] not in heads or row["seq"] > heads[row["session_id"]]["head_seq"]
        ]
        await _delete(session, "audit_entry", cut)
        for row in await _rows(record, session, "llm_session"):
            if (leaf := heads.get(row["id"])) is None:
                await _delete(session, "llm_session", [row])
            else:
                back = {"head_seq": leaf["head_seq"], "head_hash": leaf["head_hash"], "ended_at": None, "outcome": None}
                await _set(session, "llm_session", row, **back)


async def outside_changed(record: Sealed, session: AsyncSession) -> None:
    """A copy outside removed, cut, changed by a byte, or replaced by another seal's."""
    paths = sorted(record.folder.iterdir())
    path, other = record.rng.sample(paths, 2)
    copy = path.read_bytes()
    match record.rng.randrange(4):
        case 0:
            path.unlink()
        case 1:
            path.write_bytes(copy[: record.rng.randrange(len(copy))])
        case 2:
            path.write_bytes(_other(record.rng, copy))
        case _:
            path.write_bytes(other.read_bytes())


KINDS: dict[str, Change] = {
    **{f"{table}: a value": _column(table) for table in _ORDER},
    **{f"{table}: a row gone": _row_deleted(table) for table in _ORDER},
    "entries exchanged": _swapped("audit_entry", ("body",), ("seq",), ("session_id", "seq"), ("body", "hash"),
    ("sealed",)),
    "sessions exchanged": _swapped("llm_session", ("id",), ("head_seq", "head_hash")),
    "seals exchanged": _swapped("seal", ("number",), ("root",), ("signature",), ("at",)),
    "leaves exchanged": _swapped("seal_leaf", ("position",), ("head_hash",), ("nodes",), ("session_id", "head_seq")),
    "tail cut": tail_cut, "entry rewritten, chain anew": rewritten, "entry added": entry_added,
    "boundary moved": boundary_moved, "session gone": session_gone, "sealed anew": rewritten_and_sealed_anew,
    "seal forged": seal_forged, "seals cut": seals_cut, "copy outside": outside_changed,
}  # fmt: skip
