"""The hospital's people as redaction and policies know them: read from their records, read again when those change."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import Database
from governance.policies.people import patient_name
from governance.redaction.known import Known
from governance.redaction.person import Person
from tools.facility.tables import Practitioner
from tools.patients.tables import Patient, PatientIdentifier
from tools.runtime.tables import EventLog

LOOK_AGAIN_S = 5.0
_CHANGES = ("Patient.Created", "Patient.Updated")


class People:
    """Indexes of known people, one a tenant. A changed record is known some seconds later, without anyone waiting."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[UUID, tuple[tuple[int, int], Known]] = {}
        self._looked: dict[UUID, float] = {}
        self._building: dict[UUID, asyncio.Task[None]] = {}

    async def known(self, session: AsyncSession, tenant_id: UUID) -> Known:
        """The index; made first where there is none. `session`: sees the whole tenant."""
        held = self._known.get(tenant_id)
        if held is None:
            return await self._build(session, tenant_id, await _stamp(session))
        if time.monotonic() - self._looked[tenant_id] > LOOK_AGAIN_S and tenant_id not in self._building:
            self._looked[tenant_id] = time.monotonic()
            stamp = await _stamp(session)
            if stamp != held[0]:
                task = asyncio.create_task(self._rebuild(tenant_id, stamp))
                self._building[tenant_id] = task
                task.add_done_callback(lambda _: self._building.pop(tenant_id, None))
        return held[1]

    async def _rebuild(self, tenant_id: UUID, stamp: tuple[int, int]) -> None:
        async with self._database.begin(tenant_id) as session:
            await self._build(session, tenant_id, stamp)

    async def _build(self, session: AsyncSession, tenant_id: UUID, stamp: tuple[int, int]) -> Known:
        people = await read_people(session)
        known = await asyncio.to_thread(Known, people)
        self._known[tenant_id], self._looked[tenant_id] = (stamp, known), time.monotonic()
        return known

    async def aclose(self) -> None:
        for task in list(self._building.values()):
            task.cancel()


async def read_people(session: AsyncSession, patient_ids: Iterable[UUID] | None = None) -> list[Person]:
    """Patients (all, or those given) and, with all, the practitioners."""
    chosen = select(Patient)
    identifiers = select(PatientIdentifier.patient_id, PatientIdentifier.value)
    if patient_ids is not None:
        ids = list(patient_ids)
        chosen = chosen.where(Patient.id.in_(ids))
        identifiers = identifiers.where(PatientIdentifier.patient_id.in_(ids))
    numbers: dict[UUID, list[str]] = defaultdict(list)
    for patient_id, value in await session.execute(identifiers):
        numbers[patient_id].append(value)
    people = [_person(row, numbers.get(row.id, ())) for row in await session.scalars(chosen)]
    if patient_ids is None:
        doctors = await session.execute(select(Practitioner.id, Practitioner.name))
        people += [Person(id=str(row_id), kind="practitioner", names=(name,)) for row_id, name in doctors]
    return people


def _person(row: Patient, identifiers: Iterable[str]) -> Person:
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


async def _stamp(session: AsyncSession) -> tuple[int, int]:
    last = await session.scalar(select(func.max(EventLog.seq)).where(EventLog.type.in_(_CHANGES)))
    doctors = await session.scalar(select(func.sum(Practitioner.version)))
    return int(last or 0), int(doctors or 0)
