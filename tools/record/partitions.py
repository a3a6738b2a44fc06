"""Keeping the partitions of the tables that lie in months (`docs/adr/0018-partitions.md`): those of the months to come
are made, those that retention has emptied removed. By functions of the database, since the service does not own its
tables."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import LiteralString, Protocol

import structlog
from sqlalchemy.exc import DBAPIError

from db.engine import Database, direct
from tools.runtime.jobs import task

log = structlog.get_logger()
PARTITIONED = ("audit_entry", "event_log", "message")
MONTHS_AHEAD = 4  # what this makes is needed three months later: that long it may fail before rows go to the rest
TRIES, WAIT_S = 5, 2.0  # for a lock that turns hold; then tomorrow
_GAVE_WAY = ("55P03", "40P01")  # lock not had in time, deadlock
_MAKE = "SELECT partition_make(%s, %s::date)"
_MONTHS = """
    SELECT m::date FROM generate_series(date_trunc('month', now() AT TIME ZONE 'UTC'),
           date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => %s), interval '1 month') m
"""
# In the order of their names, which begins with what was there before there were partitions, and is that of the months.
_ENDED = """
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = %s::regclass AND c.relkind = 'r' AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT' ORDER BY 1
"""


class HasDatabase(Protocol):
    """What of the runtime this job needs."""

    database: Database


@task("record.keep_partitions", every="50 2 * * *")
async def keep_partitions(runtime: HasDatabase) -> None:
    """Make the partitions of the months to come, and remove those that are over and empty. What needs a lock that is
    not had is left to the next day."""
    for table in PARTITIONED:
        months = [str(month) for (month,) in await _rows(runtime.database, _MONTHS, MONTHS_AHEAD)]
        made = [month for month in months if await _done(runtime.database, _MAKE, table, month)]
        names = [str(name) for (name,) in await _rows(runtime.database, _ENDED, table)]
        gone = [name for name in names if await _done(runtime.database, "SELECT partition_drop(%s)", name)]
        await _done(runtime.database, "SELECT partitions_analyze(%s) IS NOT NULL", table)
        if made or gone:
            log.info("partitions.kept", table=table, made=made, gone=gone)


async def _done(database: Database, statement: LiteralString, *parameters: str) -> bool:
    """What a statement answers, in a transaction of its own; False where its lock was not had after some tries."""
    for left in reversed(range(TRIES)):
        try:
            return any(done for (done,) in await _rows(database, statement, *parameters))
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _GAVE_WAY:
                raise
            if left:
                await asyncio.sleep(WAIT_S)
    log.warning("partitions.busy", statement=statement, parameters=parameters)
    return False


async def _rows(database: Database, statement: LiteralString, *parameters: str | int) -> Iterable[tuple[object, ...]]:
    async with database.begin(None) as session:
        return await (await direct(session, statement, parameters)).fetchall()
