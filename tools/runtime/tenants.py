"""Doing something for every tenant, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tools.runtime.principals import system
from tools.runtime.work import Work, open_work


async def tenant_ids(runtime: Any) -> list[UUID]:
    async with runtime.database.begin(None) as session:
        return list(await session.scalars(text("SELECT id FROM tenant ORDER BY slug")))


async def each_tenant(runtime: Any, *, system_name: str) -> AsyncIterator[Work]:
    """One open transaction a tenant; it commits when the loop goes on."""
    for tenant_id in await tenant_ids(runtime):
        opening = runtime.opening_for(system(tenant_id, system_name), "job")
        async with open_work(runtime, tenant_id, opening=opening) as work:
            yield work
