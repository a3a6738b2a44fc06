"""What the tests of seals share: a tenant's record written straight to the database, its keys and its outside store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import text

from db.base import new_id
from db.engine import Database, direct
from governance.record import canonical
from governance.seals.checking import check_tenant
from governance.seals.documents import Seal
from governance.seals.keys import SealKeys
from governance.seals.report import Report
from governance.seals.sealing import seal_tenant
from governance.seals.store import SealStore
from tests.conftest import NOW, Clone
from wiring.demo import TENANT_ID

APPEND = "SELECT record_append(%s, %s::jsonb, %s::text[], %s::text[], %s::bytea[], '[]')"


@dataclass(slots=True)
class Place:
    """A tenant of its own in a clone, so that no other test's entries are in its record."""

    clone: Clone
    database: Database
    tenant_id: UUID
    store: SealStore
    folder: Path
    keys: SealKeys
    hours: int = 0

    async def write(self, *bodies: object, session_id: UUID | None = None, kind: str = "state") -> UUID:
        """A session with one entry a body; every third has a sealed part too."""
        session_id = session_id or new_id()
        async with self.database.begin(self.tenant_id) as session:
            await direct(session, APPEND, self.arguments(session_id, bodies, kind))
        return session_id

    @staticmethod
    def arguments(session_id: UUID, bodies: Sequence[object], kind: str = "state") -> tuple[object, ...]:
        opening = {"agent": "none", "channel": "test", "principal": "test", "started_at": NOW}
        sealed = [b"sealed %d" % n if n % 3 == 2 else None for n in range(len(bodies))]
        return (session_id, canonical(opening), [kind] * len(bodies), [canonical(body) for body in bodies], sealed)

    async def seal(self, *, everything: bool = False, most: int = 50_000) -> Seal | None:
        """An hour after the last one."""
        self.hours += 1
        async with self.database.begin(self.tenant_id) as session:
            return await seal_tenant(
                session, self.store, self.keys, tenant_id=self.tenant_id, now=NOW + timedelta(hours=self.hours),
                everything=everything, most=most,
            )  # fmt: skip

    async def check(self, *, since_hours: int | None = None) -> Report:
        since = None if since_hours is None else NOW + timedelta(hours=since_hours)
        async with self.database.begin(self.tenant_id) as session:
            return await check_tenant(session, self.store, self.keys.trusted(), tenant_id=self.tenant_id, since=since)

    def tamper(self, *statements: str, **parameters: object) -> None:
        """As the superuser with triggers off."""
        with psycopg.connect(self.clone.superuser) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                done = connection.execute(statement.encode(), {"tenant": self.tenant_id, **parameters})
                assert done.rowcount >= 1, statement


@asynccontextmanager
async def sealed_place(clone: Clone, folder: Path) -> AsyncIterator[Place]:
    tenant_id = new_id()
    owner = Database(clone.owner, pool_size=1)
    async with owner.begin(TENANT_ID) as session:
        query = text(
            "INSERT INTO tenant (id, slug, name, zone, country) SELECT :id, :slug, name, zone, country FROM tenant "
            "LIMIT 1"
        )
        await session.execute(query, {"id": tenant_id, "slug": str(tenant_id)})
    await owner.close()
    database = Database(clone.service, pool_size=6)
    keys = SealKeys.load_or_make(folder / "seal.keys")
    yield Place(clone, database, tenant_id, SealStore.at(folder / "seals"), folder / "seals" / str(tenant_id), keys)
    await database.close()
