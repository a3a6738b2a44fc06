"""Roles, database and migrations: everything that stands before the service's first query."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from psycopg import sql

from db import embedded
from db.engine import sqlalchemy_url
from settings import Settings

DATABASE = "wardline"


class NoDatabase(SystemExit):
    """There is no database where this installation looks for one. Says where that is, and what to do."""


def urls(settings: Settings, *, make: bool = False) -> tuple[str, str]:
    """(service's URL, owner's URL). Starts the embedded server, and makes its roles, where no URL is set. A database that
    is not there yet is made only where `make` says so; else NoDatabase."""
    if settings.database_url:
        return settings.database_url, settings.database_owner_url or settings.database_url
    if not make and not embedded.exists(settings.data_dir):
        raise NoDatabase(
            f"There is no database in {settings.data_dir.resolve()}. To begin one there: wardline migrate --demo (or make up). "
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


def migrate(owner_url: str, app_role: str) -> None:
    """Bring the schema to the newest revision, as the owner."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = sqlalchemy_url(owner_url)
    config.attributes["app_role"] = app_role
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        if "Can't locate revision" not in str(error):
            raise
        raise SystemExit(
            "This database was made by a version from before texts were sealed, and cannot be carried over: its record is "
            "hashed in another way. Take what you need out of it with that version, then begin a new one (for the demo: "
            "remove the data folder)."
        ) from None


def _with(url: str, *, database: str, user: str | None = None) -> str:
    parts = urlsplit(url)
    netloc = parts.netloc
    if user is not None:
        host = netloc.rpartition("@")[2]
        netloc = f"{user}:@{host}"
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}"))
