"""Peers on the sockets of calls that are not Twilio, or not as it should be: refused, bounded, told nothing."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest
import websockets

from api.telephone import media_stream as call_media
from api.telephone.webhooks import MEDIA_PATH, RELAY_PATH
from tests.api.telephone.calling import Service, nobody
from tests.doubles.twilio_caller import ACCOUNT, CALL_PATH, MediaCaller
from wiring import demo

pytestmark = pytest.mark.usefixtures("any_speed")


async def refused(service: Service, path: str, headers: dict[str, str]) -> int:
    try:
        async with websockets.connect(service.url.replace("http", "ws") + path, additional_headers=headers):
            return 101
    except websockets.InvalidStatus as status:
        return status.response.status_code


@pytest.mark.parametrize("path", [MEDIA_PATH, RELAY_PATH])
async def test_an_unsigned_upgrade_is_refused(service: Service, path: str) -> None:
    right = service.caller(nobody()).signed(service.url.replace("http", "ws") + path)
    assert await refused(service, path, {}) == 403
    assert await refused(service, path, {"X-Twilio-Signature": "x"}) == 403
    assert await refused(service, path + "?x=1", right) == 403
    assert await refused(service, path, right) == 101


async def test_an_unsigned_webhook_is_refused(service: Service) -> None:
    async with httpx.AsyncClient() as client:
        for path in ("", "/ended", "/status"):
            answer = await client.post(service.url + CALL_PATH + path, data={"CallSid": "CA123456", "To": demo.VOICE})
            assert answer.status_code == 403


def start_of(call: MediaCaller, **changes: Any) -> str:
    form = {"encoding": "audio/x-mulaw", "sampleRate": "8000", "channels": "1"}
    inner = {
        "streamSid": "MZ1", "accountSid": ACCOUNT, "callSid": call.call_sid, "tracks": ["inbound"], "mediaFormat": form,
        "customParameters": {"tenant": str(demo.TENANT_ID), "again": "0"}, **changes,
    }  # fmt: skip
    return json.dumps({"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": inner})


async def announced(service: Service) -> MediaCaller:
    """A call that the webhook knows and that has no socket yet."""
    call = service.caller(nobody())
    assert (await call.post(CALL_PATH)).status_code == 200
    return call


async def cut(service: Service, call: MediaCaller, *messages: str | bytes) -> tuple[int, list[str]]:
    """Send these; the close code, and what came before it."""
    url = service.url.replace("http", "ws") + MEDIA_PATH
    socket = await call.connect(url)
    got = []
    try:
        for message in messages:
            await socket.send(message)
        async with asyncio.timeout(60):
            async for text_ in socket:
                got.append(text_)
    except websockets.ConnectionClosed:
        pass
    return int(socket.close_code or 0), got


MEDIA = json.dumps(
    {"event": "media", "sequenceNumber": "2", "streamSid": "MZ1",
    "media": {"payload": base64.b64encode(b"x" * 160).decode()}}
)  # fmt: skip


async def test_sound_before_the_start(service: Service) -> None:
    assert await cut(service, await announced(service), MEDIA) == (1008, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"callSid": "CA" + "9" * 32}, {"callSid": "../x"}, {"customParameters": {}}, {"mediaFormat": {}},
        {"customParameters": {"tenant": "0198a000-0000-7000-8000-000000000000"}},
        {"customParameters": {"tenant": "'; DROP TABLE x"}},
        {"callSid": None}, {"customParameters": []},
    ],
    ids=str,
)  # fmt: skip
async def test_a_start_that_names_no_call_of_ours(service: Service, changes: dict[str, Any]) -> None:
    call = await announced(service)
    garbage = ["x"] * 25 if "mediaFormat" in changes or changes.get("callSid", "") in ("../x", None) else []
    code, got = await cut(service, call, start_of(call, **changes), *garbage)
    assert (code, got) == (1008, [])


async def test_garbage_is_borne_and_then_cut_off(service: Service) -> None:
    call = await announced(service)
    garbage = ["{", "[]", "null", '{"event": 1}', '{"event":"media"}', "\x00", '{"a":' * 3000] * 4
    code, got = await cut(service, call, start_of(call), *garbage)
    assert code == 1008
    assert all(json.loads(message)["event"] in ("media", "mark", "clear") for message in got)
    assert not any(word in message for message in got for word in ("Error", "Traceback", "Wire"))


@pytest.mark.parametrize("message", ["x" * 70_000, b"\x00\x01"], ids=["huge", "bytes"])
async def test_a_message_that_no_carrier_sends(service: Service, message: str | bytes) -> None:
    call = await announced(service)
    code, _ = await cut(service, call, start_of(call), message)
    assert code == 1008


async def test_a_second_socket_of_a_call_is_refused(service: Service) -> None:
    async with service.caller(nobody()) as call:
        await call.hears_something()
        assert (await cut(service, call, start_of(call)))[0] == 1008
        await call.hears_something(timeout_s=60) if not call.heard.sounds else None
        await call.hang_up()


async def test_sound_faster_than_time_is_cut_off(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_media, "FLOOD_S", 5.0)
    call = await announced(service)
    flood = [
        json.dumps(
            {"event": "media", "sequenceNumber": str(number), "streamSid": "MZ1",
             "media": {"payload": base64.b64encode(b"\xff" * 1600).decode()}}
        )
        for number in range(2, 60)
    ]  # fmt: skip
    assert (await cut(service, call, start_of(call), *flood))[0] == 1008


async def test_a_socket_that_says_nothing_is_closed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_media, "FIRST_S", 0.2)
    assert await cut(service, await announced(service)) == (1000, [])
