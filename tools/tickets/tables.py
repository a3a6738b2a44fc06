"""Tickets: what a person must do."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow, Versioned, tenant_index


class Ticket(Versioned, Base):
    """Something that a person must do, with the time by which."""

    __tablename__ = "ticket"
    __table_args__ = (
        tenant_index("state", "due_at"),
        tenant_index("patient_id"),
        CheckConstraint("priority IN ('low', 'normal', 'high', 'critical')", name="priority"),
        CheckConstraint("state IN ('open', 'in_progress', 'resolved', 'closed')", name="state"),
        UniqueConstraint("tenant_id", "once"),
        Index("uq_ticket_number", "tenant_id", "number", unique=True, postgresql_where=text("number IS NOT NULL")),
    )

    category: Mapped[str]
    priority: Mapped[str] = mapped_column(default="normal")
    subject: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    assignee: Mapped[str | None]
    due_at: Mapped[datetime]
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    conversation_id: Mapped[UUID | None] = mapped_column(ForeignKey("conversation.id"))
    resolved_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    alerted_at: Mapped[datetime | None]  # of a critical one: when people were last alerted about it
    once: Mapped[str | None]
    number: Mapped[int | None]  # of a patient's request: by which the patient asks about it


class TicketComment(TenantRow, Base):
    __tablename__ = "ticket_comment"
    __table_args__ = (tenant_index("ticket_id"),)

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("ticket.id"))
    author: Mapped[str]
    body: Mapped[str]
    at: Mapped[datetime]
