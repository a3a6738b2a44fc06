"""The hospital: its locations, specialties and practitioners."""

from __future__ import annotations

from typing import Literal, TypeAlias

from sqlalchemy import CheckConstraint, Computed, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow, Versioned, tenant_index
from db.json import JsonArray

DoctorSex: TypeAlias = Literal["female", "male", "other"]


class Location(Versioned, Base):
    __tablename__ = "location"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str]
    aliases: Mapped[JsonArray] = mapped_column(default=list)
    address: Mapped[str]
    city: Mapped[str]
    zone: Mapped[str]
    phone: Mapped[str]
    hours: Mapped[str]
    parking: Mapped[str]


class Specialty(TenantRow, Base):
    __tablename__ = "specialty"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str]
    name: Mapped[str]


class Practitioner(Versioned, Base):
    __tablename__ = "practitioner"
    __table_args__ = (tenant_index("specialty_code"), CheckConstraint("sex IN ('female', 'male', 'other')", name="sex"))

    name: Mapped[str]  # as patients know the doctor: "Dr. Meera Nair"
    specialty_code: Mapped[str]
    sex: Mapped[str | None]  # administrative, as FHIR's gender; NULL where it is not on record
    languages: Mapped[JsonArray] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)
    searched: Mapped[str] = mapped_column(Computed("searchable(name)", persisted=True), deferred=True)
