"""The connection to PostgreSQL: one engine a process, one transaction a call, the tenant set on each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString, cast
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

# With the scope, since it is sent with every transaction anyway and holds behind a pooler too: a statement that hangs,
# or a transaction that was forgotten, must not keep a connection and its locks for ever.
STATEMENT_TIMEOUT_S, IDLE_TIMEOUT_S = 60, 300
_SCOPE = (
    "SELECT set_config('app.tenant', %s, true), set_config('app.patient', %s, true),"
    f" set_config('statement_timeout', '{STATEMENT_TIMEOUT_S}s', true),"
    f" set_config('idle_in_transaction_session_timeout', '{IDLE_TIMEOUT_S}s', true)"
)
# A peer that is gone without a word is noticed within seconds, not after two hours.
KEEPALIVES = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}


Session = AsyncSession  # for who only passes it on


def sqlalchemy_url(url: str) -> str:
    """A libpq URL in the form that SQLAlchemy wants, with psycopg 3 as the driver."""
    return "postgresql+psycopg://" + url.split("://", 1)[1]


class Database:
    """A pool of connections as the service's role, which row-level security binds to one tenant a transaction."""

    def __init__(self, url: str, *, pool_size: int = 12) -> None:
        self.url = url
        self.engine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_reset_on_return="rollback",
            connect_args=KEEPALIVES,
            hide_parameters=True,  # parameters hold names, numbers and texts; errors are logged
        )

    @asynccontextmanager
    async def begin(self, tenant_id: UUID | None, *, patient_id: UUID | None = None) -> AsyncIterator[AsyncSession]:
        """One transaction: commits at the end, rolls back on an exception. No tenant: only shared tables are seen."""
        async with self.begin_unscoped() as session:
            await set_scope(session, tenant_id, patient_id=patient_id)
            yield session

    @asynccontextmanager
    async def begin_unscoped(self) -> AsyncIterator[AsyncSession]:
        """One transaction, in which no tenant's rows are seen before `set_scope`."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
        """A transaction that can only read."""
        async with self.begin(tenant_id) as session:
            await session.execute(text("SET TRANSACTION READ ONLY"))
            yield session
            await session.rollback()

    async def close(self) -> None:
        await self.engine.dispose()


@asynccontextmanager
async def ended(session: AsyncSession) -> AsyncIterator[AsyncSession]:
    """A transaction that someone else began: commits at the end, rolls back on an exception."""
    try:
        yield session
        await session.commit()
    except BaseException:  # cancelled too: nothing of it may be committed
        await session.rollback()
        raise


async def set_scope(session: AsyncSession, tenant_id: UUID | None, *, patient_id: UUID | None = None) -> None:
    """Set what the rest of the transaction may see: one tenant and, where given, only one patient's rows."""
    if session.info.get("scope") != (tenant_id, patient_id):
        await direct(session, _SCOPE, (str(tenant_id or ""), str(patient_id or "")))
        session.info["scope"] = (tenant_id, patient_id)


async def set_scope_reading(
    session: AsyncSession, tenant_id: UUID, columns: LiteralString, source: LiteralString, *parameters: object
) -> tuple[Any, ...] | None:
    """`set_scope`, and in the same statement the row of `source`, a function that sets the tenant before it reads."""
    cursor = await direct(session, f"{_SCOPE}, {columns} FROM {source}", (str(tenant_id), "", *parameters))
    session.info["scope"] = (tenant_id, None)
    row: tuple[Any, ...] | None = await cursor.fetchone()
    return None if row is None else row[_SCOPE.count("set_config") :]


async def driver_of(session: AsyncSession) -> AsyncConnection[Any]:
    """The driver's own connection of the session's transaction."""
    connection: AsyncConnection[Any] | None = session.info.get("driver")
    if connection is None:
        raw = await (await session.connection()).get_raw_connection()
        connection = session.info["driver"] = cast("AsyncConnection[Any]", raw.driver_connection)
    return connection


async def direct(session: AsyncSession, statement: LiteralString, parameters: Sequence[Any] = ()) -> AsyncCursor[Any]:
    """Send a statement straight to the driver, in the session's transaction. For what stands on the path of every call
    and turn: it costs a third of what the same statement costs through the ORM."""
    driver = await driver_of(session)
    try:
        return await driver.execute(statement, parameters)
    except psycopg.Error as error:  # told apart, tried again and shown as the same error through the ORM would be
        if driver.closed:  # the server went away: what the pool keeps is as dead
            await driver.close()
            await (await session.connection()).invalidate()
            await cast("AsyncEngine", session.bind).dispose()
        raise DBAPIError.instance(statement, (), error, psycopg.Error, hide_parameters=True) from error
