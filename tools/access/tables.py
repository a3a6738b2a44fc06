"""Keys by which people and programs sign in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow
from db.json import JsonArray


class ApiKey(TenantRow, Base):
    """A key of a person or service. Only its SHA-256 is kept."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("tenant_id", "key_hash"),)

    name: Mapped[str]
    key_hash: Mapped[str]
    role: Mapped[str]
    scopes: Mapped[JsonArray | None]
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    practitioner_id: Mapped[UUID | None] = mapped_column(ForeignKey("practitioner.id"))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
