"""The record: sessions, their entries in a hash chain, and what the model answered."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    and_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow, tenant_index
from db.columns import open_bytes, sealed


class LLMSession(Base):
    """One session on the record: a conversation with an agent, or a day of a person's or service's calls.

    `head_seq` and `head_hash` are the chain's end; only the database function `record_append` moves them. What the
    session was opened with is in the hash that its first entry follows (`governance.chain.genesis`). `month` is the one
    that it began in (UTC), by which its entries are found; the year 1 on sessions from before entries lay in
    partitions.
    """

    __tablename__ = "llm_session"
    __table_args__ = (
        UniqueConstraint("id", "month"),  # what entries refer to, so that a session has one month
        tenant_index("started_at"),
        tenant_index("conversation_id"),
        tenant_index("patient_id"),
        # tells the sealer which heads moved; BRIN, so that moving a head stays a heap-only update
        Index("ix_llm_session_head_xid", "head_xid", postgresql_using="brin", postgresql_with={"pages_per_range": 16}),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    agent: Mapped[str]
    channel: Mapped[str]
    principal: Mapped[str]
    patient_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    head_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    head_hash: Mapped[bytes] = open_bytes("a hash")
    head_xid: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")  # transaction that moved the head
    month: Mapped[date] = mapped_column(server_default="0001-01-01")


class AuditEntry(Base):
    """One entry of a session. Never changed, never removed before its retention is over. In partitions by the month of
    its session: a query that names a session's entries names its month too, and looks into one partition.

    `body` is canonical JSON kept as text, so that the bytes that were hashed are the bytes that are kept; it holds
    nothing personal. `sealed` is the rest of the entry (arguments, results, texts) under a patient's or a
    conversation's key (`governance.vault`). `hash` = SHA-256(previous hash + content digest), see `governance.chain`.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        ForeignKeyConstraint(["session_id", "month"], ["llm_session.id", "llm_session.month"]),
        tenant_index("kind"),
        CheckConstraint("kind ~ '^[a-z_]+$'", name="kind"),
        {"postgresql_partition_by": "RANGE (month)"},
    )

    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"))
    kind: Mapped[str]
    body: Mapped[str]
    sealed: Mapped[bytes | None] = sealed("patient", "conversation", "voice")
    hash: Mapped[bytes] = open_bytes("a hash")
    month: Mapped[date] = mapped_column(primary_key=True, server_default="0001-01-01")

    __mapper_args__ = {"primary_key": [session_id, seq]}  # with the month the database's key; a session has one


def of_session(session_id: UUID) -> ColumnElement[bool]:
    """Entries of one session: in the partition that they lie in."""
    month = select(LLMSession.month).where(LLMSession.id == session_id).scalar_subquery()
    return and_(AuditEntry.session_id == session_id, AuditEntry.month == month)


class PatientAccess(Base):
    """That an entry names or shows a patient: the answer to "who has seen this patient?", found by an index. Written
    with the entry; what it says is in the entry's own `patients`. (An index over the entries' JSON would not be used:
    row-level security lets no operator that is not leak-proof go first.)"""

    __tablename__ = "patient_access"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)


class LLMResponse(TenantRow, Base):
    """What a model answered to one message, kept at once, so that a turn that was cut off does not ask again."""

    __tablename__ = "llm_response"
    __table_args__ = (UniqueConstraint("tenant_id", "message_id"),)

    session_id: Mapped[UUID]
    message_id: Mapped[UUID]
    answer: Mapped[bytes] = sealed("conversation")  # sealed under the conversation's key


class VaultKey(TenantRow, Base):
    """A data key, wrapped by a master key that is not in the database. Destroyed: `wrapped` is gone, and with it every
    text under the key."""

    __tablename__ = "vault_key"
    __table_args__ = (
        Index("uq_vault_key_owner", "tenant_id", "owner_id", unique=True, postgresql_where=text("current")),
        tenant_index("master"),
    )

    owner_id: Mapped[UUID]  # a patient, a conversation, or the tenant itself
    owner_kind: Mapped[str]
    current: Mapped[bool] = mapped_column(default=True)  # new texts are sealed under it
    master: Mapped[str | None]  # the master key that wraps it
    wrapped: Mapped[bytes | None] = open_bytes("a wrapped key")
    retired_at: Mapped[datetime | None]  # from then on another key seals
    destroyed_at: Mapped[datetime | None]


class KeyCheck(Base):
    """What the database knows of the keys that its nodes hold, by which a node with others is told apart. Shared by all
    tenants; holds no key. `probe`: a known text wrapped by the master key, or the secret's fingerprint."""

    __tablename__ = "key_check"
    __table_args__ = (CheckConstraint("kind IN ('secret', 'master', 'seal')", name="kind"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)  # of a seal key: its name and public key
    key_id: Mapped[UUID]
    probe: Mapped[bytes] = open_bytes("a random value under a key")
