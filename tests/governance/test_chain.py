"""The record: nobody changes it through the service or as the owner, and whoever does it below them is found out."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from db.base import new_id
from db.engine import Database, direct, driver_of
from governance.chain import (
    Head,
    Row,
    content_digest,
    first_break,
    genesis,
    link,
)
from governance.record import Record, SessionHeader, canonical, digest
from governance.seals.chains import chain_breaks
from governance.seals.report import Break
from governance.tables import LLMSession
from tests.conftest import NOW, Clone
from tools.rooms import load
from wiring.demo import TENANT_ID

load()
NO_KEYS: Any = None  # nothing here is sealed


@pytest.fixture
async def database(clone: Clone) -> AsyncIterator[Database]:
    made = Database(clone.service, pool_size=8)
    yield made
    await made.close()


async def written(database: Database, *bodies: dict[str, Any], session_id: UUID | None = None) -> UUID:
    """A session with one entry a body, all in one transaction."""
    header = SessionHeader(id=session_id or uuid4(), agent="none", channel="test", principal="test", started_at=NOW)
    async with database.begin(TENANT_ID) as session:
        record = Record(header)
        for body in bodies:
            record.append("state", body)
        event = {"id": uuid4(), "type": "Test.Happened", "entity_id": header.id, "payload": {"n": 1}, "at": NOW}
        await record.flush(session, NO_KEYS, [event])
    return header.id


async def breaks(database: Database, session_id: UUID) -> list[tuple[int, str]]:
    async with database.begin(TENANT_ID) as session:
        found = await chain_breaks(await driver_of(session), TENANT_ID)
        return [(b.seq, b.reason) for b in found if b.session_id == session_id]


FIVE = tuple({"number": number, "text": "कल ten é"} for number in range(1, 6))


async def test_a_chain_that_grows_is_whole(database: Database) -> None:
    session_id = await written(database, *FIVE)
    await written(database, {"more": True, "nul": "a\x00b"}, session_id=session_id)
    assert await breaks(database, session_id) == []
    async with database.begin(TENANT_ID) as session:
        assert await chain_breaks(await driver_of(session), TENANT_ID) == []
        rows = (
            await session.execute(text("SELECT seq, body FROM audit_entry WHERE session_id = :id"), {"id": session_id})
        ).all()
    assert sorted(row[0] for row in rows) == [1, 2, 3, 4, 5, 6]
    assert json.loads(dict(rows)[6]) == {"more": True, "nul": "a�b"}


async def test_many_writers_of_one_session(database: Database) -> None:
    session_id = uuid4()
    await asyncio.gather(*(written(database, {"writer": n}, {"again": n}, session_id=session_id) for n in range(16)))
    assert await breaks(database, session_id) == []
    async with database.begin(TENANT_ID) as session:
        head = await session.scalar(text("SELECT head_seq FROM llm_session WHERE id = :id"), {"id": session_id})
    assert head == 32


async def test_an_effect_that_is_rolled_back_leaves_no_entry(database: Database) -> None:
    session_id = await written(database, {"first": True})
    header = SessionHeader(id=session_id, agent="none", channel="test", principal="test", started_at=NOW)
    async with database.begin(TENANT_ID) as session:
        record = Record(header)
        record.append("state", {"second": True})
        await record.flush(session, NO_KEYS, [])
        await session.rollback()
    await written(database, {"third": True}, session_id=session_id)
    assert await breaks(database, session_id) == []


CHANGES = (
    "UPDATE {table} SET tenant_id = tenant_id", "DELETE FROM {table}", "TRUNCATE {table} CASCADE",
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("table", ["audit_entry", "llm_session", "event_log", "llm_response"])
async def test_the_service_may_not_change_the_record(database: Database, table: str, change: str) -> None:
    await written(database, *FIVE)
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner") as refused:
        async with database.begin(TENANT_ID) as session:
            await session.execute(text(change.format(table=table)))
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege) or table == "llm_response"


@pytest.mark.parametrize("table", ["audit_entry", "llm_session", "event_log"])
async def test_the_service_may_not_write_past_the_function(database: Database, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.begin(TENANT_ID) as session:
            await session.execute(text(f"INSERT INTO {table} DEFAULT VALUES"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entry SET body = '{}'", "DELETE FROM audit_entry", "TRUNCATE audit_entry",
        "TRUNCATE llm_session CASCADE", "DELETE FROM llm_session", "UPDATE llm_session SET head_seq = head_seq - 1",
        "UPDATE llm_session SET head_hash = '\\x00'", "UPDATE event_log SET payload = '{}'", "DELETE FROM event_log",
    ],
)  # fmt: skip
async def test_the_owner_may_not_either(clone: Clone, database: Database, change: str) -> None:
    session_id = await written(database, *FIVE)
    owner = Database(clone.owner, pool_size=1)
    with pytest.raises(IntegrityError, match=r"append-only|only grows"):
        async with owner.begin(TENANT_ID) as session:
            await session.execute(text(change))
    await owner.close()
    assert await breaks(database, session_id) == []


FORGED = "UPDATE audit_entry SET {what} WHERE session_id = %(id)s AND seq = {seq}"
REMOVED = "DELETE FROM audit_entry WHERE session_id = %(id)s AND seq {seqs}"
NO_MATCH, MISSING = "the entry does not match its hash", "the entry is missing"


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ([FORGED.format(what="body = replace(body, 'ten', 'two')", seq=2)], (2, NO_MATCH)),
        ([FORGED.format(what="body = body || ' '", seq=5)], (5, NO_MATCH)),
        ([FORGED.format(what="kind = 'tool_call'", seq=1)], (1, NO_MATCH)),
        ([FORGED.format(what="hash = sha256(hash)", seq=3)], (3, NO_MATCH)),
        ([REMOVED.format(seqs="= 3")], (3, MISSING)),
        ([REMOVED.format(seqs="= 1")], (1, MISSING)),
        ([REMOVED.format(seqs="> 3")], (4, MISSING)),
        ([REMOVED.format(seqs="> 0")], (1, MISSING)),
        ([FORGED.format(what="seq = 99", seq=2), FORGED.format(what="seq = 2", seq=4),
        FORGED.format(what="seq = 4", seq=99)],
         (2, NO_MATCH)),
        ([REMOVED.format(seqs="= 5"), "UPDATE llm_session SET head_seq = 4 WHERE id = %(id)s"],
         (4, "the session's head does not match its last entry")),
        (["UPDATE llm_session SET head_seq = 4 WHERE id = %(id)s"], (5, "the entry is not the session's own")),
        (["UPDATE llm_session SET head_hash = '\\x00' WHERE id = %(id)s"],
         (5, "the session's head does not match its last entry")),
        ([REMOVED.format(seqs="= 3"), "UPDATE audit_entry SET seq = seq - 1 WHERE session_id = %(id)s AND seq > 3"],
         (3, NO_MATCH)),
    ],
)  # fmt: skip
async def test_tampering_below_is_found(
    clone: Clone, database: Database, tampering: list[str], found: tuple[int, str]
) -> None:
    """As the superuser with triggers off: each session's first break is named, and no other session's."""
    session_id, other = await written(database, *FIVE), await written(database, *FIVE)
    with psycopg.connect(clone.superuser) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in tampering:
            assert connection.execute(statement.encode(), {"id": session_id}).rowcount >= 1
    assert await breaks(database, session_id) == [found]
    assert await breaks(database, other) == []
    with psycopg.connect(clone.superuser) as connection:  # leave a whole record to the tests that share the database
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM audit_entry WHERE session_id = %s", (session_id,))
        connection.execute("DELETE FROM llm_session WHERE id = %s", (session_id,))


async def test_entries_of_another_tenant_cannot_be_written(database: Database) -> None:
    """A session is its tenant's: under another one it cannot even be found to be continued."""
    session_id = await written(database, {"first": True})
    stranger = SessionHeader(id=session_id, agent="none", channel="test", principal="test", started_at=NOW)
    record = Record(stranger)
    record.append("state", {"forged": True})
    async with database.begin(uuid4()) as session:
        with pytest.raises(DBAPIError):
            await record.flush(session, NO_KEYS, [])
        await session.rollback()
    assert await breaks(database, session_id) == []


