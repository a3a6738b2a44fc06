"""Recordings over HTTP and dictation over a WebSocket, against the service on a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from db.blobs import Blobs
from tests.conftest import Clone, Server, as_role, settings_for
from tests.doubles.recognisers import instant
from tools.runtime.runtime import Runtime
from tools.voice.recognizers import Recognizers
from tools.voice.transcribing import transcribe_session
from voice.audio import RATE_HZ, wav_bytes
from wiring import demo

SESSIONS = "/api/v1/voice/sessions"
DOCTOR = as_role("physician")


class Service:
    def __init__(self, url: str, runtime: Runtime) -> None:
        self.url, self.runtime = url, runtime

    async def transcribe(self, session: str) -> None:
        await transcribe_session(self.runtime, tenant=str(demo.TENANT_ID), session=session)


@pytest.fixture
async def service(server: Server, own_clone: Clone, tmp_path: Path) -> AsyncIterator[Service]:
    from api.http.app import create_app

    app = create_app(settings_for(server.data_dir, max_recording_bytes=3_000_000), url=own_clone.service)
    app.state.runtime.services.put(Recognizers, instant()).put(Blobs, Blobs.at(tmp_path / "blobs"))
    running = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    serving = asyncio.create_task(running.serve())
    while not running.started:
        await asyncio.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield Service(f"http://127.0.0.1:{port}", app.state.runtime)
    running.should_exit = True
    await serving


@pytest.fixture
async def http(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=service.url, headers=DOCTOR, timeout=30) as client:
        yield client


@pytest.fixture(autouse=True)
def speech_is_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is loud counts as speech, so that a tone will do for a voice."""
    import voice.live as live
    import voice.windows as windows

    def loud(samples: Any) -> Any:
        steps = len(samples) // 512
        return np.array(
            [float(np.abs(samples[at * 512 : (at + 1) * 512]).max() > 0.05) for at in range(steps)], np.float32
        )

    class Probabilities:
        def __init__(self) -> None:
            self.left = np.zeros(0, np.float32)

        def push(self, samples: Any) -> Any:
            joined = np.concatenate([self.left, samples])
            whole = len(joined) // 512 * 512
            self.left = joined[whole:]
            return loud(joined[:whole])

        def finish(self) -> Any:
            return loud(np.concatenate([self.left, np.zeros(-len(self.left) % 512, np.float32)]))

    monkeypatch.setattr(windows, "probabilities", loud)
    monkeypatch.setattr(live, "Probabilities", Probabilities)


def tone(*talks: tuple[float, float], length: float) -> np.ndarray:
    at = np.arange(int(length * RATE_HZ)) / RATE_HZ
    samples = np.zeros(len(at), np.float32)
    for start, end in talks:
        inside = (at >= start) & (at < end)
        samples[inside] = 0.3 * np.sin(2 * np.pi * 220 * at[inside])
    return samples


def pcm(*talks: tuple[float, float], length: float) -> bytes:
    return (tone(*talks, length=length) * 32767).astype("<i2").tobytes()


