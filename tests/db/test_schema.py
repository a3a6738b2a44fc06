"""The migrations make exactly the tables that the code declares, and isolate every one of them."""

from __future__ import annotations

import re
from typing import Any

import psycopg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from db.engine import sqlalchemy_url
from db.isolation import isolation_statements
from tests.conftest import Clone, Server
from tests.db import catalog
from tests.db.test_migrations import empty
from tools.rooms import metadata

SHARED = {"tenant", "alembic_version", "key_check"}
OWNER_FREE = {"provider_message", "message_answer"}  # written by a trigger, as the owner
PARTITIONED = ("audit_entry", "event_log", "message")
_PARTITION = re.compile(rf"\b(?:{'|'.join(PARTITIONED)})_(?:first|rest|\d\d\d\d_\d\d)")
# No table declares an exclusion: SQLAlchemy's would need operators for each column that the migration's expressions
# spare.
_TOLD = re.compile(r"CREATE (TABLE|(UNIQUE )?INDEX|POLICY)|ALTER TABLE (?!.* EXCLUDE )|GRANT (?!EXECUTE|USAGE)")


def test_migrations_and_tables_agree(clone: Clone) -> None:
    engine = create_engine(sqlalchemy_url(clone.owner))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": _ours, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata()) == []
    engine.dispose()


def _ours(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """The queue's tables aside, and partitions: to each of these a key that refers to their table has a part of its
    own."""
    if kind == "foreign_key_constraint":
        return not any(_PARTITION.match(element.target_fullname) for element in thing.elements)
    return not (kind == "table" and ((name or "").startswith("procrastinate") or _PARTITION.match(name or "")))


def _of_our_tables(url: str) -> set[str]:
    """What concerns the code's own tables, their partitions aside."""
    told = {statement for statement in catalog.statements(url, by_name=True) if _TOLD.match(statement)}
    return {one for one in told if "procrastinate" not in one and "alembic" not in one and not _PARTITION.search(one)}


def test_the_database_is_what_the_tables_and_the_rule_of_isolation_say(clone: Clone, server: Server) -> None:
    """Columns, defaults, keys, checks, indexes, policies and grants, one by one. What is missing in a migration is in
    the difference as the statement that would make it."""
    with empty(server) as declared:
        with psycopg.connect(declared) as connection:
            for statement in catalog.statements(clone.owner):  # which generated columns use
                if statement.startswith("CREATE OR REPLACE FUNCTION public.searchable"):
                    connection.execute(statement)  # type: ignore[arg-type]
        engine = create_engine(sqlalchemy_url(declared))
        with engine.begin() as connection:
            metadata().create_all(connection)
            for table in metadata().sorted_tables:
                for statement in isolation_statements(table, "wardline_app"):
                    connection.execute(text(statement))
        engine.dispose()
        made = _of_our_tables(clone.owner)
        assert len(made) > 400
        assert _of_our_tables(declared) ^ made == set()


def test_every_table_is_isolated_and_owned_by_another(clone: Clone) -> None:
    engine = create_engine(sqlalchemy_url(clone.service))
    query = text(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner), c.relispartition,"
        " has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
        flags = connection.execute(
            text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).one()
    engine.dispose()
    assert not any(flags)
    ours = [row for row in rows if not row[0].startswith("procrastinate") and row[0] not in SHARED]
    assert len(ours) > 20
    assert [name for name, secured, *_ in ours if not secured] == []
    assert {name for name, _, forced, _, part, _ in ours if not forced and not part} == OWNER_FREE
    assert [name for name, *_, part, may in ours if part and may] == []  # through their table alone
    assert sum(part for *_, part, _ in ours) > 3 * 5
    assert all(owner == "wardline_owner" for _, _, _, owner, *_ in rows)
