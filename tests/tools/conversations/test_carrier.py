"""Sending over a real socket: sent, refused, busy or not known."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.doubles.twilio_server import Answer, TwilioServer, accepted, failure, gateway, hang
from tools.conversations.carrier import (
    OUTSIDE_WINDOW,
    UNSUBSCRIBED,
    CarrierBusy,
    CarrierRefused,
    CarrierUncertain,
    Pace,
    TwilioCarrier,
    is_permanent,
)

PATIENT, CALLBACK = "+919811112222", "https://hospital.example/webhooks/twilio/status?message=1"


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with TwilioServer() as running:
        yield running


@pytest.fixture
async def carrier(twilio: TwilioServer) -> AsyncIterator[TwilioCarrier]:
    made = TwilioCarrier(
        twilio.account_sid, twilio.auth_token, from_number="+918000000000", base_url=twilio.url, rate_per_s=1000,
        timeout_s=1.0, status_callback=CALLBACK,
    )  # fmt: skip
    yield made
    await made.aclose()


async def test_a_text_is_taken(twilio, carrier):
    twilio.script(accepted("accepted"))
    sent = await carrier.send(PATIENT, "कल 10:30 & more + ünïcode")
    assert sent.provider_id == twilio.messages[0]["sid"] and sent.status == "accepted"
    assert twilio.forms[0] == {
        "To": [f"whatsapp:{PATIENT}"], "From": ["whatsapp:+918000000000"], "Body": ["कल 10:30 & more + ünïcode"],
        "StatusCallback": [CALLBACK],
    }  # fmt: skip


async def test_a_template_has_variables_and_no_body(twilio, carrier):
    await carrier.send(PATIENT, "x", content_sid="HX1", content_variables={"1": "Meera", "2": "é"})
    form = twilio.forms[0]
    assert form["ContentSid"] == ["HX1"] and json.loads(form["ContentVariables"][0]) == {"1": "Meera", "2": "é"}
    assert "Body" not in form


async def test_media_and_an_address_that_has_its_channel(twilio, carrier):
    await carrier.send(f"whatsapp:{PATIENT}", "map", media_url="https://h.example/map.png")
    assert twilio.forms[0]["MediaUrl"] == ["https://h.example/map.png"]
    assert twilio.forms[0]["To"] == [f"whatsapp:{PATIENT}"]


@pytest.mark.parametrize("code", [UNSUBSCRIBED, OUTSIDE_WINDOW, 21211])
async def test_a_refusal_that_no_repeating_helps(twilio, carrier, code):
    twilio.script(failure(code))
    with pytest.raises(CarrierRefused) as refused:
        await carrier.send(PATIENT, "hello")
    assert (refused.value.code, refused.value.permanent) == (code, True)
    assert PATIENT not in str(refused.value)


async def test_wrong_credentials_are_ours_to_mend(twilio):
    wrong = TwilioCarrier(twilio.account_sid, "wrong-token", from_number="+91800", base_url=twilio.url)
    with pytest.raises(CarrierRefused) as refused:
        await wrong.send(PATIENT, "hello")
    await wrong.aclose()
    assert (refused.value.code, refused.value.permanent) == (20003, False)
    assert "wrong-token" not in repr(refused.value)


async def test_a_refusal_that_is_not_twilios_own_is_not_final(twilio, carrier):
    twilio.script(gateway(400))
    with pytest.raises(CarrierRefused) as refused:
        await carrier.send(PATIENT, "hello")
    assert (refused.value.code, refused.value.permanent) == (0, False)


@pytest.mark.parametrize("answer", [failure(20503), failure(20500), failure(21611), gateway(503)])
async def test_busy(twilio, carrier, answer):
    twilio.script(answer)
    with pytest.raises(CarrierBusy) as busy:
        await carrier.send(PATIENT, "hello")
    assert busy.value.retry_after_s == 1.0


async def test_too_many_requests_stop_the_others_too(twilio, carrier):
    twilio.script(failure(20429, Retry_After="7"))
    for _ in range(2):
        with pytest.raises(CarrierBusy) as busy:
            await carrier.send(PATIENT, "hello")
        assert 6 < busy.value.retry_after_s <= 7
    assert len(twilio.forms) == 1


async def test_what_cannot_be_reached_was_not_sent(twilio, carrier):
    twilio.stop()
    with pytest.raises(CarrierBusy):
        await carrier.send(PATIENT, "hello")


@pytest.mark.parametrize(
    "answer",
    [hang(30), Answer(cut=True), gateway(502), gateway(504), gateway(200)],
    ids=lambda answer: str(answer)[:60],
)
async def test_no_answer_is_not_known(twilio, carrier, answer):
    twilio.script(answer)
    with pytest.raises(CarrierUncertain):
        await carrier.send(PATIENT, "hello")


async def test_what_is_not_known_can_be_found(twilio, carrier):
    began = datetime.now(UTC)
    twilio.script(Answer(cut=True))
    with pytest.raises(CarrierUncertain):
        await carrier.send(PATIENT, "hello")
    found = await carrier.find(PATIENT, "hello", since=began)
    assert found is not None and found.provider_id == twilio.messages[0]["sid"]
    assert await carrier.find(PATIENT, "another", since=began) is None
    assert await carrier.find("+919800000000", "hello", since=began) is None
    assert await carrier.find(PATIENT, "hello", since=began + timedelta(hours=1)) is None


@pytest.mark.parametrize(("code", "permanent"), [(63016, True), (21610, True), (63018, False), (20003, False)])
def test_codes_of_status_callbacks(code, permanent):
    assert is_permanent(code) is permanent


async def test_the_pace_is_even_and_bounded():
    now, waits = [100.0], []

    async def sleep(seconds: float) -> None:
        waits.append(round(seconds, 3))

    pace = Pace(10, clock=lambda: now[0], sleep=sleep)
    for _ in range(4):
        await pace.turn(5)
    assert waits == [0.1, 0.2, 0.3]
    pace.rest(60)
    with pytest.raises(CarrierBusy):
        await pace.turn(5)
    now[0] += 61
    await pace.turn(5)
    assert len(waits) == 3


def test_the_double_signs_what_it_posts(twilio):
    with TwilioServer() as receiver:
        reply = twilio.report(f"{receiver.url}/status", "SM1", "undelivered", error_code=63016)
        assert isinstance(reply, httpx.Response)
        asked = receiver.requests[0]
    form = twilio.status_form("SM1", "undelivered", error_code=63016)
    assert asked.headers["x-twilio-signature"] == twilio.sign(f"{receiver.url}/status", form)
    assert b"ErrorCode=63016" in asked.body
