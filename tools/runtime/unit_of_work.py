"""One transaction: its effects, the events and jobs they cause, and its entries on the record, committed together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from db.engine import Database, ended, set_scope
from db.json import JsonObject
from governance.record import Record, SessionHeader
from governance.vault import Keyring, Vault
from tools.runtime.errors import name_of
from tools.runtime.events import Event, jobs_for
from tools.runtime.guard import Guard
from tools.runtime.jobs import Job, Jobs


class Clock:
    """The time, aware UTC; frozen when told so."""

    def __init__(self, frozen: datetime | None = None) -> None:
        self.frozen = frozen

    def now(self) -> datetime:
        return (self.frozen or datetime.now(UTC)).astimezone(UTC)


@dataclass(slots=True)
class UnitOfWork:
    """What a running transaction carries. Tools see it through their `ToolContext`."""

    session: AsyncSession
    tenant_id: UUID
    now: datetime
    record: Record
    keys: Keyring
    guard: Guard
    events: list[Event] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)

    async def scope(self, patient_id: UUID | None) -> None:
        """See one patient's rows only, or (None) the tenant's."""
        await set_scope(self.session, self.tenant_id, patient_id=patient_id)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that is undone as a whole when it fails: its rows, events, jobs and keys go, and its entries say that
        it was rolled back and why. What the part read stays on the record as read."""
        events, jobs, entries, made = len(self.events), len(self.jobs), len(self.record.entries), self.keys.mark()
        scope = self.session.info.get("scope")
        try:
            async with self.session.begin_nested():
                yield
                await self.session.flush()
        except BaseException as error:  # cancelled too: what is undone is undone here as well
            del self.events[events:], self.jobs[jobs:]
            self.record.roll_back(entries, name_of(error))
            self.keys.forget_since(made)
            self.session.info["scope"] = scope  # a rollback to a savepoint takes the scope back too
            raise

    async def flush(self, jobs: Jobs) -> None:
        """Write events, jobs and entries; the last thing before the commit."""
        session = self.session
        if session.new or session.dirty or session.deleted:
            await session.flush()
        await self.scope(None)
        rows = [self._event_row(event) for event in self.events]
        for event, row in zip(self.events, rows, strict=True):
            self.jobs.extend(jobs_for(event.type, row["id"], tenant_id=self.tenant_id, entity_id=event.entity_id))
        await jobs.defer(session, self.jobs)
        await self.record.flush(session, self.keys, rows)

    def _event_row(self, event: Event) -> JsonObject:
        return {
            "id": new_id(),
            "type": event.type,
            "entity_id": event.entity_id,
            "payload": event.payload,
            "at": self.now,
        }


class Resources(Protocol):
    """What a transaction needs of the runtime."""

    database: Database
    jobs: Jobs
    clock: Clock
    vault: Vault
    guard: Guard


@asynccontextmanager
async def unit_of_work(
    resources: Resources, tenant_id: UUID, *, header: SessionHeader, session: AsyncSession | None = None
) -> AsyncIterator[UnitOfWork]:
    """A transaction that commits effect, events, jobs and record together, or nothing. `session`: one that has begun,
    with nothing but reads in it."""
    async with resources.database.begin(tenant_id) if session is None else ended(session) as session:
        keys = Keyring(resources.vault, session, tenant_id)
        work = UnitOfWork(
            session=session, tenant_id=tenant_id, now=resources.clock.now(), record=Record(header), keys=keys,
            guard=resources.guard,
        )  # fmt: skip
        yield work
        await work.flush(resources.jobs)
