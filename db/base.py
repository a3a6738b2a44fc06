"""What every table shares: ids, tenant, version."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from uuid_utils.compat import uuid7

from db.json import JsonArray, JsonObject

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> UUID:
    """A UUIDv7: sorts by the time it was made."""
    return uuid7()


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: DateTime(timezone=True), JsonObject: JSONB, JsonArray: JSONB, str: Text()}


class TenantRow:
    """A row of one tenant. Row-level security shows it to that tenant alone (`db/isolation.py`)."""

    @declared_attr
    @classmethod
    def id(cls) -> Mapped[UUID]:
        return mapped_column(primary_key=True, default=new_id)

    @declared_attr
    @classmethod
    def tenant_id(cls) -> Mapped[UUID]:
        return mapped_column(ForeignKey("tenant.id"))

    @declared_attr
    @classmethod
    def created_at(cls) -> Mapped[datetime]:
        return mapped_column(server_default=func.now())


class Versioned(TenantRow):
    """A row that counts its changes; the count is its ETag."""

    @declared_attr
    @classmethod
    def version(cls) -> Mapped[int]:
        return mapped_column(default=1)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> JsonObject:
        return {"version_id_col": cls.version}


def tenant_index(*columns: str, **options: Any) -> Index:
    """An index that starts with the tenant, as every query does."""
    return Index(None, "tenant_id", *columns, **options)
