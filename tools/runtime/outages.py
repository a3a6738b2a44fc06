"""Is an error an outage: a database that is away or cannot write, a disk that is full? Then one may try again later."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

import psycopg
from procrastinate.exceptions import ConnectorException
from sqlalchemy.exc import InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLSTATE classes (PostgreSQL, appendix A): connection, insufficient resources (53100 disk_full), operator
# intervention, system error; and a server that only reads.
_CLASSES = ("08", "53", "57P", "58", "25006")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
_SAID = tuple(os.strerror(number) for number in sorted(_FULL))  # a store's own errors carry no number
_KINDS = (
    InterfaceError, OperationalError, PendingRollbackError, PoolTimeout, ConnectorException,
    psycopg.OperationalError, psycopg.InterfaceError,
)  # fmt: skip


def is_outage(error: BaseException) -> bool:
    """Whether the error, or what it came of, is an outage."""
    return any(_is_one(one) for one in _chain(error, set()))


def _is_one(error: BaseException) -> bool:
    state = getattr(error, "sqlstate", None)
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    said = type(error).__module__.startswith("obstore") and any(words in str(error) for words in _SAID)
    return isinstance(error, _KINDS) or said or (isinstance(state, str) and state.startswith(_CLASSES))


def _chain(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    """The error, its causes, and those of a group."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for cause in (error.__cause__, error.__context__, getattr(error, "orig", None), *inner):
        if isinstance(cause, BaseException):
            yield from _chain(cause, seen)
