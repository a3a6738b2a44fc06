"""What the runtime itself keeps: stored results, events, approvals."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow, new_id, tenant_index
from db.columns import sealed
from db.json import JsonObject


class TenantRecord(Base):
    """A tenant: a hospital or a group of them. Shared table: the service reads it to learn whose call it is."""

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


class IdempotencyKey(TenantRow, Base):
    """The stored result of a call made under an Idempotency-Key; kept 24 hours at least."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("tenant_id", "principal", "key"),)

    principal: Mapped[str]
    key: Mapped[str]
    tool: Mapped[str]
    args_hash: Mapped[str]
    result: Mapped[bytes | None] = sealed("patient", "tenant")  # sealed under the patient's key, or the tenant's
    running_until: Mapped[datetime | None]  # the call is on its way, outside a transaction


class EventLog(TenantRow, Base):
    """An event, written in the transaction of its cause. `seq` gives the order. In partitions by month, by `id`."""

    __tablename__ = "event_log"
    __table_args__ = (
        tenant_index("entity_id", "seq"),
        tenant_index("type", "seq"),
        tenant_index("at"),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True))  # unique by its sequence, and in each partition
    type: Mapped[str]
    entity_id: Mapped[UUID]
    payload: Mapped[JsonObject]
    at: Mapped[datetime]


class Reacted(TenantRow, Base):
    """A reaction that has run for an event: the same pair is not run twice."""

    __tablename__ = "reacted"
    __table_args__ = (UniqueConstraint("tenant_id", "event_id", "reaction"), tenant_index("created_at"))

    event_id: Mapped[UUID]
    reaction: Mapped[str]


class Approval(TenantRow, Base):
    """A person's decision on one critical call, bound to the hash of its tool, arguments, session and policies."""

    __tablename__ = "approval"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'approved', 'refused', 'used')", name="state"),
        tenant_index("call_hash"),
    )

    call_hash: Mapped[str]
    tool: Mapped[str]
    args: Mapped[bytes] = sealed("patient", "tenant")  # sealed under the patient's key, or the tenant's
    asked_by: Mapped[str]
    state: Mapped[str] = mapped_column(default="asked")
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
    expires_at: Mapped[datetime]


class DeadJob(TenantRow, Base):
    """A job that failed for good, until a person has it run again or drops it."""

    __tablename__ = "dead_job"
    __table_args__ = (
        UniqueConstraint("tenant_id", "job_id"),
        CheckConstraint("state IN ('dead', 'retried', 'dropped')", name="state"),
        tenant_index("state", "id"),
    )

    job_id: Mapped[int] = mapped_column(BigInteger)  # of the queue's row
    task: Mapped[str]
    args: Mapped[JsonObject]  # ids and names, nothing personal
    lock: Mapped[str | None]
    attempts: Mapped[int]
    error: Mapped[str]  # a code, or the exception's class
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="dead")
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
