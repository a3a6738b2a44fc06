"""Columns of bytes, each of which says what it holds: a text sealed under whose key, or bytes that name nobody.

From this follow the proof of erasure (every column sealed under a person's key is searched) and a test that no column
of bytes says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import LargeBinary, MetaData
from sqlalchemy.orm import MappedColumn, mapped_column

Under = Literal["patient", "conversation", "voice", "practitioner", "tenant"]
_PERSONAL = frozenset[Under]({"patient", "conversation", "voice"})


@dataclass(frozen=True, slots=True)
class Sealed:
    """`under`: whose key may seal a value of the column; the first that there is."""

    table: str
    column: str
    under: tuple[Under, ...]

    @property
    def personal(self) -> bool:
        """Whether erasing a patient must make its values unreadable."""
        return not _PERSONAL.isdisjoint(self.under)


def sealed(*under: Under) -> MappedColumn[Any]:
    """A column of sealed texts."""
    return mapped_column(LargeBinary, info={"sealed": under})


def open_bytes(what: str) -> MappedColumn[Any]:
    """A column of bytes that name nobody: a hash, a signature, a wrapped key."""
    return mapped_column(LargeBinary, info={"open": what})


def sealed_columns(metadata: MetaData) -> Iterator[Sealed]:
    """Every column that is sealed, by table."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if "sealed" in column.info:
                yield Sealed(table.name, column.name, column.info["sealed"])


def undeclared(metadata: MetaData) -> list[str]:
    """Columns of bytes that do not say what they hold."""
    return [
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and not column.info
    ]
