"""The hospital's names and facts, all at once, for who talks with patients."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from db.engine import Database
from tools.facility.tables import Location, Practitioner, Specialty
from tools.facility.tools import LocationOut, PractitionerOut, SpecialtyOut


@dataclass(frozen=True, slots=True)
class Facts:
    """By name. `practitioners`: those who are active."""

    locations: tuple[LocationOut, ...]
    specialties: tuple[SpecialtyOut, ...]
    practitioners: tuple[PractitionerOut, ...]


async def read_facts(database: Database, tenant_id: UUID) -> Facts:
    """A hospital's locations, specialties and practitioners."""
    active = select(Practitioner).where(Practitioner.active).order_by(Practitioner.name)
    async with database.begin(tenant_id) as session:
        locations = await session.scalars(select(Location).order_by(Location.name))
        specialties = await session.scalars(select(Specialty).order_by(Specialty.name))
        practitioners = await session.scalars(active)
        return Facts(
            locations=tuple(LocationOut.model_validate(row) for row in locations),
            specialties=tuple(SpecialtyOut.model_validate(row) for row in specialties),
            practitioners=tuple(PractitionerOut.model_validate(row) for row in practitioners),
        )
