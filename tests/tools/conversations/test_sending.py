"""The outbox, over Twilio's wire: sent once whatever happens, within WhatsApp's window, and with the patient's
consent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from tests.conftest import NOW, Clone
from tests.doubles.http_server import Asked, Exchange
from tests.doubles.twilio_server import Answer, TwilioServer, failure
from tests.tools.hospital import TENANT, book, call, follow, new_patient, new_slots, refused, rows, tools_over
from tools.conversations.carrier import Carrier, TwilioCarrier
from tools.conversations.sending import report_delivery
from tools.conversations.tables import MessageTemplate
from tools.runtime.jobs import TASKS
from tools.runtime.runtime import Runtime
from wiring import demo

CALLBACK = "https://hospital.example/status"


class ForgetfulTwilio(TwilioServer):
    """Its list of messages fails as often as told."""

    def __init__(self) -> None:
        super().__init__()
        self.failing_lists = 0

    def handle(self, asked: Asked, exchange: Exchange) -> None:
        if asked.method == "GET" and self.failing_lists:
            self.failing_lists -= 1
            exchange.send_json(503, {"code": 20503, "message": "Service unavailable"})
            return
        super().handle(asked, exchange)


@pytest.fixture(scope="module")
def server_() -> Iterator[ForgetfulTwilio]:
    with ForgetfulTwilio() as running:
        yield running


@pytest.fixture
def twilio(server_: ForgetfulTwilio) -> Iterator[ForgetfulTwilio]:
    server_.messages.clear()
    server_.forms.clear()
    yield server_
    server_._script.clear()
    server_.failing_lists = 0


@pytest.fixture
async def sending(clone: Clone, twilio: TwilioServer) -> AsyncIterator[Runtime]:
    carrier = TwilioCarrier(
        twilio.account_sid,
        twilio.auth_token,
        from_number=demo.WHATSAPP,
        base_url=twilio.url,
        rate_per_s=1000,
        timeout_s=2.0,
        status_callback=CALLBACK,
    )
    async with tools_over(clone, {Carrier: carrier}) as made:
        yield made
    await carrier.aclose()


async def queued(runtime: Runtime, who: str, *, wrote_at: Any = NOW, **more: Any) -> dict[str, Any]:
    """A communication in the outbox, to a patient who last wrote then."""
    args = {"patient_id": who, "purpose": "information", "body": "The clinic is open.", **more}
    made = await call(runtime, "communications.send_communication", **args)
    async with runtime.database.begin(TENANT) as session:
        await session.execute(
            text("UPDATE conversation SET last_inbound_at = :at WHERE patient_id = :who"), {"at": wrote_at, "who": who}
        )
    return made


async def send(runtime: Runtime, communication: dict[str, Any]) -> tuple[str, str | None]:
    """Run the job of a communication's message: (state, error) of the message."""
    message = communication["message_id"]
    await TASKS["send_message"](runtime, tenant=str(TENANT), message=message)
    ((state, error),) = await rows(runtime, "SELECT state, error FROM message WHERE id = :id", id=UUID(message))
    return state, error


async def outcome(runtime: Runtime, communication: dict[str, Any]) -> str:
    ((found,),) = await rows(runtime, "SELECT outcome FROM communication WHERE id = :id", id=UUID(communication["id"]))
    return str(found)


async def waiting_jobs(runtime: Runtime, communication: dict[str, Any]) -> int:
    query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'send_message' AND args->>'message' = :id"
    return int((await rows(runtime, query, id=communication["message_id"]))[0][0])


async def test_a_message_goes_out_once(sending: Runtime, twilio: TwilioServer) -> None:
    who = await new_patient(sending)
    made = await queued(sending, who)
    assert await waiting_jobs(sending, made) == 1
    for _ in range(2):
        assert await send(sending, made) == ("sent", None)
    ((form,),) = [twilio.forms]
    assert form["Body"] == ["The clinic is open."] and form["StatusCallback"] == [CALLBACK]
    assert await outcome(sending, made) == "sent"
    sid = twilio.messages[0]["sid"]
    assert await report_delivery(sending, TENANT, provider_id=sid, status="delivered", error_code=None)
    assert await outcome(sending, made) == "delivered"


