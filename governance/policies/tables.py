"""Policies of a tenant, and what they found."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow, Versioned, tenant_index
from db.columns import sealed


class PolicyDocument(TenantRow, Base):
    """One version of a tenant's policy, as YAML. A version is never changed; at most one is in force."""

    __tablename__ = "policy"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name", "version"),
        Index("uq_policy_in_force", "tenant_id", unique=True, postgresql_where=text("in_force")),
    )

    name: Mapped[str]
    version: Mapped[str]
    document: Mapped[str]
    in_force: Mapped[bool] = mapped_column(default=False)
    added_by: Mapped[str]


class PolicyViolation(Versioned, Base):
    """Something that a rule found, and what people did about it. `excerpt` is the text it was found in, sealed."""

    __tablename__ = "policy_violation"
    __table_args__ = (
        CheckConstraint("severity IN ('low', 'medium', 'high', 'critical')", name="severity"),
        CheckConstraint("state IN ('open', 'acknowledged', 'resolved')", name="state"),
        tenant_index("state", "detected_at"),
        tenant_index("session_id"),
        tenant_index("patient_id"),
    )

    rule: Mapped[str]
    check: Mapped[str]
    policy: Mapped[str]  # name@version
    severity: Mapped[str]
    action: Mapped[str]
    stage: Mapped[str]
    session_id: Mapped[UUID]
    patient_id: Mapped[UUID | None]
    evidence: Mapped[str]  # labels of what was found; they name no person
    excerpt: Mapped[bytes | None] = sealed("patient", "conversation")
    detected_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="open")
    acknowledged_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str | None]  # what was done and why
