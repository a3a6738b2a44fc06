"""Whatever grows has a rule, and what is past it goes, a part at a time, however much there is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.conftest import NOW
from tests.tools.hospital import TENANT, call, new_patient, rows, run_jobs
from tools.conversations.inbox import Incoming, receive
from tools.record.retention import nightly
from tools.rooms import metadata
from tools.runtime import rooms
from tools.runtime.runtime import Runtime


def test_every_table_has_a_rule() -> None:
    """Each room says of its tables what ends their rows, or why they stay, and lets go of what it says."""
    tables = metadata().tables
    assert set(rooms.rules()) == set(tables)
    ended = {(room.name, rule) for room in rooms.all_rooms() for rule in room.ends.values()}
    assert {rule for _, rule in ended} == set(rooms.data_classes())
    assert ended <= {(room.name, rule) for room in rooms.all_rooms() for rule in room.deletes}


async def test_what_is_past_goes_in_parts(own_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MOST_A_TIME", 3)
    patient_id = await new_patient(own_runtime)
    for number in range(5):
        await receive(own_runtime, TENANT, Incoming("whatsapp", "+919845010077", "hello", f"SM-{number}"))
        message = {"patient_id": patient_id, "purpose": "reminder", "body": "x"}
        await call(own_runtime, "communications.send_communication", **message)
    async with own_runtime.database.begin(TENANT) as session:
        old = NOW - timedelta(days=3000)
        reply = (
            "INSERT INTO message (id, tenant_id, conversation_id, direction, at, content, state, author, in_reply_to)"
            " SELECT gen_random_uuid(), tenant_id, conversation_id, 'out', at, content, 'sent', 'x', id FROM message"
            " WHERE direction = 'in' LIMIT 2"
        )
        await session.execute(text(reply))
        for table, column in (("message", "at"), ("communication", "at")):
            await session.execute(text(f"UPDATE {table} SET {column} = :old"), {"old": old})
        fresh = await session.scalar(text("SELECT count(*) FROM event_log"))
        report = (
            "INSERT INTO delivery_report (id, tenant_id, provider_id, status, at)"
            " SELECT gen_random_uuid(), :t, 'SM' || n, 'sent', :old FROM generate_series(1, 7) n"
        )
        await session.execute(text(report), {"t": TENANT, "old": old})
    await nightly(own_runtime, tenant=str(TENANT))
    for _ in range(10):
        await run_jobs(own_runtime, "record.apply_retention")
    for table in ("message", "communication", "delivery_report"):
        assert await rows(own_runtime, f"SELECT 1 FROM {table}") == [], table
    assert len(await rows(own_runtime, "SELECT 1 FROM event_log")) >= int(fresh or 0)  # a month old at least


async def test_old_events_go_and_the_service_cannot_take_others(own_clone_owner: str, own_runtime: Runtime) -> None:
    import psycopg

    await new_patient(own_runtime)
    with psycopg.connect(own_clone_owner) as owner:
        owner.execute("ALTER TABLE event_log DISABLE TRIGGER append_only")
        owner.execute("ALTER TABLE event_log NO FORCE ROW LEVEL SECURITY")
        owner.execute("UPDATE event_log SET at = at - interval '500 days'")
        owner.execute("ALTER TABLE event_log FORCE ROW LEVEL SECURITY")
        owner.execute("ALTER TABLE event_log ENABLE TRIGGER append_only")
    assert len(await rows(own_runtime, "SELECT 1 FROM event_log")) > 0
    await nightly(own_runtime, tenant=str(TENANT))
    left = await rows(own_runtime, "SELECT type FROM event_log")
    assert [row[0] for row in left] == ["Retention.Applied"]
    with pytest.raises(Exception, match="a month at least"):
        await rows(own_runtime, "SELECT events_purge(now(), 10)")


@pytest.fixture
def own_clone_owner(own_clone: object) -> str:
    return own_clone.owner  # type: ignore[attr-defined,no-any-return]
