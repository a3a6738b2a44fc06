"""Alerts over a real socket: signed, in order, at least once, to nobody but whom they are for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, text
from standardwebhooks.webhooks import WebhookVerificationError

from db.engine import Database
from tests.conftest import NOW, Server, cloned, settings_for, staff
from tests.doubles.webhook_receiver import Answer, WebhookReceiver, verified
from tests.tools.alerts.alerting import (
    deliveries,
    endpoint,
    entities_told,
    follow,
    happen,
    later,
    send,
    state_of,
    states,
)
from tests.tools.hospital import TENANT, call, refused, rows, tools_over, work_off
from tools.alerts import delivery, posting
from tools.alerts.addresses import AddressRules
from tools.alerts.delivery import MAX_ATTEMPTS, PAUSE_AFTER, WAITS_S
from tools.runtime.events import Event
from tools.runtime.jobs import TASKS
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from tools.runtime.tables import TenantRecord
from tools.runtime.unit_of_work import unit_of_work
from worker.main import register

OTHER = UUID("00000000-0000-4000-8000-00000000000c")
DETECTED = "PolicyViolation.Detected"


@pytest.fixture(scope="module")
def receiver_() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as running:
        yield running


@pytest.fixture
def receiver(receiver_: WebhookReceiver) -> WebhookReceiver:
    receiver_.reset()
    return receiver_


@pytest.fixture(scope="module")
async def hospital(server: Server) -> AsyncIterator[Runtime]:
    """A hospital that may send to this machine, and another tenant beside it."""
    async with cloned(server) as clone, tools_over(clone) as made:
        made.services.put(AddressRules, AddressRules(allow_local=True))
        owner = Database(clone.owner, pool_size=1)
        async with owner.begin(OTHER) as session:
            await session.execute(insert(TenantRecord).values(id=OTHER, slug="c", name="C", zone="UTC", country="US"))
        await owner.close()
        register(made)
        yield made


@pytest.fixture
async def alerting(hospital: Runtime) -> AsyncIterator[Runtime]:
    """Without endpoints or jobs of other tests, and with a clock that may be moved."""
    yield hospital
    hospital.clock.frozen = NOW
    for tenant_id in (TENANT, OTHER):
        async with hospital.database.begin(tenant_id) as session:
            for table in ("webhook_delivery", "webhook_endpoint", "procrastinate_jobs"):
                await session.execute(text(f"DELETE FROM {table}"))


async def test_an_alert_is_signed_and_sent_once(alerting: Runtime, receiver: WebhookReceiver) -> None:
    made = await endpoint(alerting, f"{receiver.url}/once")
    assert made["secret"].startswith("whsec_")
    (entity,) = await happen(alerting, DETECTED, times=2, severity="high", rule="pii")
    for _ in range(2):
        await send(alerting, made)
    (asked,) = receiver.at("/once")
    ((event_id,),) = await rows(alerting, "SELECT id FROM event_log WHERE entity_id = :id", id=entity)
    (sent,) = await deliveries(alerting, made)
    message = verified(asked, made["secret"])
    assert message["type"] == DETECTED and datetime.fromisoformat(message["timestamp"]) == NOW
    ids = {"id": sent["id"], "event_id": str(event_id), "entity_id": str(entity)}
    assert message["data"] == {**ids, "severity": "high", "rule": "pii"}
    assert asked.headers["webhook-id"] == sent["id"] and asked.headers["content-type"] == "application/json"
    assert (sent["state"], sent["attempts"], sent["last_status"]) == ("delivered", 1, 200)
    with pytest.raises(WebhookVerificationError):
        verified(asked, posting.new_secret())


async def test_the_wanted_alone(alerting: Runtime, receiver: WebhookReceiver) -> None:
    """By type, by severity, and each of several events of one entity."""
    grave = await endpoint(alerting, f"{receiver.url}/grave", minimum_severity="high")
    erased = await endpoint(alerting, f"{receiver.url}/erased", events=["Patient.Erased", DETECTED])
    await happen(alerting, DETECTED, severity="medium")
    await happen(alerting, DETECTED, severity="critical")
    await happen(alerting, "Patient.Erased", keys=2)
    await happen(alerting, "Ticket.Created")
    assert [d["event_type"] for d in await deliveries(alerting, grave)] == [DETECTED, "Patient.Erased"]
    assert [d["event_type"] for d in await deliveries(alerting, erased)] == [DETECTED, DETECTED, "Patient.Erased"]
    caller, entity = system(TENANT, "test"), uuid4()
    async with unit_of_work(alerting, TENANT, header=alerting.header_for(caller, "event")) as opened:
        opened.events += [Event("Policy.Changed", entity, {"was": str(turn)}) for turn in range(3)]
    await follow(alerting, entity)
    for made, path in ((grave, "/grave"), (erased, "/erased")):
        await send(alerting, made)
        was = [asked.json()["data"].get("was") for asked in receiver.at(path)]
        assert was == ([None, None, "0", "1", "2"] if made is grave else [None, None, None])


async def test_a_failure_holds_up_what_came_after(alerting: Runtime, receiver: WebhookReceiver) -> None:
    made = await endpoint(alerting, f"{receiver.url}/order")
    receiver.script(Answer(500), Answer(404))
    told = [(await happen(alerting, DETECTED, severity="low"))[0] for _ in range(3)]
    await send(alerting, made)
    await send(alerting, made)  # too early: nothing is asked
    assert len(receiver.at("/order")) == 1 and await states(alerting, made) == ["pending"] * 3
    assert (await deliveries(alerting, made))[0]["last_error"] == "answered 500"
    await later(alerting, WAITS_S[0] * 1.2)
    await send(alerting, made)
    await later(alerting, WAITS_S[0] * 1.2)
    await send(alerting, made)  # the second wait is longer
    assert len(receiver.at("/order")) == 2
    await later(alerting, WAITS_S[1] * 1.2)
    await send(alerting, made)
    assert entities_told(receiver, "/order") == [told[0], told[0], *told]
    assert len({asked.headers["webhook-id"] for asked in receiver.at("/order")}) == 3
    first, *others = await deliveries(alerting, made)
    assert (first["attempts"], first["last_error"]) == (3, None) and {other["attempts"] for other in others} == {1}
    assert [e["failures"] for e in (await call(alerting, "alerts.list_endpoints"))["items"]] == [0]
    waking = await rows(alerting, "SELECT scheduled_at, lock FROM procrastinate_jobs WHERE task_name = 'alerts.wake'")
    assert len(waking) == 2 and all(at is not None and lock is None for at, lock in waking)


async def test_it_gives_up_and_goes_on(alerting: Runtime, receiver: WebhookReceiver) -> None:
    """After the last attempt the queue goes on; what was given up is sent again when asked for, in its old place."""
    made = await endpoint(alerting, f"{receiver.url}/last")
    receiver.script(*[Answer(500)] * MAX_ATTEMPTS)
    told = [(await happen(alerting, DETECTED, severity="low"))[0] for _ in range(2)]
    for wait in (*WAITS_S, 0):
        await send(alerting, made)
        await later(alerting, wait * 1.2)
    assert await states(alerting, made) == ["failed", "delivered"] and 20 * 3600 < sum(WAITS_S) < 30 * 3600
    assert entities_told(receiver, "/last") == [told[0]] * MAX_ATTEMPTS + [told[1]]
    failed = (await deliveries(alerting, made, state="failed"))[0]
    late = {"endpoint_id": made["id"], "since": (NOW + timedelta(seconds=1)).isoformat()}
    assert await call(alerting, "alerts.redeliver_failed", **late) == {"deliveries": 0}
    assert await call(alerting, "alerts.redeliver_failed", **{**late, "since": NOW.isoformat()}) == {"deliveries": 1}
    assert (await refused(alerting, "alerts.redeliver", delivery_id=failed["id"])).code == "conflict"
    await send(alerting, made)
    again = await call(alerting, "alerts.redeliver", delivery_id=failed["id"])
    assert (again["state"], again["attempts"], again["delivered_at"]) == ("pending", 0, None)
    await send(alerting, made)
    assert [asked.headers["webhook-id"] for asked in receiver.at("/last")[-2:]] == [failed["id"]] * 2
    assert await states(alerting, made) == ["delivered", "delivered"]


async def test_many_failures_pause_and_say_so(alerting: Runtime, receiver: WebhookReceiver) -> None:
    made = await endpoint(alerting, f"{receiver.url}/down")
    watching = await endpoint(alerting, f"{receiver.url}/watching", events=["Webhook.Paused"])
    receiver.script(*[Answer(502)] * PAUSE_AFTER)
    await happen(alerting, *[DETECTED] * 4, severity="low")
    for _ in range(PAUSE_AFTER + 3):
        await send(alerting, made)
        await later(alerting, max(WAITS_S) * 1.2)
    assert len(receiver.at("/down")) == PAUSE_AFTER and await state_of(alerting, made) == "paused"
    assert await states(alerting, made) == ["failed", "failed", "pending", "pending"]
    await follow(alerting, UUID(made["id"]))
    await send(alerting, watching)
    (asked,) = receiver.at("/watching")
    assert asked.json()["data"]["because"] == f"{PAUSE_AFTER} attempts in a row failed"
    assert len(await states(alerting, made)) == 4  # it is not told of itself
    resumed = await call(alerting, "alerts.update_endpoint", endpoint_id=made["id"], state="active")
    assert (resumed["state"], resumed["stopped_because"], resumed["failures"]) == ("active", None, 0)
    await send(alerting, made)
    assert await states(alerting, made) == ["failed", "failed", "delivered", "delivered"]


async def test_gone_disables(alerting: Runtime, receiver: WebhookReceiver) -> None:
    made = await endpoint(alerting, f"{receiver.url}/gone")
    receiver.script(Answer(410))
    await happen(alerting, DETECTED, severity="low")
    await send(alerting, made)
    await happen(alerting, DETECTED, severity="low")
    await later(alerting, 90_000)
    await send(alerting, made)
    assert len(receiver.at("/gone")) == 1 and await states(alerting, made) == ["pending"]
    assert await state_of(alerting, made) == "disabled"
    assert (await refused(alerting, "alerts.send_test", endpoint_id=made["id"])).code == "conflict"
    said = await rows(alerting, "SELECT payload FROM event_log WHERE entity_id = :id", id=UUID(made["id"]))
    assert [row[0]["state"] for row in said] == ["disabled"]


@pytest.mark.parametrize("status", [429, 503, 500])
async def test_retry_after(alerting: Runtime, receiver: WebhookReceiver, status: int) -> None:
    """In seconds or as a date it makes the wait longer, never shorter; with another status it means nothing."""
    made = await endpoint(alerting, f"{receiver.url}/busy{status}")
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=3600), usegmt=True)
    receiver.script(*[Answer(status, {"Retry_After": value}) for value in ("1000", at, "0", "soon")])
    await happen(alerting, DETECTED, severity="low")
    waits = []
    for _ in range(4):
        await send(alerting, made)
        next_at = datetime.fromisoformat((await deliveries(alerting, made))[0]["next_at"])
        waits.append((next_at - alerting.clock.now()).total_seconds())
        alerting.clock.frozen = next_at
    if status == 500:
        assert [wait <= most * 1.2 for wait, most in zip(waits, WAITS_S, strict=False)] == [True] * 4
    else:
        assert waits[0] == 1000 and 3590 < waits[1] <= 3600 and 120 <= waits[2] <= 144 and 600 <= waits[3] <= 720


async def test_a_redirect_is_not_followed(alerting: Runtime, receiver: WebhookReceiver) -> None:
    made = await endpoint(alerting, f"{receiver.url}/moved")
    receiver.script(Answer(307, {"Location": f"{receiver.url}/elsewhere"}))
    await happen(alerting, DETECTED, severity="low")
    await send(alerting, made)
    assert receiver.at("/elsewhere") == []
    assert (await deliveries(alerting, made))[0]["last_error"] == "answered 307; redirects are not followed"


async def test_no_answer_in_time_and_nobody_there(
    alerting: Runtime, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TIMEOUT_S", 0.2)
    slow = await endpoint(alerting, f"{receiver.url}/slow")
    with WebhookReceiver() as closed:
        absent = await endpoint(alerting, f"{closed.url}/absent")
    receiver.script(Answer(hang_s=5))
    await happen(alerting, DETECTED, severity="low")
    for made, error in ((slow, "no answer within 0.2 s"), (absent, "no connection")):
        await send(alerting, made)
        (found,) = await deliveries(alerting, made)
        assert (found["state"], found["last_status"], found["last_error"]) == ("pending", None, error)


async def test_a_worker_that_died_while_sending(alerting: Runtime, receiver: WebhookReceiver) -> None:
    """The receiver had it, and the process ended before its note: it comes again, under the same id, before the
    next."""
    made = await endpoint(alerting, f"{receiver.url}/died")
    told = await happen(alerting, DETECTED, DETECTED, severity="low")
    receiver.script(Answer(hang_s=5))
    dying = asyncio.create_task(send(alerting, made))
    while not receiver.at("/died"):
        await asyncio.sleep(0.01)
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    assert await states(alerting, made) == ["pending", "pending"]
    await send(alerting, made)
    first, again, second = receiver.at("/died")
    assert first.headers["webhook-id"] == again.headers["webhook-id"] != second.headers["webhook-id"]
    assert entities_told(receiver, "/died") == [told[0], *told] and first.body == again.body
    assert [d["attempts"] for d in await deliveries(alerting, made)] == [2, 1]


async def test_a_late_note_changes_nothing(alerting: Runtime, receiver: WebhookReceiver) -> None:
    """A worker that was taken for dead notes an attempt that another has made again since."""
    made = await endpoint(alerting, f"{receiver.url}/late")
    await happen(alerting, DETECTED, severity="low")
    due = await delivery._begin(alerting, TENANT, UUID(made["id"]))
    assert due is not None
    await send(alerting, made)
    assert not await delivery._note(alerting, TENANT, due=due, answer=posting.Answer(500, "answered 500"))
    assert await states(alerting, made) == ["delivered"]


async def test_by_a_worker(alerting: Runtime, receiver: WebhookReceiver, server: Server) -> None:
    """From the tool to the receiver by the queue alone; a minute later what a lost job left."""
    made = await endpoint(alerting, f"{receiver.url}/worker")
    settings = settings_for(server.data_dir)
    for _ in range(3):
        await call(alerting, "alerts.send_test", endpoint_id=made["id"])
    await work_off(alerting, settings)
    told = [asked.json() for asked in receiver.at("/worker")]
    assert [message["type"] for message in told] == ["Webhook.Tested"] * 3
    happened = "SELECT id::text FROM event_log WHERE entity_id = :id ORDER BY seq"
    in_order = [row[0] for row in await rows(alerting, happened, id=UUID(made["id"]))]
    assert [message["data"]["event_id"] for message in told] == in_order
    await happen(alerting, DETECTED, severity="low")
    async with alerting.database.begin(TENANT) as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    await TASKS["alerts.wake_all"](alerting, tenant=str(TENANT))
    assert await rows(alerting, "SELECT 1 FROM procrastinate_jobs") == []
    await later(alerting, 60)
    await TASKS["alerts.wake_all"](alerting, tenant=str(TENANT))
    await work_off(alerting, settings)
    assert await states(alerting, made) == ["delivered"] * 4


async def test_a_paused_endpoint_keeps_its_queue(alerting: Runtime, receiver: WebhookReceiver) -> None:
    made = await endpoint(alerting, f"{receiver.url}/paused")
    told = await happen(alerting, DETECTED, severity="low")
    paused = await call(alerting, "alerts.update_endpoint", endpoint_id=made["id"], state="paused")
    assert paused["stopped_because"] == "paused by test:admin"
    told += await happen(alerting, DETECTED, severity="low")
    await send(alerting, made)
    assert receiver.at("/paused") == [] and await states(alerting, made) == ["pending", "pending"]
    await call(alerting, "alerts.update_endpoint", endpoint_id=made["id"], state="active", events=["Patient.Erased"])
    await send(alerting, made)
    assert entities_told(receiver, "/paused") == told


async def test_rotation_without_a_gap(alerting: Runtime, receiver: WebhookReceiver) -> None:
    """Both secrets sign until the time is over, then the new one alone."""
    made = await endpoint(alerting, f"{receiver.url}/rotated")
    new = await call(alerting, "alerts.rotate_secret", endpoint_id=made["id"], overlap_hours=2)
    assert new["secret"] != made["secret"]
    for _ in range(2):
        await happen(alerting, DETECTED, severity="low")
        await send(alerting, made)
        await later(alerting, 2 * 3600)
    both, alone = receiver.at("/rotated")
    assert len(both.headers["webhook-signature"].split()) == 2
    assert len(alone.headers["webhook-signature"].split()) == 1
    assert verified(both, made["secret"]) == verified(both, new["secret"]) and verified(alone, new["secret"])
    with pytest.raises(WebhookVerificationError):
        verified(alone, made["secret"])


async def test_secrets_are_nowhere_in_the_clear(alerting: Runtime, receiver: WebhookReceiver) -> None:
    """Neither in a table nor in a later answer; the call that made one is stored sealed."""
    args = {"url": "https://receiver.example/hook"}
    reply = await alerting.call("alerts.create_endpoint", args, staff(), key="once")
    secrets = [json.loads(reply.body)["secret"]]
    made = {"id": json.loads(reply.body)["id"]}
    secrets.append((await call(alerting, "alerts.rotate_secret", endpoint_id=made["id"]))["secret"])
    tables = await rows(alerting, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    for (table,) in tables:
        for secret in secrets:
            bare = secret.removeprefix("whsec_")
            hexed = bare.encode().hex()
            found = await rows(
                alerting, f"SELECT 1 FROM {table} t WHERE t::text LIKE ANY(:like)", like=[f"%{bare}%", f"%{hexed}%"]
            )
            assert found == [], table
    listed = json.dumps(await call(alerting, "alerts.list_endpoints"))
    assert not any(secret in listed for secret in secrets) and '"secret"' not in listed


async def test_another_tenant_sees_and_hears_nothing(alerting: Runtime, receiver: WebhookReceiver) -> None:
    made = await endpoint(alerting, f"{receiver.url}/ours")
    await happen(alerting, DETECTED, severity="low")
    (ours,) = await deliveries(alerting, made)
    other = staff("admin", OTHER)
    theirs = await call(alerting, "alerts.create_endpoint", other, url="https://receiver.example/theirs")
    await happen(alerting, DETECTED, tenant_id=OTHER, severity="low")
    assert len(await deliveries(alerting, made)) == 1
    (their,) = (await call(alerting, "alerts.list_deliveries", other))["items"]
    assert their["endpoint_id"] == theirs["id"]
    assert [e["id"] for e in (await call(alerting, "alerts.list_endpoints", other))["items"]] == [theirs["id"]]
    for name in ("update_endpoint", "rotate_secret", "remove_endpoint", "send_test"):
        assert (await refused(alerting, f"alerts.{name}", other, endpoint_id=made["id"])).code == "not_found"
    assert (await refused(alerting, "alerts.redeliver", other, delivery_id=ours["id"])).code == "not_found"
    await TASKS["alerts.deliver"](alerting, tenant=str(OTHER), endpoint=made["id"])
    assert receiver.requests == []


async def test_removed_with_its_queue(alerting: Runtime, receiver: WebhookReceiver) -> None:
    made = await endpoint(alerting, f"{receiver.url}/removed")
    await happen(alerting, DETECTED, severity="low")
    assert (await call(alerting, "alerts.list_endpoints"))["items"][0]["pending"] == 1
    await call(alerting, "alerts.remove_endpoint", endpoint_id=made["id"])
    await send(alerting, made)
    assert receiver.requests == [] and (await call(alerting, "alerts.list_deliveries"))["items"] == []


async def test_roles(alerting: Runtime) -> None:
    args = {"url": "https://receiver.example/hook"}
    for role in ("auditor", "privacy_officer", "physician"):
        assert (await refused(alerting, "alerts.create_endpoint", staff(role), **args)).code == "forbidden"
    assert await call(alerting, "alerts.create_endpoint", staff("safety_officer"), **args)
    assert len((await call(alerting, "alerts.list_endpoints", staff("auditor")))["items"]) == 1


async def test_what_was_asked_for_is_named(alerting: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(alerting.services._by_type, AddressRules, AddressRules())
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("url", {"url": "http://receiver.example/"}), ("url", {"url": "https://10.0.0.1/"}),
        ("events.0", {"events": ["Appointment.Created"]}), ("events", {"events": []}),
        ("minimum_severity", {"minimum_severity": "grave"}),
    ]  # fmt: skip
    for field, args in wrong:
        error = await refused(alerting, "alerts.create_endpoint", **{"url": "https://receiver.example/", **args})
        assert error.code == "invalid_arguments" and error.errors[0]["field"].startswith(field), args
    made = await call(alerting, "alerts.create_endpoint", url="https://receiver.example/")
    moved = {"endpoint_id": made["id"], "url": "https://169.254.169.254/"}
    assert (await refused(alerting, "alerts.update_endpoint", **moved)).errors[0]["field"] == "url"