async def test_a_report_that_overtakes_the_answer(sending: Runtime, twilio: TwilioServer) -> None:
    """The message exists at Twilio, our request was cut off, and it was delivered: found, and delivered."""
    made = await queued(sending, await new_patient(sending))
    twilio.script(Answer(cut=True))
    assert (await send(sending, made))[0] == "sending"
    sid = twilio.messages[0]["sid"]
    assert await report_delivery(sending, TENANT, provider_id=sid, status="delivered", error_code=None)
    assert not await report_delivery(sending, TENANT, provider_id=sid, status="delivered", error_code=None)
    assert await send(sending, made) == ("delivered", None)
    assert len(twilio.messages) == 1 and await outcome(sending, made) == "delivered"


async def test_an_outcome_that_is_not_known(sending: Runtime, twilio: ForgetfulTwilio) -> None:
    """Cut off, then Twilio's list fails too: it is asked for again, and never sent twice."""
    made = await queued(sending, await new_patient(sending))
    twilio.script(Answer(cut=True))
    assert (await send(sending, made))[0] == "sending"
    twilio.failing_lists = 2
    for _ in range(2):
        assert (await send(sending, made))[0] == "sending"
    assert await send(sending, made) == ("sent", None)
    assert len(twilio.messages) == 1 and await waiting_jobs(sending, made) == 4


async def test_an_outcome_that_was_nothing(sending: Runtime, twilio: TwilioServer) -> None:
    """A gateway gave up and Twilio has no such message: it is sent."""
    made = await queued(sending, await new_patient(sending))
    twilio.script(Answer(http_status=502, body=b"<html>"))
    assert (await send(sending, made))[0] == "sending" and twilio.messages == []
    assert await send(sending, made) == ("sent", None)
    assert len(twilio.messages) == 1


async def test_a_worker_that_died_while_sending(sending: Runtime, twilio: TwilioServer) -> None:
    """The message was taken, and the process ended before it could note so."""
    made = await queued(sending, await new_patient(sending), body="It goes one time.")
    async with sending.database.begin(TENANT) as session:
        query = text("UPDATE message SET state = 'sending', attempts = 1 WHERE id = :id")
        await session.execute(query, {"id": UUID(made["message_id"])})
        address = (
            await session.execute(text("SELECT phone FROM patient WHERE id = :id"), {"id": made["patient_id"]})
        ).scalar_one()
    await sending.services.get(Carrier).send(address, "It goes one time.")
    assert await send(sending, made) == ("sent", None) and len(twilio.messages) == 1


async def test_two_messages_that_read_the_same(sending: Runtime, twilio: TwilioServer) -> None:
    """The first one's message is not taken for the second's."""
    who = await new_patient(sending)
    first, second = await queued(sending, who), await queued(sending, who)
    assert (await send(sending, first))[0] == "sent"
    twilio.script(Answer(http_status=502, body=b"<html>"))
    assert (await send(sending, second))[0] == "sending"
    assert (await send(sending, second))[0] == "sent"
    assert len(twilio.messages) == 2


async def test_a_refusal_is_final_and_busy_is_not(sending: Runtime, twilio: TwilioServer) -> None:
    final, busy = [await queued(sending, await new_patient(sending)) for _ in range(2)]
    twilio.script(failure(21211))
    assert await send(sending, final) == ("failed", "carrier refused (21211)")
    assert await outcome(sending, final) == "failed" and await waiting_jobs(sending, final) == 1
    twilio.script(failure(20503, Retry_After="0"))
    assert await send(sending, busy) == ("queued", None)
    assert await waiting_jobs(sending, busy) == 2
    assert await send(sending, busy) == ("sent", None)


async def test_it_gives_up_at_last(sending: Runtime, twilio: TwilioServer) -> None:
    made = await queued(sending, await new_patient(sending))
    twilio.script(*[failure(20503, Retry_After="0")] * 6)
    states = [await send(sending, made) for _ in range(7)]
    assert states == [("queued", None)] * 5 + [("failed", "not sent after 6 attempts")] * 2
    assert await outcome(sending, made) == "failed"


