"""Partitions by month: made ahead, removed when empty, and what was unique or kept before is so still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from db.base import new_id
from governance.seals.proofs import _ENTRIES as PROOF
from governance.tables import AuditEntry, of_session
from tests.conftest import Clone
from tests.governance.seals.sealed import APPEND
from tools.record import partitions
from tools.runtime.runtime import Runtime
from wiring import demo

TENANT = demo.TENANT_ID
MONTH = date(2031, 5, 1)


def month_id(at: datetime) -> UUID:
    """An id as it would be made at a time."""
    return UUID(int=(int(at.timestamp() * 1000) << 80) | (new_id().int & ((1 << 80) - 1)))


class Place:
    """A database, as the service and as its owner."""

    def __init__(self, clone: Clone) -> None:
        self.clone = clone

    @contextmanager
    def service(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self.clone.service) as connection:
            connection.execute("SELECT set_config('app.tenant', %s, true)", (str(TENANT),))
            yield connection

    def ask(self, statement: LiteralString, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.clone.superuser) as connection:
            return connection.execute(statement, parameters).fetchall()

    def make(self, table: str, month: date = MONTH) -> bool:
        with self.service() as connection:
            row = connection.execute("SELECT partition_make(%s, %s)", (table, month)).fetchone()
            assert row is not None
            return bool(row[0])

    def drop(self, name: str) -> bool:
        with self.service() as connection:
            row = connection.execute("SELECT partition_drop(%s)", (name,)).fetchone()
            assert row is not None
            return bool(row[0])

    def names(self, table: str) -> list[str]:
        rows = self.ask(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1", table
        )
        return [name for (name,) in rows]

    def conversation(self) -> UUID:
        [(found,)] = self.ask("SELECT id FROM conversation LIMIT 1") or [(None,)]
        if found is not None:
            return UUID(str(found))
        made = new_id()
        with self.service() as connection:
            connection.execute(
                "INSERT INTO conversation (id, tenant_id, channel, address, address_key, state, version, agent, "
                "language) VALUES (%s, %s, 'whatsapp', '', '', 'open', 1, 'concierge', 'en')",
                (made, TENANT),
            )
        return made

    def say(self, message_id: UUID, *, provider_id: str | None = None, answers: UUID | None = None) -> int:
        """Store a message as the service does; how many rows that made."""
        direction = "in" if answers is None else "out"
        with self.service() as connection:
            return connection.execute(
                "INSERT INTO message (id, tenant_id, conversation_id, direction, at, content, state, provider_id, "
                "author,"
                " in_reply_to) VALUES (%s, %s, %s, %s, now(), '', 'received', %s, 'patient', %s) ON CONFLICT DO "
                "NOTHING",
                (message_id, TENANT, self.conversation(), direction, provider_id, answers),
            ).rowcount

    def enter(self, session_id: UUID, started_at: datetime, *kinds: str) -> None:
        opening = psycopg.types.json.Jsonb(
            {"agent": "none", "channel": "rest", "principal": "test", "started_at": started_at.isoformat()}
        )
        bodies = ['{"at":"2031-05-02T00:00:00+00:00"}'] * len(kinds)
        with self.service() as connection:
            connection.execute(APPEND, (session_id, opening, list(kinds), bodies, [None] * len(kinds)))


@pytest.fixture
def place(own_clone: Clone) -> Place:
    return Place(own_clone)


def test_the_months_to_come_are_there_from_the_start(place: Place) -> None:
    for table in partitions.PARTITIONED:
        names = place.names(table)
        assert {f"{table}_first", f"{table}_rest"} < set(names)
        assert len(names) >= 2 + 4


def test_a_month_is_made_once_with_all_that_its_table_has(place: Place) -> None:
    for table in partitions.PARTITIONED:
        assert place.make(table)
        assert not place.make(table)
        [(indexes, secured, triggers)] = place.ask(
            "SELECT (SELECT count(*) FROM pg_index WHERE indrelid = c.oid), relrowsecurity,"
            " (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal) FROM pg_class c WHERE oid "
            "= %s::regclass",
            f"{table}_2031_05",
        )
        [(of_first, of_first_triggers)] = place.ask(
            "SELECT (SELECT count(*) FROM pg_index WHERE indrelid = c.oid),"
            " (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal) FROM pg_class c WHERE oid "
            "= %s::regclass",
            f"{table}_first",
        )
        assert (indexes, triggers) == (of_first, of_first_triggers)
        assert secured


def test_rows_go_to_their_month_and_those_without_one_are_taken_too(place: Place) -> None:
    at = datetime(2031, 5, 9, tzinfo=UTC)
    without, within = month_id(at), month_id(at)
    assert place.say(without) == 1
    assert not place.make("message")  # what lies in the rest stays there; nothing is moved under anyone's hands
    assert place.make("message", date(2031, 6, 1))
    assert place.say(within) == 1
    later = month_id(at + timedelta(days=31))
    assert place.say(later) == 1
    rows = dict(
        place.ask("SELECT id, tableoid::regclass::text FROM message WHERE id = ANY(%s)", [without, within, later])
    )
    assert rows == {without: "message_rest", within: "message_rest", later: "message_2031_06"}
    place.make("audit_entry")
    session = new_id()
    place.enter(session, at, "session_started", "heard")
    place.enter(session, at + timedelta(days=400), "heard")
    found = place.ask(
        "SELECT seq, tableoid::regclass::text FROM audit_entry WHERE session_id = %s ORDER BY seq", session
    )
    assert found == [(1, "audit_entry_2031_05"), (2, "audit_entry_2031_05"), (3, "audit_entry_2031_05")]


def test_a_session_has_each_number_once_whatever_the_month(place: Place) -> None:
    """Not even the owner writes a second entry of a number: its month must be the session's, and there the number is
    taken."""
    place.make("audit_entry")
    session = new_id()
    place.enter(session, datetime(2031, 5, 9, tzinfo=UTC), "heard")
    insert = (
        "INSERT INTO audit_entry (session_id, seq, tenant_id, kind, body, hash, month) VALUES (%s, 1, %s, "
        "'heard', '', '', %s)"
    )
    for month, error in ((MONTH, errors.UniqueViolation), (date(1, 1, 1), errors.ForeignKeyViolation)):
        with psycopg.connect(place.clone.superuser) as owner, pytest.raises(error):
            owner.execute(insert, (session, TENANT, month))
    with psycopg.connect(place.clone.superuser) as owner, pytest.raises(errors.IntegrityConstraintViolation):
        owner.execute("UPDATE llm_session SET month = '0001-01-01' WHERE id = %s", (session,))


def test_a_message_comes_once_and_is_answered_once_over_all_months(place: Place) -> None:
    place.make("message")
    first, again = new_id(), month_id(datetime(2031, 5, 9, tzinfo=UTC))
    assert place.say(first, provider_id="SM1") == 1
    assert place.say(again, provider_id="SM1") == 0
    answer, second = new_id(), month_id(datetime(2031, 5, 9, tzinfo=UTC))
    assert place.say(answer, answers=first) == 1
    with pytest.raises(errors.UniqueViolation):
        place.say(second, answers=first)
    with pytest.raises(errors.ForeignKeyViolation):
        place.say(second, answers=new_id())
    with place.service() as connection, pytest.raises(errors.UniqueViolation):
        connection.execute("UPDATE message SET provider_id = 'SM1' WHERE id = %s", (answer,))
    with place.service() as connection, pytest.raises(errors.ForeignKeyViolation):
        connection.execute("DELETE FROM message WHERE id = %s", (first,))
    with place.service() as connection:
        connection.execute("UPDATE message SET provider_id = 'SM2' WHERE id = %s", (answer,))
        connection.execute("UPDATE message SET provider_id = 'SM3' WHERE id = %s", (answer,))
    assert place.say(second, provider_id="SM2") == 1  # nobody has it any more
    with place.service() as connection:
        connection.execute("DELETE FROM message WHERE coalesce(in_reply_to, id) = %s", (first,))
    assert place.ask("SELECT provider_id, message_id FROM provider_message") == [("SM2", second)]
    assert place.ask("SELECT count(*) FROM message_answer") == [(0,)]


def scanned(place: Place, query: str, *parameters: object) -> set[str]:
    """The tables that a query, run as the service, looked into."""
    with place.service() as connection:
        row = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", parameters or None).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return set(_looked_into(row[0][0]["Plan"]))


def _looked_into(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"].endswith("Scan") and "Relation Name" in node and node["Actual Loops"]:
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _looked_into(child)


def test_what_names_an_id_or_a_session_looks_into_one_partition(place: Place) -> None:
    said, session = new_id(), new_id()
    place.say(said)
    place.make("audit_entry")
    place.enter(session, datetime(2031, 5, 9, tzinfo=UTC), "heard")
    entries = select(AuditEntry.seq).where(of_session(session))
    read = str(entries.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
    for query, where in {
        f"SELECT * FROM message WHERE id = '{said}'": {"message_first"},
        f"SELECT * FROM message WHERE id = '{said}' FOR UPDATE": {"message_first"},
        f"UPDATE message SET state = 'processed' WHERE id = '{said}'": {"message_first"},
        f"SELECT * FROM event_log WHERE id = '{said}'": {"event_log_first"},
        read: {"llm_session", "audit_entry_2031_05"},
    }.items():
        assert scanned(place, query) == where, query
    assert scanned(place, PROOF, TENANT, session, session, 1, 9) == {"llm_session", "audit_entry_2031_05"}


def test_two_transactions_that_store_the_same_message_make_one(place: Place) -> None:
    place.conversation()
    statement = (
        "INSERT INTO message (id, tenant_id, conversation_id, direction, at, content, state, provider_id, author)"
        " SELECT %s, tenant_id, id, 'in', now(), '', 'received', 'SM9', 'patient' FROM conversation LIMIT 1"
        " ON CONFLICT DO NOTHING"
    )
    with place.service() as one:
        assert one.execute(statement, (new_id(),)).rowcount == 1
        with place.service() as other:
            other.execute("SET LOCAL lock_timeout = '200ms'")
            with pytest.raises(errors.LockNotAvailable):  # it waits for the first to say what becomes of it
                other.execute(statement, (new_id(),))
    with place.service() as other:
        assert other.execute(statement, (new_id(),)).rowcount == 0


def test_only_what_is_over_and_empty_is_removed(place: Place) -> None:
    """Of every tenant: the owner, who removes it, sees all rows, though none is of a tenant of its own."""
    old = date(2024, 3, 1)
    with psycopg.connect(place.clone.superuser, autocommit=True) as owner:
        for table in partitions.PARTITIONED:  # what was there first ended long ago
            owner.execute(f"ALTER TABLE {table} DETACH PARTITION {table}_first")  # type: ignore[arg-type]
            owner.execute(f"DELETE FROM {table}_rest")  # type: ignore[arg-type]
    assert all(place.make(table, old) for table in partitions.PARTITIONED)
    said = month_id(datetime(2024, 3, 9, tzinfo=UTC))
    assert place.say(said) == 1
    assert not place.drop("message_2024_03")
    assert not place.drop("message_rest")
    assert not place.drop(place.names("message")[-2])  # empty, and still to come
    assert not place.drop("message")
    assert not place.drop("patient")
    with place.service() as connection:
        connection.execute("DELETE FROM message WHERE id = %s", (said,))
    for table in partitions.PARTITIONED:
        assert place.drop(f"{table}_2024_03")
        assert f"{table}_2024_03" not in place.names(table)
    assert place.say(said) == 1  # a late one is taken all the same


def test_making_a_partition_gives_way_to_a_turn(place: Place) -> None:
    place.say(new_id())
    with place.service() as turn:
        turn.execute("SELECT count(*) FROM message")
        with pytest.raises(errors.LockNotAvailable):
            place.make("message")
    assert place.make("message")


def test_the_service_makes_no_table_and_no_month_of_its_own_liking(place: Place) -> None:
    with place.service() as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE mine (id uuid)")
    with place.service() as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("SELECT partition_dress('message', 'patient')")
    for table, month in (("patient", MONTH), ("message", date(2031, 5, 2))):
        with pytest.raises(errors.InvalidParameterValue):
            place.make(table, month)


async def test_the_job_makes_what_is_missing_and_removes_what_is_over(
    own_runtime: Runtime, own_clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(own_clone)
    [(newest,)] = place.ask("SELECT date_trunc('month', now() AT TIME ZONE 'UTC')::date + interval '4 months'")
    missing = f"message_{newest:%Y_%m}"
    assert missing in place.names("message")
    with psycopg.connect(own_clone.superuser, autocommit=True) as owner:
        for name in (missing, "audit_entry_first"):
            parent = name.rpartition("_first")[0] or "message"
            owner.execute(f"ALTER TABLE {parent} DETACH PARTITION {name}")  # type: ignore[arg-type]
        owner.execute(f"DROP TABLE {missing}")  # type: ignore[arg-type]
    assert place.make("audit_entry", date(2024, 3, 1))
    await partitions.keep_partitions(own_runtime)
    assert missing in place.names("message")
    assert "audit_entry_2024_03" not in place.names("audit_entry")
    assert place.ask("SELECT reltuples >= 0 FROM pg_class WHERE relname = 'event_log'") == [(True,)]


async def test_the_job_leaves_what_is_locked_to_the_next_day(
    own_runtime: Runtime, own_clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "WAIT_S", 0.0)
    monkeypatch.setattr(partitions, "TRIES", 1)
    monkeypatch.setattr(partitions, "MONTHS_AHEAD", 7)
    place = Place(own_clone)
    before = place.names("message")
    with place.service() as turn:
        turn.execute("SELECT count(*) FROM message")
        await partitions.keep_partitions(own_runtime)
    assert place.names("message") == before
    await partitions.keep_partitions(own_runtime)
    assert set(place.names("message")) > set(before)