async def begun(http: httpx.AsyncClient, **args: Any) -> str:
    answer = await http.post(SESSIONS, json={"kind": "dictation", **args})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_recording_from_its_upload_to_its_subtitles(service: Service, http: httpx.AsyncClient) -> None:
    session = await begun(http)
    sound = wav_bytes(tone((1, 4), (6, 8), length=10), RATE_HZ)
    first = await http.post(
        f"{SESSIONS}/{session}/audio", content=sound[:100_000], headers={"Upload-Offset": "0", "Upload-Complete": "?0"}
    )
    assert (first.status_code, first.json()) == (201, {"received_bytes": 100_000, "complete": False})
    where = await http.head(f"{SESSIONS}/{session}/audio")
    assert (where.status_code, where.headers["upload-offset"], where.headers["upload-complete"]) == (
        204,
        "100000",
        "?0",
    )
    wrong = await http.post(f"{SESSIONS}/{session}/audio", content=sound, headers={"Upload-Offset": "0"})
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["received_bytes"]) == (409, "wrong_offset", 100_000)
    rest = await http.post(f"{SESSIONS}/{session}/audio", content=sound[100_000:], headers={"Upload-Offset": "100000"})
    assert rest.json() == {"received_bytes": len(sound), "complete": True}
    assert (await http.post(f"{SESSIONS}/{session}/finalize")).json()["state"] == "transcribing"
    await service.transcribe(session)
    shown = (await http.get(f"{SESSIONS}/{session}")).json()
    assert (shown["state"], shown["progress"], shown["segments"]) == ("final", 1.0, 2)
    vtt = await http.get(f"{SESSIONS}/{session}/transcript", params={"format": "vtt"})
    assert vtt.headers["content-type"] == "text/vtt; charset=utf-8" and vtt.text.startswith("WEBVTT")
    assert vtt.text.count("-->") == 2
    srt = await http.get(f"{SESSIONS}/{session}/transcript", params={"format": "srt"})
    txt = await http.get(f"{SESSIONS}/{session}/transcript", params={"format": "txt"})
    assert srt.text.startswith("1\n00:00:0") and "speech from" in txt.text
    assert len((await http.get(f"{SESSIONS}/{session}/transcript")).json()["segments"]) == 2
    assert (await http.get(f"{SESSIONS}/{session}/transcript", params={"format": "pdf"})).status_code == 422


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        ({"Upload-Offset": "-1"}, b"x", 422, "invalid_arguments"),
        ({"Upload-Offset": "1e3"}, b"x", 422, "invalid_arguments"),
        ({"Upload-Complete": "yes"}, b"x", 422, "invalid_arguments"),
        ({}, b"", 422, "bad_audio"),
        ({}, b"x" * 3_000_001, 413, "body_too_large"),
        ({"X-API-Key": "wl_nobody"}, b"x", 401, "unauthenticated"),
    ],
)
async def test_uploads_that_are_refused(
    http: httpx.AsyncClient, headers: dict[str, str], content: bytes, status: int, code: str
) -> None:
    session = await begun(http)
    answer = await http.post(f"{SESSIONS}/{session}/audio", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_who_may_not_and_what_is_not_there(http: httpx.AsyncClient) -> None:
    session = await begun(http)
    desk = await http.post(f"{SESSIONS}/{session}/audio", content=b"x", headers=as_role("front_desk"))
    assert desk.status_code == 403
    assert (await http.post(f"{SESSIONS}/{uuid4()}/audio", content=b"x")).status_code == 404
    assert (await http.post(f"{SESSIONS}/nonsense/audio", content=b"x")).status_code == 422
    assert (await http.get(f"{SESSIONS}/{uuid4()}/transcript")).status_code == 404


class Line:
    """A dictating client."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def says(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self.socket.recv(), 20))
        return message

    async def until(self, kind: str) -> list[dict[str, Any]]:
        """What is said up to a message of that kind, and it."""
        found = [await self.says()]
        while found[-1]["type"] != kind:
            assert found[-1]["type"] != "error", found[-1]
            found.append(await self.says())
        return found

    async def send(self, message: Any) -> None:
        await self.socket.send(json.dumps(message) if isinstance(message, dict) else message)


def line(service: Service, session: str, *, headers: dict[str, str] | None = None) -> Any:
    url = service.url.replace("http", "ws") + f"{SESSIONS}/{session}/stream"
    return connect(url, additional_headers=DOCTOR if headers is None else headers)


async def test_dictation_is_heard_as_it_is_said_and_kept(service: Service, http: httpx.AsyncClient) -> None:
    session = await begun(http)
    sound = pcm((0.5, 3), (5, 7), length=9)
    async with line(service, session) as socket:
        client = Line(socket)
        await client.send({"type": "start", "rate_hz": 16000})
        ready = await client.says()
        assert (ready["type"], ready["taken_s"], ready["engine"]) == ("ready", 0, "instant")
        for at in range(0, len(sound), 6400):
            await client.send(sound[at : at + 6400])
        await client.send({"type": "finish"})
        said = await client.until("finished")
    finals = [one for one in said if one["type"] == "final"]
    assert [round(one["start_s"]) for one in finals] == [0, 5] and any(one["type"] == "partial" for one in said)
    assert said[-1]["taken_s"] == pytest.approx(9.0)
    shown = (await http.get(f"{SESSIONS}/{session}/transcript")).json()
    assert [segment["id"] for segment in shown["segments"]] == [one["id"] for one in finals]
    assert (await http.post(f"{SESSIONS}/{session}/finalize")).json()["state"] == "transcribing"
    await service.transcribe(session)
    assert (await http.get(f"{SESSIONS}/{session}")).json()["state"] == "final"


async def test_a_line_that_breaks_loses_nothing_and_repeats_nothing(service: Service, http: httpx.AsyncClient) -> None:
    session = await begun(http)
    sound = pcm(*[(4.0 * n + 0.5, 4.0 * n + 2.5) for n in range(6)], length=24)
    sent_to, taken = 0, 0.0
    for cut_at_s in (7.0, 13.0, 24.0):
        async with line(service, session) as socket:
            client = Line(socket)
            await client.send({"type": "start"})
            taken = (await client.says())["taken_s"]
            at, end = int(taken * RATE_HZ) * 2, int(cut_at_s * RATE_HZ) * 2
            assert at <= sent_to  # never further than what was sent
            for start in range(at, end, 6400):
                await client.send(sound[start : min(start + 6400, end)])
            sent_to = end
            if cut_at_s == 24.0:
                await client.send({"type": "finish"})
                await client.until("finished")
            else:
                await client.until("final")
                socket.transport.abort()  # as a network does
    segments = (await http.get(f"{SESSIONS}/{session}/transcript")).json()["segments"]
    starts = [round(segment["start_s"], 1) for segment in segments]
    assert len(starts) == len(set(starts)) == 6 and starts == sorted(starts)


async def test_the_later_line_goes_on_and_the_earlier_one_is_told(service: Service, http: httpx.AsyncClient) -> None:
    session, sound = await begun(http), pcm((0.5, 2), length=4)
    async with line(service, session) as one, line(service, session) as other:
        first, second = Line(one), Line(other)
        for client in (first, second):
            await client.send({"type": "start"})
            await client.until("ready")
        await second.send(sound)
        await second.until("final")
        await first.send(sound)
        refused = (await _error(first))["code"]
    assert refused == "taken_over"
    assert len((await http.get(f"{SESSIONS}/{session}/transcript")).json()["segments"]) == 1


async def _error(client: Line) -> dict[str, Any]:
    while True:
        message = await client.says()
        if message["type"] == "error":
            return message


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["not json"], "invalid_arguments"),
        ([b"\x00\x00"], "invalid_arguments"),
        ([{"type": "finish"}], "invalid_arguments"),
        ([{"type": "start", "rate_hz": 11025}], "invalid_arguments"),
        ([{"type": "start", "rate_hz": True}], "invalid_arguments"),
        ([{"type": "start"}, b"\x00\x00\x00"], "invalid_arguments"),
        ([{"type": "start"}, {"type": "start"}], "invalid_arguments"),
        ([{"type": "start"}, [1, 2]], "invalid_arguments"),
    ],
)
async def test_lines_that_are_refused(
    service: Service, http: httpx.AsyncClient, messages: list[Any], code: str
) -> None:
    async with line(service, await begun(http)) as socket:
        client = Line(socket)
        for message in messages:
            await socket.send(message if isinstance(message, bytes | str) else json.dumps(message))
        assert (await _error(client))["code"] == code
        with pytest.raises(ConnectionClosed):
            await client.says()


async def test_nobody_dictates_without_leave(service: Service, http: httpx.AsyncClient) -> None:
    session = await begun(http)
    for headers, token, code in (
        ({}, None, "unauthenticated"),
        ({}, "wl_wrong", "unauthenticated"),
        (as_role("front_desk"), None, "forbidden"),
    ):
        async with line(service, session, headers=headers) as socket:
            client = Line(socket)
            await client.send({"type": "start", **({"token": token} if token else {})})
            assert (await _error(client))["code"] == code
    async with line(service, session, headers={}) as socket:
        client = Line(socket)
        await client.send({"type": "start", "token": DOCTOR["X-API-Key"]})
        assert (await client.says())["type"] == "ready"
    async with line(service, str(uuid4())) as socket:
        client = Line(socket)
        await client.send({"type": "start"})
        assert (await _error(client))["code"] == "not_found"
    for headers, code in (({}, "unauthenticated"), (DOCTOR, "invalid_arguments")):
        async with line(service, "nonsense", headers=headers) as socket:
            client = Line(socket)
            await client.send({"type": "start"})
            assert (await _error(client))["code"] == code
