"""Seals and the leaves of each tenant's Merkle log. Nothing here is ever changed or removed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, tenant_index
from db.columns import open_bytes


class SealRow(Base):
    """One seal. Every column is in what `signature` signs (`governance.seals.documents.Seal`)."""

    __tablename__ = "seal"
    __table_args__ = (tenant_index("at"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    size: Mapped[int] = mapped_column(BigInteger)  # leaves in the log so far
    root: Mapped[bytes] = open_bytes("a hash")
    previous: Mapped[bytes] = open_bytes("a hash")  # hash of the seal before; empty for the first
    horizon: Mapped[int] = mapped_column(BigInteger)  # what every transaction before this one moved is in the log
    key: Mapped[str]
    signature: Mapped[bytes] = open_bytes("a signature")


class SealLeaf(Base):
    """One leaf: a session's entries from `after_seq` + 1 to `head_seq`, the last of which has the hash `head_hash`.

    `nodes` are the tree's nodes that this leaf completes, from the leaf's own hash upwards, 32 bytes each: any node of
    a whole subtree is found in its last leaf, so that neither sealing nor proving reads more than O(log n) rows.
    """

    __tablename__ = "seal_leaf"
    __table_args__ = (Index("uq_seal_leaf_session", "tenant_id", "session_id", "head_seq", unique=True),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    session_id: Mapped[UUID]  # no foreign key: a leaf outlives its session's retention
    after_seq: Mapped[int]
    head_seq: Mapped[int]
    head_hash: Mapped[bytes] = open_bytes("a hash")
    nodes: Mapped[bytes] = open_bytes("hashes")
