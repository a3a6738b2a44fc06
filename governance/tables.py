"""The record: sessions, their entries in a hash chain, and what the model answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow, tenant_index


class LLMSession(TenantRow, Base):
    """One session on the record: a conversation with an agent, or a day of a person's or service's calls.

    `head_seq` and `head_hash` are the chain's end; only the database function `record_append` moves them.
    """

    __tablename__ = "llm_session"
    __table_args__ = (tenant_index("started_at"), tenant_index("conversation_id"), tenant_index("patient_id"))

    agent: Mapped[str]
    channel: Mapped[str]
    principal: Mapped[str]
    patient_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    head_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    head_hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditEntry(Base):
    """One entry of a session: `hash` = SHA-256(previous hash + "seq|kind|body"). Never changed, never removed.

    `body` is canonical JSON kept as text, so that the bytes that were hashed are the bytes that are kept.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (tenant_index("kind"),)

    session_id: Mapped[UUID] = mapped_column(ForeignKey("llm_session.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    kind: Mapped[str]
    body: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class LLMResponse(TenantRow, Base):
    """What a model answered to one message, kept at once, so that a turn that was cut off does not ask again."""

    __tablename__ = "llm_response"
    __table_args__ = (UniqueConstraint("tenant_id", "message_id"),)

    session_id: Mapped[UUID]
    message_id: Mapped[UUID]
    answer: Mapped[dict[str, Any]]