def head_of(session_id: UUID, **changes: Any) -> Head:
    values = {
        "id": session_id, "tenant_id": TENANT_ID, "agent": "none", "channel": "test", "principal": "test",
        "patient_id": None, "conversation_id": None, "started_at": NOW, "ended_at": None, "outcome": None,
        "head_seq": 0, "head_hash": b"", **changes,
    }  # fmt: skip
    return Head(**values)


def chain(session_id: UUID, bodies: list[tuple[str, bytes | None]]) -> tuple[Head, list[Row]]:
    entries: list[Row] = []
    previous = genesis(head_of(session_id))
    for seq, (body, sealed) in enumerate(bodies, 1):
        previous = link(previous, content_digest(seq, "state", body, sealed))
        entries.append((seq, "state", body, sealed, previous))
    return head_of(session_id, head_seq=len(entries), head_hash=previous), entries


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
contents = st.tuples(words, st.none() | st.binary(min_size=1, max_size=20))


@given(st.lists(contents, min_size=1, max_size=8), st.data())
def test_any_one_change_is_found_where_it_is(bodies: list[tuple[str, bytes | None]], data: st.DataObject) -> None:
    head, entries = chain(uuid4(), bodies)
    assert first_break(head, entries) is None
    place = data.draw(st.integers(0, len(entries) - 1))
    seq, kind, body, sealed, stored = entries[place]
    other = data.draw(contents.filter(lambda content: content != (body, sealed)))
    changed = [*entries[:place], (seq, kind, *other, stored), *entries[place + 1 :]]
    assert first_break(head, changed) == Break(NO_MATCH, head.id, seq)
    removed = [*entries[:place], *entries[place + 1 :]]
    assert first_break(head, removed) == Break(MISSING, head.id, seq)


