"""Where alerts go, and each one's way there."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow, tenant_index
from db.columns import sealed
from db.json import JsonArray


class WebhookEndpoint(TenantRow, Base):
    """A receiver of alerts. The secrets are sealed under the tenant's key; the previous one signs too until its
    time."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'paused', 'disabled')", name="state"),
        CheckConstraint("minimum_severity IN ('low', 'medium', 'high', 'critical')", name="minimum_severity"),
        tenant_index("state"),
    )

    url: Mapped[str]
    description: Mapped[str]
    events: Mapped[JsonArray]  # event types, or "*" for all
    minimum_severity: Mapped[str]  # of a PolicyViolation
    secret: Mapped[bytes] = sealed("tenant")
    previous_secret: Mapped[bytes | None] = sealed("tenant")
    previous_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="active")  # disabled: the receiver answered 410
    stopped_because: Mapped[str | None]
    failures: Mapped[int] = mapped_column(default=0)  # failed attempts since the last success


class WebhookDelivery(TenantRow, Base):
    """One event for one endpoint. Pending ones are sent in the order of `number`, the event's place in the log."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state"),
        UniqueConstraint("tenant_id", "endpoint_id", "event_id"),
        tenant_index("endpoint_id", "state"),
        Index(
            "ix_webhook_delivery_queue", "tenant_id", "endpoint_id", "number",
            postgresql_where=text("state = 'pending'"),
        ),
    )  # fmt: skip

    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoint.id"))
    event_id: Mapped[UUID]
    event_type: Mapped[str]
    number: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    next_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
