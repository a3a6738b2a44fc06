"""Lists page by signed cursor: the place after the last row, bound to the list's filters."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.json import JsonArray
from tools.runtime.errors import InvalidArguments
from tools.runtime.tool import Args

Item = TypeVar("Item")


class PageArgs(Args):
    """What every list takes."""

    limit: int = Field(50, ge=1, le=200, description="Rows a page")
    cursor: str | None = Field(None, max_length=1000, description="`next_cursor` of the page before")


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    next_cursor: str | None = None


class Cursors:
    """Signs cursors, so that a client can neither read meaning into one nor make one up."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, place: list[str], filters: str) -> str:
        body = json.dumps(place).encode()
        return base64.urlsafe_b64encode(self._mac(body, filters) + body).decode().rstrip("=")

    def read(self, cursor: str, filters: str) -> list[str]:
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raw = b""
        mac, body = raw[:16], raw[16:]
        if not hmac.compare_digest(mac, self._mac(body, filters)):
            rule = "must be the next_cursor of a page of this list, with the same filters"
            raise InvalidArguments("The cursor is not valid.", errors=[{"field": "cursor", "rule": rule}])
        place: list[str] = json.loads(body)
        return place

    def _mac(self, body: bytes, filters: str) -> bytes:
        return hmac.digest(self._key, filters.encode() + b"\0" + body, hashlib.sha256)[:16]


async def page(
    session: AsyncSession,
    query: Select[Any],
    args: PageArgs,
    *,
    cursors: Cursors,
    order: Sequence[Any],
    show: Callable[[Any], Item] | None = None,
    show_all: Callable[[JsonArray], Awaitable[list[Item]]] | None = None,
) -> Page[Item]:
    """One page of `query`, ordered by `order` (columns; the last one unique), shown one by one or all together."""
    if args.cursor:
        place = cursors.read(args.cursor, _filters(args, order))
        query = query.where(
            tuple_(*order) > tuple_(*(_cast(value, column) for value, column in zip(place, order, strict=True)))
        )
    rows = list(await session.scalars(query.order_by(*order).limit(args.limit + 1)))
    more = len(rows) > args.limit
    rows = rows[: args.limit]
    cursor = None
    if more:
        last = rows[-1]
        cursor = cursors.sign([str(getattr(last, column.key)) for column in order], _filters(args, order))
    items = await show_all(rows) if show_all is not None else [show(row) for row in rows] if show is not None else rows
    return Page(items=items, next_cursor=cursor)


def _filters(args: PageArgs, order: Sequence[Any]) -> str:
    """What a cursor is bound to: the list, by its arguments and order, since two lists may take the same arguments."""
    columns = ",".join(map(str, order))
    return f"{type(args).__name__}|{columns}|{args.model_dump_json(exclude={'cursor', 'limit'})}"


def _cast(value: str, column: Any) -> Any:
    python_type = column.type.python_type
    if python_type is UUID:
        return UUID(value)
    if hasattr(python_type, "fromisoformat"):
        return python_type.fromisoformat(value)
    return python_type(value)
