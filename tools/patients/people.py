"""The hospital's people as redaction and policies know them: read once from their records, then those who changed."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import Database
from governance.policies.people import patient_name
from governance.redaction.known import Known
from governance.redaction.person import Person
from tools.facility.tables import Practitioner
from tools.patients.tables import Patient, PatientIdentifier, PatientRelation
from tools.runtime.tables import EventLog

log = structlog.get_logger()
LOOK_AGAIN_S = 5.0
MOST_CHANGES = 5_000  # beyond so many the index is built anew
TENANTS = 20  # whose indexes a process keeps; the one not used for longest goes
_BATCH = 10_000
_LATE = 1_000  # events before the newest that may be committed after it
_CHANGES = ("Patient.Created", "Patient.Updated")
_COLUMNS = (
    Patient.id, Patient.given, Patient.family, Patient.phone, Patient.mrn, Patient.address, Patient.birth_date,
    Patient.email,
)  # fmt: skip


@dataclass(slots=True)
class _Held:
    """What is known of one tenant's people: all as they were at `since`, and those changed after it."""

    base: Known
    known: Known
    since: int
    doctors: int
    looked: float = field(default_factory=time.monotonic)
    seen: set[int] = field(default_factory=set)  # events that are in `changed`
    changed: dict[UUID, Person] = field(default_factory=dict)


class People:
    """Indexes of known people, one a tenant. A changed record is known some seconds later, without anyone waiting."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: OrderedDict[UUID, _Held] = OrderedDict()
        self._first: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._renewing: dict[UUID, asyncio.Task[None]] = {}

    async def known(self, session: AsyncSession, tenant_id: UUID) -> Known:
        """The index; made first where there is none, once however many ask. `session`: sees the whole tenant."""
        held = self._held.get(tenant_id)
        if held is None:
            async with self._first[tenant_id]:
                held = self._held.get(tenant_id) or await self._build(session, tenant_id)
        self._held.move_to_end(tenant_id)
        if time.monotonic() - held.looked > LOOK_AGAIN_S and tenant_id not in self._renewing:
            held.looked = time.monotonic()
            task = asyncio.create_task(self._renew(tenant_id, held))
            self._renewing[tenant_id] = task
            task.add_done_callback(lambda done: self._renewed(tenant_id, done))
        return held.known

    async def relatives(self, session: AsyncSession, patients: frozenset[UUID]) -> frozenset[UUID]:
        """Those whom the patients are linked to: a mother may be told of her son's visit."""
        query = select(PatientRelation.patient_id, PatientRelation.related_id).where(
            or_(PatientRelation.patient_id.in_(patients), PatientRelation.related_id.in_(patients))
        )
        return frozenset(one for row in await session.execute(query) for one in row)

    def _renewed(self, tenant_id: UUID, task: asyncio.Task[None]) -> None:
        self._renewing.pop(tenant_id, None)
        if not task.cancelled() and task.exception() is not None:  # what is known stays, and is read again later
            log.warning("people.not_renewed", error=type(task.exception()).__name__)

    async def _renew(self, tenant_id: UUID, held: _Held) -> None:
        """Read who changed; all anew where they are many, or the doctors did."""
        async with self._database.begin(tenant_id) as session:
            query = select(EventLog.seq, EventLog.entity_id).where(
                EventLog.type.in_(_CHANGES), EventLog.seq > held.since, EventLog.seq.not_in(held.seen or {-1})
            )
            new = {row.seq: row.entity_id for row in await session.execute(query)}
            if await _doctors(session) != held.doctors or len(held.changed) + len(new) > MOST_CHANGES:
                await self._build(session, tenant_id)
                return
            if not new:
                return
            ids = set(new.values())
            held.changed |= {UUID(person.id[-36:]): person for person in await read_people(session, ids)}
            held.seen |= new.keys()
        newer = await asyncio.to_thread(Known, list(held.changed.values()))
        held.known = held.base.with_newer(newer)

    async def _build(self, session: AsyncSession, tenant_id: UUID) -> _Held:
        last = await session.scalar(select(func.max(EventLog.seq)).where(EventLog.type.in_(_CHANGES)))
        doctors = await _doctors(session)
        batches = [batch async for batch in _everybody(session)]
        known = await asyncio.to_thread(Known, (person for batch in batches for person in batch))
        held = self._held[tenant_id] = _Held(known, known, max(0, int(last or 0) - _LATE), doctors)
        while len(self._held) > TENANTS:
            self._held.popitem(last=False)
        return held

    async def aclose(self) -> None:
        for task in list(self._renewing.values()):
            task.cancel()


async def read_people(session: AsyncSession, patient_ids: Iterable[UUID]) -> list[Person]:
    """These patients."""
    ids = list(patient_ids)
    numbers = await _identifiers(session, ids)
    rows = await session.execute(select(*_COLUMNS).where(Patient.id.in_(ids)))
    return [_person(row, numbers.get(row.id, ())) for row in rows]


async def _everybody(session: AsyncSession) -> AsyncIterator[list[Person]]:
    """All patients, a batch at a time, then the practitioners."""
    after: UUID | None = None
    while True:
        query = select(*_COLUMNS).order_by(Patient.id).limit(_BATCH)
        rows = (await session.execute(query if after is None else query.where(Patient.id > after))).all()
        if not rows:
            break
        numbers = await _identifiers(session, [row.id for row in rows])
        yield [_person(row, numbers.get(row.id, ())) for row in rows]
        after = rows[-1].id
    doctors = await session.execute(select(Practitioner.id, Practitioner.name))
    yield [Person(id=str(row_id), kind="practitioner", names=(name,)) for row_id, name in doctors]


async def _identifiers(session: AsyncSession, ids: list[UUID]) -> dict[UUID, list[str]]:
    numbers: dict[UUID, list[str]] = defaultdict(list)
    query = select(PatientIdentifier.patient_id, PatientIdentifier.value).where(PatientIdentifier.patient_id.in_(ids))
    for patient_id, value in await session.execute(query):
        numbers[patient_id].append(value)
    return numbers


def _person(row: Any, identifiers: Iterable[str]) -> Person:
    return Person(
        id=patient_name(row.id),
        kind="patient",
        names=(f"{row.given} {row.family}",),
        phones=(row.phone,) if row.phone else (),
        mrn=row.mrn,
        identifiers=tuple(identifiers),
        addresses=(row.address,) if row.address else (),
        birth_date=row.birth_date,
        email=row.email,
    )


async def _doctors(session: AsyncSession) -> int:
    return int(await session.scalar(select(func.sum(Practitioner.version))) or 0)
