"""Doing something for a tenant, in a transaction of its own."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from uuid import UUID

from sqlalchemy import text

from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import UnitOfWork, unit_of_work


async def tenant_ids(runtime: Runtime) -> list[UUID]:
    async with runtime.database.begin(None) as session:
        return list(await session.scalars(text("SELECT id FROM tenant ORDER BY slug")))


def tenant_work(runtime: Runtime, tenant_id: UUID, *, system_name: str) -> AbstractAsyncContextManager[UnitOfWork]:
    """A transaction of the service itself, for what runs by the clock."""
    header = runtime.header_for(system(tenant_id, system_name), "job")
    return unit_of_work(runtime, tenant_id, header=header)
