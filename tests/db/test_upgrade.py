"""A database of the version before, brought along, is the one that would be made today; what was in it is there, and
the record is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from db import provision
from db.base import new_id
from db.engine import Database, driver_of
from evals.soak import upgrade
from governance.seals.chains import chain_breaks
from tests.conftest import Server
from tests.db import catalog
from tests.db.test_migrations import BEFORE, empty
from tests.governance.seals.sealed import APPEND

TENANT, OTHER = new_id(), new_id()
_STORE = (
    "INSERT INTO message (id, tenant_id, conversation_id, direction, at, content, state, provider_id, author, "
    "in_reply_to) VALUES (%s, %s, %s, %s, now(), 'x', 'processed', %s, 'patient', %s)"
)


@contextmanager
def as_service(owner: str, tenant: Any) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(owner.replace("wardline_owner", "wardline_app")) as connection:
        connection.execute("SELECT set_config('app.tenant', %s, true)", (str(tenant),))
        yield connection


def filled(owner: str) -> None:
    """Some rows of two tenants in each table that is about to lie in partitions, and in what refers to them."""
    with psycopg.connect(owner) as connection:
        for tenant in (TENANT, OTHER):
            connection.execute(
                "INSERT INTO tenant (id, slug, name, zone, country) VALUES (%s, %s, '', 'UTC', 'IN')",
                (tenant, tenant.hex),
            )
    for tenant in (TENANT, OTHER):
        with as_service(owner, tenant) as connection:
            for number in range(3):
                append(connection, new_id(), number + 1)
            conversation, asked, answered = new_id(), new_id(), new_id()
            connection.execute(
                "INSERT INTO conversation (id, tenant_id, channel, address, address_key, state, version, agent, "
                "language) VALUES (%s, %s, 'whatsapp', '', '', 'open', 1, 'concierge', 'en')",
                (conversation, tenant),
            )
            connection.execute(_STORE, (asked, tenant, conversation, "in", "SM1", None))
            connection.execute(_STORE, (answered, tenant, conversation, "out", "SM2", asked))


def append(connection: psycopg.Connection[Any], session_id: Any, entries: int) -> None:
    opening = '{"agent":"none","channel":"rest","principal":"test","started_at":"2026-11-23T09:00:00+00:00"}'
    event = (
        f'[{{"id":"{new_id()}","type":"A.Thing","entity_id":"{session_id}","payload":{{}},'
        '"at":"2026-11-23T09:00:00Z"}]'
    )
    statement = APPEND.replace("'[]'", "%s")
    values = (session_id, opening, ["heard"] * entries, ['{"n":1}'] * entries, [None] * entries, event)
    connection.execute(statement, values)


def counts(superuser: str) -> list[Any]:
    with psycopg.connect(superuser) as connection:
        return connection.execute(
            "SELECT (SELECT count(*) FROM audit_entry), (SELECT count(*) FROM event_log), (SELECT count(*) FROM "
            "message), (SELECT max(seq) FROM event_log), (SELECT max(seq) FROM message)"
        ).fetchall()


async def breaks(owner: str, tenant: Any) -> int:
    database = Database(owner.replace("wardline_owner", "wardline_app"), pool_size=1)
    async with database.begin(tenant) as session:
        found = await chain_breaks(await driver_of(session), tenant)
    await database.close()
    return len(found)


async def test_an_upgraded_database_is_as_one_made_today(server: Server) -> None:
    with empty(server) as upgraded, empty(server) as fresh:
        provision.migrate(fresh, "wardline_app")
        catalog.restore(upgraded, BEFORE.read_text())
        filled(upgraded)
        superuser = upgraded.replace("wardline_owner", "postgres")
        had = counts(superuser)
        files = files_of(superuser, "")
        provision.migrate(upgraded, "wardline_app")
        assert catalog.statements(upgraded) == catalog.statements(fresh)
        assert counts(superuser) == had == [(12, 6, 4, 6, 4)]
        assert files_of(superuser, "_first") == files  # not a row was written anew
        assert [await breaks(upgraded, tenant) for tenant in (TENANT, OTHER)] == [0, 0]
        with psycopg.connect(superuser) as connection:
            rows = connection.execute("SELECT provider_id FROM provider_message ORDER BY 1").fetchall()
            assert rows == [("SM1",), ("SM1",), ("SM2",), ("SM2",)]
            assert connection.execute("SELECT count(*) FROM message_answer").fetchone() == (2,)
            assert not connection.execute("SELECT 1 FROM pg_constraint WHERE NOT convalidated").fetchall()
            [session] = connection.execute(
                "SELECT id FROM llm_session WHERE tenant_id = %s LIMIT 1", (TENANT,)
            ).fetchall()
        with as_service(upgraded, TENANT) as connection:  # a session from before goes on, and another begins
            append(connection, session[0], 2)
            append(connection, new_id(), 2)
        assert counts(superuser) == [(16, 8, 4, 8, 4)]  # the numbers go on, too
        assert await breaks(upgraded, TENANT) == 0


def files_of(superuser: str, suffix: str) -> list[Any]:
    """The files that hold the tables' rows."""
    with psycopg.connect(superuser) as connection:
        return [
            connection.execute(
                "SELECT relfilenode FROM pg_class WHERE oid = %s::regclass", (table + suffix,)
            ).fetchone()
            for table in ("audit_entry", "event_log", "message")
        ]


def test_a_migration_that_was_broken_off_goes_on(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """While someone reads entries for long, the step that looks at rows is through and the one that takes the table is
    not."""
    monkeypatch.setattr(provision, "LOCK_TIMEOUT_S", 0.1)
    monkeypatch.setattr(provision, "WAIT_S", 0.0)
    with empty(server) as upgraded, empty(server) as fresh:
        catalog.restore(upgraded, BEFORE.read_text())
        filled(upgraded)
        provision.migrate(upgraded, "wardline_app", to="0014_partition_functions")
        with psycopg.connect(upgraded) as busy:
            busy.execute("SELECT count(*) FROM audit_entry")
            with pytest.raises(provision.CannotMigrate):
                provision.migrate(upgraded, "wardline_app", tries=2)
        with psycopg.connect(upgraded) as connection:  # as if it had been killed in the midst of what is no transaction
            connection.execute("UPDATE alembic_version SET version_num = '0012_session_months'")
            connection.execute(
                "DROP FUNCTION partition_attach_first, partitions_analyze, partition_drop, partition_make"
            )
            connection.execute("DROP FUNCTION partition_dress, partition_name, partition_bound")
        provision.migrate(upgraded, "wardline_app")
        provision.migrate(fresh, "wardline_app")
        assert catalog.statements(upgraded) == catalog.statements(fresh)


@pytest.mark.timeout(400)  # seven processes start in it, some on a busy machine
@pytest.mark.soak
async def test_a_service_of_the_version_before_goes_on_while_it_is_upgraded() -> None:
    with upgrade.tree_before() as tree:
        if tree is None:
            pytest.skip("the history that holds the version before is not here")
        outcome = await upgrade.run(tree, conversations=6, messages=12)
    assert outcome.good, outcome
