"""What the runtime itself keeps: stored results, events, approvals."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, TenantRow, tenant_index


class IdempotencyKey(TenantRow, Base):
    """The stored result of a call made under an Idempotency-Key; kept 24 hours at least."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("tenant_id", "principal", "key"),)

    principal: Mapped[str]
    key: Mapped[str]
    tool: Mapped[str]
    args_hash: Mapped[str]
    result: Mapped[bytes | None] = mapped_column(LargeBinary)  # sealed under the patient's key, or the tenant's
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
    payload: Mapped[dict[str, Any]]
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
    args: Mapped[bytes] = mapped_column(LargeBinary)  # sealed under the patient's key, or the tenant's
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
    args: Mapped[dict[str, Any]]  # ids and names, nothing personal
    lock: Mapped[str | None]
    attempts: Mapped[int]
    error: Mapped[str]  # a code, or the exception's class
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="dead")
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]
