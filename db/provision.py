"""Roles, database and migrations: everything that stands before the service's first query."""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from psycopg import sql
from sqlalchemy.exc import OperationalError

from db import embedded
from db.engine import sqlalchemy_url
from settings import Settings

DATABASE = "wardline"
# While a step waits for a table's lock, everyone waits behind it who comes after. It waits less than the second after
# which the server looks for deadlocks, so that it is the step that gives way and never a turn; turns are short, so it
# is tried again.
LOCK_TIMEOUT_S, TRIES, WAIT_S = 0.8, 60, 1.0
_TOO_OLD = (
    "This database was made by a version from before texts were sealed, and cannot be carried over: its record is "
    "hashed in another way. Take what you need out of it with that version, then begin a new one (for the demo: "
    "remove the data folder)."
)
_NEWER = (
    "This database is at a step of the schema that this version does not have ({step}): a newer version or another "
    "branch made it. Start that version, or bring the step back; nothing was changed."
)
_STEP = re.compile(r"'(\d{4}_\w+)'")  # older databases' revisions have no number
_BUSY = (
    "The schema could not be brought to this version: a table's lock was not had in time, or another process is at "
    "the same. "
    "Nothing is half done; what was brought along stays. Try again when there is less to do (wardline migrate), and "
    "see pg_stat_activity for transactions that stay open."
)


class CannotMigrate(SystemExit):
    """The schema stays where it is. Says why, and what to do."""


class NoDatabase(SystemExit):
    """There is no database where this installation looks for one. Says where that is, and what to do."""


def urls(settings: Settings, *, make: bool = False) -> tuple[str, str]:
    """(service's URL, owner's URL). Starts the embedded server, and makes its roles, where no URL is set. A database
    that is not there yet is made only where `make` says so; else NoDatabase."""
    if settings.database_url:
        return settings.database_url, settings.database_owner_url or settings.database_url
    if not make and not embedded.exists(settings.data_dir):
        raise NoDatabase(
            f"There is no database in {settings.data_dir.resolve()}. To begin one there: "
            "wardline migrate --demo (or make up). "
            "If yours is elsewhere, name its folder in WARDLINE_DATA_DIR, or its server in WARDLINE_DATABASE_URL."
        )
    superuser = embedded.start(settings.data_dir)
    return create_database(superuser, DATABASE, settings.database_app_role)


def create_database(superuser_url: str, database: str, app_role: str) -> tuple[str, str]:
    """Make the roles and the database once; (service's URL, owner's URL)."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for role in (embedded.OWNER_ROLE, app_role):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE").format(
                        sql.Identifier(role)
                    )
                )
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(database), sql.Identifier(embedded.OWNER_ROLE)
                )
            )
            with psycopg.connect(_with(superuser_url, database=database), autocommit=True) as inside:
                inside.execute("CREATE EXTENSION IF NOT EXISTS vector")
    service = _with(superuser_url, database=database, user=app_role)
    return service, _with(superuser_url, database=database, user=embedded.OWNER_ROLE)


def migrations() -> Config:
    """Alembic's configuration. A new step's file is named by its revision, which begins with its number."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("file_template", "%%(rev)s")
    return config


def migrate(owner_url: str, app_role: str, *, to: str = "head", tries: int | None = None) -> None:
    """Bring the schema to a revision, as the owner. A step that did not get a lock in time was rolled back, and is
    tried again from where the schema stands; raises CannotMigrate when that did not help either, or the database is too
    old."""
    config = migrations()
    config.attributes["url"] = sqlalchemy_url(owner_url)
    config.attributes["app_role"] = app_role
    config.attributes["lock_timeout_s"] = LOCK_TIMEOUT_S
    for left in reversed(range(tries or TRIES)):
        try:
            command.upgrade(config, to)
            return
        except CommandError as error:
            if "Can't locate revision" not in str(error):
                raise
            step = _STEP.search(str(error))
            raise CannotMigrate(_NEWER.format(step=step[1]) if step else _TOO_OLD) from None
        except Exception as error:  # alembic loads its environment anew each time, and with it the class that is raised
            if not _is_busy(error):
                raise
            if not left:
                raise CannotMigrate(_BUSY) from error
            time.sleep(WAIT_S)


def _is_busy(error: Exception) -> bool:
    """Was a lock not had in time, was the step what gave way in a deadlock, or is another process migrating?"""
    cause = error.orig if isinstance(error, OperationalError) else error
    gave_way = isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected)
    return gave_way or type(error).__name__ == "AlreadyMigrating"


def _with(url: str, *, database: str, user: str | None = None) -> str:
    parts = urlsplit(url)
    netloc = parts.netloc
    if user is not None:
        host = netloc.rpartition("@")[2]
        netloc = f"{user}:@{host}"
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}"))
