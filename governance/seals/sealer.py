"""Sealing again and again: the worker's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import Database
from governance.seals.documents import Seal
from governance.seals.keys import SealKeys
from governance.seals.sealing import SealRefused, entries_waiting, seal_tenant
from governance.seals.store import SealStore

log = structlog.get_logger()
LOOKS = 12  # at how much waits, in the time between two seals
OnSeal = Callable[[AsyncSession, Seal], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Seals:
    """Where seals are kept outside the database, and the keys that sign them."""

    store: SealStore
    keys: SealKeys


async def run_sealer(
    database: Database,
    store: SealStore,
    keys: SealKeys,
    *,
    now: Callable[[], datetime],
    every_s: float,
    every_entries: int,
    on_seal: OnSeal | None = None,
) -> None:
    """Seal each tenant every `every_s` seconds, and sooner when `every_entries` entries wait; until cancelled. Any
    number of processes may do so. `on_seal` runs in the seal's transaction; an entry on the record there would have to
    be sealed in turn, for ever."""
    clock = asyncio.get_running_loop().time
    due = clock() + every_s
    while True:
        await asyncio.sleep(max(0.0, min(every_s / LOOKS, due - clock())))
        waiting = every_entries if clock() < due else 0
        if not waiting:
            due = clock() + every_s
        for tenant_id in await _tenants(database):
            try:
                await _seal(database, store, keys=keys, tenant_id=tenant_id, now=now, waiting=waiting, on_seal=on_seal)
            except SealRefused as refused:
                log.error("seal.refused", tenant=str(tenant_id), reason=str(refused))
            except Exception as error:  # the database or the store is away: what waits is sealed when it is back
                log.warning("seal.failed", tenant=str(tenant_id), error=type(error).__name__)


async def _tenants(database: Database) -> list[UUID]:
    try:
        async with database.begin(None) as session:
            return list(await session.scalars(text("SELECT id FROM tenant ORDER BY id")))
    except Exception as error:  # the database is away: looked at again in the next round
        log.warning("seal.failed", error=type(error).__name__)
        return []


async def _seal(
    database: Database,
    store: SealStore,
    *,
    keys: SealKeys,
    tenant_id: UUID,
    now: Callable[[], datetime],
    waiting: int,
    on_seal: OnSeal | None,
) -> None:
    async with database.begin(tenant_id) as session:
        if waiting and await entries_waiting(session, tenant_id, most=waiting) < waiting:
            return
        seal = await seal_tenant(session, store, keys, tenant_id=tenant_id, now=now())
        if seal is not None and on_seal is not None:
            await on_seal(session, seal)