@pytest.mark.parametrize(
    "change",
    [{"id": uuid4()}, {"tenant_id": uuid4()}, {"agent": "other"}, {"channel": "x"}, {"principal": "x"},
    {"patient_id": uuid4()},
     {"conversation_id": uuid4()}, {"started_at": NOW + timedelta(microseconds=1)}, {"ended_at": NOW},
     {"outcome": "x"}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_what_a_session_was_opened_with_cannot_be_changed(change: dict[str, Any]) -> None:
    head, entries = chain(uuid4(), [("{}", None), ("{}", b"x")])
    assert first_break(head, entries) is None
    assert first_break(dataclasses.replace(head, **change), entries) is not None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(words, json_values, max_size=6))
def test_the_same_value_gives_the_same_bytes(value: dict[str, Any]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical(value) == canonical(turned) and digest(value) == digest(turned)
    if "\\u0000" not in json.dumps(value) and "\\\\u0000" not in json.dumps(value):
        assert json.loads(canonical(value)) == value


async def test_first_entries_at_once(clone: Clone) -> None:
    """Who is first to write in a session makes it; the others go on after, whichever unique index they meet."""
    database = Database(clone.service, pool_size=12)
    header = canonical({"agent": "none", "channel": "test", "principal": "test", "started_at": NOW})
    append = "SELECT record_append(%s, %s::jsonb, %s::text[], %s::text[], %s::bytea[], '[]')"

    async def write(session_id: UUID) -> None:
        async with database.begin(TENANT_ID) as session:
            await direct(session, append, (session_id, header, ["state"], ["{}"], [None]))

    sessions = [new_id() for _ in range(60)]
    for session_id in sessions:
        await asyncio.gather(*(write(session_id) for _ in range(12)))
    async with database.begin(TENANT_ID) as session:
        heads = await session.scalars(select(LLMSession.head_seq).where(LLMSession.id.in_(sessions)))
        assert list(heads) == [12] * 60
    await database.close()
