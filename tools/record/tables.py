"""Break-glass grants and rules of retention."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from db.base import Base, TenantRow, tenant_index


class BreakGlass(TenantRow, Base):
    """A person's reasoned, time-limited leave to see one session as it was, unredacted."""

    __tablename__ = "break_glass"
    __table_args__ = (tenant_index("session_id", "principal"), tenant_index("opened_at"))

    session_id: Mapped[UUID]
    principal: Mapped[str]
    reason: Mapped[str]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class RetentionRule(TenantRow, Base):
    """How long a class of data is kept, where the tenant differs from the default."""

    __tablename__ = "retention_rule"
    __table_args__ = (
        UniqueConstraint("tenant_id", "data_class"),
        CheckConstraint("days >= 1", name="days"),
    )

    data_class: Mapped[str]
    days: Mapped[int]
