"""The connection to PostgreSQL: one engine a process, one transaction a call, the tenant set on each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

_SCOPE = text("SELECT set_config('app.tenant', :tenant, true), set_config('app.patient', :patient, true)")


def sqlalchemy_url(url: str) -> str:
    """A libpq URL in the form that SQLAlchemy wants, with psycopg 3 as the driver."""
    return "postgresql+psycopg://" + url.split("://", 1)[1]


class Database:
    """A pool of connections as the service's role, which row-level security binds to one tenant a transaction."""

    def __init__(self, url: str, *, pool_size: int = 12) -> None:
        self.url = url
        self.engine = create_async_engine(
            sqlalchemy_url(url), pool_size=pool_size, max_overflow=0, pool_timeout=10, pool_reset_on_return="rollback",
            hide_parameters=True,  # parameters hold names, numbers and texts; errors are logged
        )

    @asynccontextmanager
    async def begin(self, tenant_id: UUID | None, *, patient_id: UUID | None = None) -> AsyncIterator[AsyncSession]:
        """One transaction: commits at the end, rolls back on an exception. No tenant: only shared tables are seen."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            await set_scope(session, tenant_id, patient_id=patient_id)
            yield session

    async def close(self) -> None:
        await self.engine.dispose()


async def set_scope(session: AsyncSession, tenant_id: UUID | None, *, patient_id: UUID | None = None) -> None:
    """Set what the rest of the transaction may see: one tenant and, where given, only one patient's rows."""
    scope = (tenant_id, patient_id)
    if session.info.get("scope") != scope:
        await session.execute(_SCOPE, {"tenant": str(tenant_id or ""), "patient": str(patient_id or "")})
        session.info["scope"] = scope
