"""Patients, their identifiers, relatives and consents."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow, Versioned, tenant_index
from db.json import JsonObject


class Patient(Versioned, Base):
    """A patient (FHIR Patient). `phone` is E.164; several patients may share one (a family's)."""

    __tablename__ = "patient"
    __table_args__ = (
        UniqueConstraint("tenant_id", "mrn"),
        tenant_index("phone"),
        tenant_index("birth_date"),
        tenant_index("family", "given", "id"),
        CheckConstraint("sex IN ('female', 'male', 'other', 'unknown')", name="sex"),
        CheckConstraint("channel IN ('whatsapp', 'phone', 'sms', 'email')", name="channel"),
    )

    mrn: Mapped[str]
    given: Mapped[str]
    family: Mapped[str]
    birth_date: Mapped[date]
    sex: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    address: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    channel: Mapped[str] = mapped_column(default="whatsapp")
    deleted_at: Mapped[datetime | None]
    searched: Mapped[str] = mapped_column(Computed("searchable(given, family)", persisted=True), deferred=True)


class PatientIdentifier(TenantRow, Base):
    __tablename__ = "patient_identifier"
    __table_args__ = (UniqueConstraint("tenant_id", "system", "value"), tenant_index("patient_id"))

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    system: Mapped[str]
    value: Mapped[str]


class PatientRelation(TenantRow, Base):
    """`related_id` is the `relation` of `patient_id` ("mother"); `may_act`: the patient may book for that relative."""

    __tablename__ = "patient_relation"
    __table_args__ = (UniqueConstraint("tenant_id", "patient_id", "related_id"),)

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    related_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    relation: Mapped[str]
    may_act: Mapped[bool] = mapped_column(default=False)


class Consent(TenantRow, Base):
    """One consent: given, and perhaps withdrawn. Rows are never removed."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("purpose IN ('care', 'messages', 'outreach', 'recording', 'research')", name="purpose"),
        Index(
            "uq_consent_live", "tenant_id", "patient_id", "purpose", "channel", unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )  # fmt: skip

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    purpose: Mapped[str]
    channel: Mapped[str] = mapped_column(default="any")
    scope: Mapped[str | None]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    evidence: Mapped[JsonObject] = mapped_column(default=dict)
