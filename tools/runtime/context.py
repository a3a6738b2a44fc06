"""What a tool is given: everything it may use, and nothing taken from a global."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from tools.runtime.errors import NotFound, VersionMismatch
from tools.runtime.events import EVENTS, Event
from tools.runtime.jobs import Job
from tools.runtime.pages import Cursors
from tools.runtime.principals import Principal
from tools.runtime.services import Service, Services
from tools.runtime.tool import Given, Operation, Result
from tools.runtime.unit_of_work import UnitOfWork

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Tenant:
    """A hospital, as its calls need it."""

    id: UUID
    slug: str
    name: str
    zone: ZoneInfo
    country: str

    @property
    def month_first(self) -> bool:
        """11/12 is read as 12 November (US) rather than 11 December."""
        return self.country == "US"


class OtherTools(Protocol):
    """Port: calls from one tool to another, as the system on the caller's behalf."""

    async def call(self, run: Operation[Given, Result], args: Given, *, prepared: object = None) -> Result: ...

    async def prepare(self, run: Operation[Given, Result], args: Given) -> Callable[[], Awaitable[object]]: ...


@dataclass(slots=True)
class ToolContext:
    work: UnitOfWork
    principal: Principal
    tenant: Tenant
    cursors: Cursors
    others: OtherTools
    services: Services
    prepared: Any = None  # what the tool's `before` gave
    if_match: int | None = None
    seen: list[UUID] = field(default_factory=list)  # patients whose data the call shows without naming them

    @property
    def session(self) -> AsyncSession:
        return self.work.session

    @property
    def now(self) -> datetime:
        """Aware UTC, from the service's clock."""
        return self.work.now

    def service(self, kind: type[Service]) -> Service:
        """What this installation offers of a kind. Raises Unavailable where there is none (`services.find` gives
        None)."""
        return self.services.get(kind)

    async def call(self, run: Operation[Given, Result], args: Given, *, prepared: object = None) -> Result:
        """Another room's tool, given as its function, in the same transaction."""
        return await self.others.call(run, args, prepared=prepared)

    async def prepare(self, run: Operation[Given, Result], args: Given) -> Callable[[], Awaitable[object]]:
        """The slow part of another room's tool: what is awaited outside any transaction. Give its result to `call`."""
        return await self.others.prepare(run, args)

    def emit(self, event: str, entity_id: UUID, **payload: Any) -> None:
        """Say that something happened; it is written with the call's effect."""
        if event not in EVENTS:
            raise ValueError(f"{event} is not a declared event")
        self.work.events.append(Event(event, entity_id, payload))

    def defer(self, job: Job) -> None:
        self.work.jobs.append(job)

    async def load(self, table: type[Row], row_id: UUID, *, lock: bool = False) -> Row:
        """The row, if this caller may see it; NotFound otherwise (no difference between absent and hidden)."""
        row = await self.session.get(table, row_id, with_for_update=lock or None, populate_existing=lock)
        if row is None:
            name = table.__name__
            raise NotFound(f"There is no {name} {row_id} for this caller.")
        return row

    def check_version(self, row: Any) -> None:
        """Refuse a change that was based on an older version than the row's."""
        if self.if_match is not None and self.if_match != row.version:
            raise VersionMismatch(f'The ETag is now "{row.version}"; read the record again.')