async def test_outside_the_window_only_a_template(sending: Runtime, twilio: TwilioServer) -> None:
    late = NOW - timedelta(hours=24, seconds=1)
    within = await queued(sending, await new_patient(sending), wrote_at=NOW - timedelta(hours=24))
    assert (await send(sending, within))[0] == "sent"
    for wrote_at in (None, late):
        made = await queued(sending, await new_patient(sending), wrote_at=wrote_at)
        state, error = await send(sending, made)
        assert state == "failed" and error is not None and "24-hour window" in error
        assert await outcome(sending, made) == "failed"
    assert len(twilio.messages) == 1
    async with sending.database.begin(TENANT) as session:
        values = {"name": "waitlist_offer", "language": "en", "channel": "whatsapp", "content_sid": "HX1", "version": 1}
        await session.execute(insert(MessageTemplate).values(tenant_id=TENANT, **values))
    made = await queued(sending, await new_patient(sending), wrote_at=late, purpose="waitlist_offer")
    assert (await send(sending, made))[0] == "sent"
    assert twilio.forms[-1]["ContentSid"] == ["HX1"] and "Body" not in twilio.forms[-1]


async def test_without_a_carrier_it_rests_in_the_outbox(runtime: Runtime) -> None:
    made = await queued(runtime, await new_patient(runtime))
    assert await send(runtime, made) == ("held", None)
    held = await call(runtime, "conversations.list_outbox", state="held", limit=200)
    assert made["message_id"] in [item["id"] for item in held["items"]]
    assert await outcome(runtime, made) == "queued"


async def test_stop_stops_what_waits_and_what_would_follow(sending: Runtime, twilio: TwilioServer) -> None:
    """What was queued before the STOP is cancelled; reactions and staff send nothing after it; START opens it again."""
    who = await new_patient(sending)
    before = await queued(sending, who)
    await call(sending, "patients.set_message_consent", patient_id=who, allowed=False)
    state, error = await send(sending, before)
    assert state == "cancelled" and error is not None and "withdrew" in error
    assert await outcome(sending, before) == "refused"

    booked = await book(sending, (await new_slots(sending))[0], who)
    await follow(sending, booked["id"])
    error_ = await refused(
        sending, "communications.send_communication", patient_id=who, purpose="information", body="x"
    )
    assert (error_.code, error_.extra["purpose"]) == ("consent_missing", "messages")
    conversation = (await call(sending, "conversations.list_conversations", patient_id=who))["items"][0]["id"]
    error_ = await refused(sending, "conversations.post_message", conversation_id=conversation, body="x")
    assert error_.code == "consent_missing"
    assert twilio.forms == []

    await call(sending, "patients.set_message_consent", patient_id=who, allowed=True)
    assert (await send(sending, await queued(sending, who)))[0] == "sent"


async def test_outreach_has_a_consent_of_its_own(runtime: Runtime) -> None:
    who = await new_patient(runtime)
    args = {"patient_id": who, "purpose": "outreach", "body": "x"}
    assert (await refused(runtime, "communications.send_communication", **args)).extra["purpose"] == "outreach"
    await call(runtime, "patients.give_consent", patient_id=who, purpose="outreach", channel="sms")
    assert (await refused(runtime, "communications.send_communication", **args)).code == "consent_missing"
    await call(runtime, "patients.give_consent", patient_id=who, purpose="outreach", channel="whatsapp")
    assert (await call(runtime, "communications.send_communication", **args))["outcome"] == "queued"


async def test_a_key_is_sent_once(runtime: Runtime) -> None:
    who = await new_patient(runtime)
    args = {"patient_id": who, "purpose": "information", "body": "x", "once": f"test:{who}"}
    first, again = [await call(runtime, "communications.send_communication", **args) for _ in range(2)]
    assert first["id"] == again["id"] and await waiting_jobs(runtime, first) == 1


async def test_a_patient_without_a_number(runtime: Runtime) -> None:
    who = await new_patient(runtime, phone=None)
    args = {"patient_id": who, "purpose": "information", "body": "x"}
    assert (await refused(runtime, "communications.send_communication", **args)).errors[0]["field"] == "patient_id"


async def test_who_waits_for_an_answer_does_not_stand_behind_the_bulk(own_runtime: Runtime) -> None:
    runtime = own_runtime
    who = await new_patient(runtime)
    told = await queued(runtime, who, purpose="reminder")
    query = "SELECT conversation_id FROM message WHERE id = :id"
    ((conversation,),) = await rows(runtime, query, id=UUID(told["message_id"]))
    await call(runtime, "conversations.post_message", conversation_id=str(conversation), body="Please call us.")
    query = "SELECT queue_name FROM procrastinate_jobs WHERE task_name = 'send_message' ORDER BY id DESC LIMIT 2"
    assert [row[0] for row in await rows(runtime, query)] == ["sending", "bulk"]
