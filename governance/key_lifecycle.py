"""The life of data keys: wrapping them anew, retiring them, destroying them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from governance.tables import VaultKey
from governance.vault import Vault

BATCH = 200


async def rewrap(session: AsyncSession, vault: Vault, *, limit: int = BATCH) -> int:
    """Wrap up to `limit` data keys by the master key that is current now; how many were. Texts are not touched, and
    readers are not disturbed: a key opens under its old wrapping until the commit."""
    newest = await vault.keks.current()
    query = (
        select(VaultKey)
        .where(VaultKey.wrapped.is_not(None), VaultKey.master != newest)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = list(await session.scalars(query))
    wrapped = [(row.id, str(row.master), bytes(row.wrapped or b"")) for row in rows]
    plain = await vault.keks.unwrap(wrapped) if rows else []
    fresh = await vault.keks.wrap([(row.id, key) for row, key in zip(rows, plain, strict=True)]) if rows else []
    for row, (master, key) in zip(rows, fresh, strict=True):
        row.master, row.wrapped = master, key
    await session.flush()
    return len(rows)


async def left_to_rewrap(session: AsyncSession, vault: Vault) -> int:
    newest = await vault.keks.current()
    query = select(func.count()).where(VaultKey.wrapped.is_not(None), VaultKey.master != newest)
    return int(await session.scalar(query) or 0)


async def retire(session: AsyncSession, *, made_before: datetime, now: datetime) -> int:
    """Let new keys seal what is written from now on, for owners whose key is older than that; how many were retired."""
    statement = (
        update(VaultKey)
        .where(VaultKey.current, VaultKey.created_at < made_before)
        .values(current=False, retired_at=now)
        .returning(VaultKey.id)
    )
    return len((await session.execute(statement)).all())


async def destroy(session: AsyncSession, owners: Iterable[UUID], *, now: datetime) -> list[UUID]:
    """Destroy every key of these owners; their ids. What was sealed under them cannot be read again."""
    return await _destroy(session, VaultKey.owner_id.in_(list(owners)), now)


async def destroy_retired(session: AsyncSession, *, before: datetime, now: datetime) -> list[UUID]:
    """Destroy the keys that were retired before a time."""
    return await _destroy(session, VaultKey.retired_at < before, now)


async def count_retired(session: AsyncSession, *, before: datetime) -> int:
    query = select(func.count()).where(VaultKey.retired_at < before, VaultKey.wrapped.is_not(None))
    return int(await session.scalar(query) or 0)


async def _destroy(session: AsyncSession, which: object, now: datetime) -> list[UUID]:
    statement = (
        update(VaultKey)
        .where(which, VaultKey.wrapped.is_not(None))  # type: ignore[arg-type]
        .values(wrapped=None, master=None, current=False, destroyed_at=now)
        .returning(VaultKey.id)
    )
    return list((await session.execute(statement)).scalars())
