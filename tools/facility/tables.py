"""The hospital itself: tenants, their locations, specialties and practitioners."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow, Versioned, new_id, tenant_index


class Tenant(Base):
    """A hospital or group. Shared table: the service reads it to learn whose call it is."""

    __tablename__ = "tenant"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    zone: Mapped[str]  # IANA
    country: Mapped[str]  # ISO 3166 alpha-2; decides how 11/12 is read and the emergency number
    whatsapp_number: Mapped[str | None] = mapped_column(unique=True)  # E.164
    voice_number: Mapped[str | None] = mapped_column(unique=True)  # E.164; patients call it
    transfer_number: Mapped[str | None]  # E.164; a caller who wants a person is put through to it
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Location(Versioned, Base):
    __tablename__ = "location"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Mapped[str]
    aliases: Mapped[list[Any]] = mapped_column(default=list)
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
    __table_args__ = (tenant_index("specialty_code"),)

    name: Mapped[str]  # as patients know the doctor: "Dr. Meera Nair"
    specialty_code: Mapped[str]
    languages: Mapped[list[Any]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)
    searched: Mapped[str] = mapped_column(Computed("searchable(name)", persisted=True), deferred=True)


class ApiKey(TenantRow, Base):
    """A key of a person or service. Only its SHA-256 is kept."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("tenant_id", "key_hash"),)

    name: Mapped[str]
    key_hash: Mapped[str]
    role: Mapped[str]
    scopes: Mapped[list[Any] | None]
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    practitioner_id: Mapped[UUID | None] = mapped_column(ForeignKey("practitioner.id"))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
