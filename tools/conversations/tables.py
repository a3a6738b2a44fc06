"""Conversations, their messages in and out, and communications of any channel."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow, Versioned, tenant_index
from db.columns import open_bytes, sealed


class Conversation(Versioned, Base):
    """A conversation with one address on one channel. `flow` is the turn's state: small JSON, sealed, written by turns
    only."""

    __tablename__ = "conversation"
    __table_args__ = (
        CheckConstraint("channel IN ('whatsapp', 'phone', 'console')", name="channel"),
        CheckConstraint("state IN ('open', 'handed_over', 'closed')", name="state"),
        Index(
            "uq_conversation_live", "tenant_id", "channel", "address_key", unique=True,
            postgresql_where=text("state <> 'closed'"),
        ),
        tenant_index("patient_id"),
        tenant_index("state"),
    )  # fmt: skip

    channel: Mapped[str]
    address: Mapped[bytes] = sealed("conversation")  # E.164 of the other side, sealed
    address_key: Mapped[bytes] = open_bytes("a keyed fingerprint")  # its fingerprint, by which it is found
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    state: Mapped[str] = mapped_column(default="open")
    assigned_to: Mapped[str | None]
    agent: Mapped[str] = mapped_column(default="concierge")
    language: Mapped[str] = mapped_column(default="en")
    last_inbound_at: Mapped[datetime | None]
    flow: Mapped[bytes | None] = sealed("conversation")


class Message(TenantRow, Base):
    """One message. In: the inbox, `received` until its turn has committed, then `processed`; a voice note is `hearing`
    until its words are there. Out: the outbox. In partitions by month, by `id`; what is unique over all months is in
    `ProviderMessage` and `MessageAnswer`, which a trigger keeps: an incoming message that was stored before is passed
    over, a second answer refused."""

    __tablename__ = "message"
    __table_args__ = (
        tenant_index("conversation_id", "seq"),
        tenant_index("at"),
        tenant_index("state", "at"),
        Index("ix_message_provider_id", "tenant_id", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),
        Index("ix_message_in_reply_to", "in_reply_to", postgresql_where=text("in_reply_to IS NOT NULL")),
        Index(
            "ix_message_inbox",
            "tenant_id",
            "conversation_id",
            "seq",
            postgresql_where=text("state IN ('hearing', 'received')"),
        ),
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        CheckConstraint(
            "state IN ('hearing', 'received', 'processed', 'failed', 'queued', 'sending', 'sent', 'delivered', "
            "'read', 'held', 'cancelled')",
            name="state",
        ),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))  # unique by its sequence, and in each partition
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    direction: Mapped[str]
    content: Mapped[bytes] = sealed("conversation")  # sealed, see contents.py
    at: Mapped[datetime]
    state: Mapped[str]
    provider_id: Mapped[str | None]
    in_reply_to: Mapped[UUID | None]
    author: Mapped[str]  # "patient", "agent:scheduling", a staff principal
    purpose: Mapped[str | None]  # why it was sent: reply, confirmation, reminder, ...; of one that came in: a reaction
    urgent: Mapped[bool] = mapped_column(
        default=False, server_default="false"
    )  # a red flag stands in it, or it answers one
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str | None]
    processed_at: Mapped[datetime | None]


class ProviderMessage(Base):
    """Which message has a provider's id: one. Written by the trigger `message_once` alone."""

    __tablename__ = "provider_message"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[UUID]


class MessageAnswer(Base):
    """Which message answers another: one. Written by the trigger `message_once` alone."""

    __tablename__ = "message_answer"

    tenant_id: Mapped[UUID]
    in_reply_to: Mapped[UUID] = mapped_column(ForeignKey("message.id"), primary_key=True)
    message_id: Mapped[UUID]


class DeliveryReport(TenantRow, Base):
    """A delivery state that the carrier told us; kept apart, since it may come before our own send has returned."""

    __tablename__ = "delivery_report"
    __table_args__ = (UniqueConstraint("tenant_id", "provider_id", "status"),)

    provider_id: Mapped[str]
    status: Mapped[str]
    error_code: Mapped[str | None]
    at: Mapped[datetime]


class Communication(TenantRow, Base):
    """One message of any channel to or from a patient, with its purpose and outcome."""

    __tablename__ = "communication"
    __table_args__ = (
        tenant_index("patient_id", "at"),
        tenant_index("at"),
        tenant_index("message_id"),
        UniqueConstraint("tenant_id", "once"),
        CheckConstraint("outcome IN ('queued', 'sent', 'delivered', 'read', 'failed', 'refused')", name="outcome"),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    channel: Mapped[str]
    direction: Mapped[str]
    purpose: Mapped[str]
    body: Mapped[bytes] = sealed("patient")  # sealed under the patient's key
    at: Mapped[datetime]
    outcome: Mapped[str]
    error: Mapped[str | None]
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))
    once: Mapped[str | None]  # the same key is sent once


class MessageTemplate(Versioned, Base):
    """An approved template, which WhatsApp demands 24 hours after the patient's last message."""

    __tablename__ = "message_template"
    __table_args__ = (UniqueConstraint("tenant_id", "name", "language", "channel"),)

    name: Mapped[str]
    language: Mapped[str]
    channel: Mapped[str]
    content_sid: Mapped[str]  # Twilio Content SID
