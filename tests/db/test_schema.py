"""The migrations make exactly the tables that the code declares, and isolate every one of them."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from db.engine import sqlalchemy_url
from tests.conftest import Clone
from tools.rooms import metadata

SHARED = {"tenant", "alembic_version", "key_check"}


def test_migrations_and_tables_agree(clone: Clone) -> None:
    engine = create_engine(sqlalchemy_url(clone.owner))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _ours})
        assert compare_metadata(context, metadata()) == []
    engine.dispose()


def _ours(thing: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    return not (kind == "table" and (name or "").startswith("procrastinate"))


def test_every_table_is_isolated_and_owned_by_another(clone: Clone) -> None:
    engine = create_engine(sqlalchemy_url(clone.service))
    query = text(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, pg_get_userbyid(c.relowner) FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'"
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
    assert [name for name, secured, _ in ours if not secured] == []
    assert all(owner == "wardline_owner" for _, _, owner in rows)
