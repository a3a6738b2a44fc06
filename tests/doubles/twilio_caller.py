"""A caller on Twilio's line, over real HTTP and real sockets, signed as Twilio signs.

    async with MediaCaller(url, token, caller="+91...", number="+91...") as call:
        await call.say(sound)          # u-law at 8 kHz, one message every 20 ms; silence in between
        await call.quiet()             # until nothing more is being played to the caller
        await call.press("2")
        await call.hang_up()

The webhook is posted, its TwiML is followed: a stream is opened, and opened again where the TwiML says so; a transfer
is noted in `transferred_to`, a hang-up in `hung_up`. What we send is played in real time: a mark comes back once all
sound before it has been played; `clear` empties the buffer and gives the marks back at once. `speed` makes the line's
time pass faster than the clock.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
import uuid
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import httpx
import websockets
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

ACCOUNT = "AC" + "0" * 32
CALL_PATH = "/api/v1/voice/webhooks/twilio/call"
FRAME = 160  # bytes: 20 ms
SILENCE = b"\xff" * FRAME


@dataclass
class Heard:
    """What was played to the caller, and when (seconds of the clock)."""

    sounds: list[tuple[float, int]] = field(default_factory=list)  # when a message of sound came, and its bytes
    played: int = 0  # bytes
    clears: list[float] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    gaps: int = 0  # frames of silence inside a sentence: its sound came too late
    texts: list[dict[str, Any]] = field(default_factory=list)  # ConversationRelay


class Carrier:
    """What both kinds of calls share: webhooks, signatures, TwiML."""

    def __init__(self, url: str, token: str, *, caller: str, number: str, public_url: str | None = None) -> None:
        self.url, self.public = url.rstrip("/"), (public_url or url).rstrip("/")
        self.validator = RequestValidator(token)
        self.caller, self.number = caller, number
        self.call_sid = "CA" + uuid.uuid4().hex
        self.heard = Heard()
        self.transferred_to: str | None = None
        self.hung_up = False
        self.connections = 0
        self.twiml: list[str] = []
        self._client = httpx.AsyncClient(timeout=60)
        self._socket: Any = None
        self._ended = asyncio.Event()
        self._tasks: list[asyncio.Task[Any]] = []

    async def post(self, path: str, **more: str) -> httpx.Response:
        """A webhook of this call's."""
        form = {
            "CallSid": self.call_sid, "AccountSid": ACCOUNT, "From": self.caller, "To": self.number,
            "CallStatus": "in-progress", "Direction": "inbound", "ApiVersion": "2010-04-01", **more,
        }  # fmt: skip
        signature = self.validator.compute_signature(self.public + path, form)
        return await self._client.post(self.url + path, data=form, headers={"X-Twilio-Signature": signature})

    async def dial(self) -> None:
        answer = await self.post(CALL_PATH, CallStatus="ringing")
        assert answer.status_code == 200, answer.text
        await self.follow(answer.text)

    async def follow(self, twiml: str) -> None:
        """Do what the TwiML says."""
        self.twiml.append(twiml)
        verb = next(iter(ElementTree.fromstring(twiml)), None)
        for verb in ElementTree.fromstring(twiml):
            if verb.tag == "Say":
                self.heard.texts.append({"say": verb.text})
                continue
            break
        if verb is None or verb.tag in ("Hangup", "Say"):
            self.hung_up = True
            self._ended.set()
        elif verb.tag == "Dial":
            self.transferred_to = verb.findtext("Number") or verb.text
            self._ended.set()
        else:
            self._action = verb.attrib["action"].removeprefix(self.public)
            await self._open(verb[0])

    def signed(self, url: str) -> dict[str, str]:
        return {"X-Twilio-Signature": self.validator.compute_signature(url, {})}

    async def connect(self, url: str, **headers: str) -> Any:
        """The upgrade as Twilio makes it, at the address where the server really is."""
        base = self.public.replace("http", "ws", 1)
        there = self.url.replace("http", "ws", 1) + url.removeprefix(base)
        return await websockets.connect(
            there, additional_headers=headers or self.signed(url), compression=None, max_size=None, ping_interval=None
        )

    async def _open(self, noun: ElementTree.Element) -> None:
        raise NotImplementedError

    async def _closed(self) -> None:
        """The server has closed the socket: ask what to do now."""
        answer = await self.post(self._action)
        await self.follow(answer.text)

    async def ended(self, timeout_s: float = 90) -> None:
        """Until the call is transferred or hung up."""
        async with asyncio.timeout(timeout_s):
            await self._ended.wait()

    async def hang_up(self) -> None:
        self.hung_up = True
        with suppress(websockets.ConnectionClosed):
            await self._stop()
        if self._socket is not None:
            await self._socket.close()
        self._ended.set()
        await self.post(self._action, CallStatus="completed")
        await self.post(f"{CALL_PATH}/status", CallStatus="completed")

    async def _stop(self) -> None:
        """What the carrier says on the socket when the caller is gone."""

    async def __aenter__(self) -> Any:
        await self.dial()
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        await self._client.aclose()


class MediaCaller(Carrier):
    """A call over Media Streams."""

    def __init__(self, *args: Any, speed: float = 1.0, **named: Any) -> None:
        super().__init__(*args, **named)
        self.speed = speed
        self.speech_ended: list[float] = []  # when the last frame of something said was sent
        self.speech_began: list[float] = []
        self.worst_late_s = 0.0  # of our own frames: how far this client is behind its clock
        self._saying: deque[bytes | None] = deque()
        self._said = asyncio.Event()
        self._buffer: deque[bytes | str] = deque()
        self._buffered = 0
        self._sequence = 0
        self._inside = False  # sound of a sentence has come, its mark has not
        self.sent_at: list[float] = []  # when each frame was sent
        self.spoken_until: list[int] = []  # frames that had been sent when the caller fell silent

    async def _open(self, noun: ElementTree.Element) -> None:
        parameters = {child.attrib["name"]: child.attrib["value"] for child in noun if child.tag == "Parameter"}
        self._socket = await self.connect(noun.attrib["url"])
        self.connections += 1
        self.stream = "MZ" + uuid.uuid4().hex
        self._sequence = 0
        self._buffer.clear()
        await self._socket.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        await self.send(
            "start",
            start={"streamSid": self.stream, "accountSid": ACCOUNT, "callSid": self.call_sid, "tracks": ["inbound"],
                   "customParameters": parameters, "mediaFormat": form},
        )  # fmt: skip
        self._tasks += [asyncio.create_task(self._line()), asyncio.create_task(self._listen())]

    async def send(self, event: str, **body: Any) -> None:
        self._sequence += 1
        message = {"event": event, "sequenceNumber": str(self._sequence), "streamSid": self.stream, **body}
        await self._socket.send(json.dumps(message))

    async def _line(self) -> None:
        """Every 20 ms: a frame from the caller, and 20 ms of what we sent is played."""
        began, count = time.monotonic(), 0
        with suppress(websockets.ConnectionClosed):
            while True:
                due = began + count * 0.02 / self.speed
                wait = due - time.monotonic()
                if wait > 0:
                    await asyncio.sleep(wait)
                self.worst_late_s = max(self.worst_late_s, -wait)
                count += 1
                await self._frame(count)
                await self._play()

    async def _frame(self, count: int) -> None:
        sound = self._saying.popleft() if self._saying else SILENCE
        if sound is None:
            self.speech_ended.append(time.monotonic())
            self.spoken_until.append(len(self.sent_at))
            self._said.set()
            sound = SILENCE
        payload = base64.b64encode(sound).decode()
        media = {"track": "inbound", "chunk": str(count), "timestamp": str(count * 20), "payload": payload}
        self.sent_at.append(time.monotonic())
        await self.send("media", media=media)

    async def _play(self) -> None:
        left = FRAME
        self.heard.gaps += self._inside and not self._buffer
        while self._buffer:
            first = self._buffer[0]
            if isinstance(first, str):
                self._buffer.popleft()
                await self._mark(first)
                continue
            if left <= 0:
                break
            if len(first) > left:
                self._buffer[0] = first[left:]
                self.heard.played += left
                left = 0
            else:
                self._buffer.popleft()
                self.heard.played += len(first)
                left -= len(first)

    async def _mark(self, name: str) -> None:
        self.heard.marks.append(name)
        await self.send("mark", mark={"name": name})

    async def _listen(self) -> None:
        try:
            async for text in self._socket:
                await self._told(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        if not self.hung_up:
            await self._closed()

    async def _told(self, message: dict[str, Any]) -> None:
        assert message["streamSid"] == self.stream
        if message["event"] == "media":
            sound = base64.b64decode(message["media"]["payload"], validate=True)
            self.heard.sounds.append((time.monotonic(), len(sound)))
            self._buffer.append(sound)
            self._inside = True
        elif message["event"] == "mark":
            self._inside = False
            self._buffer.append(message["mark"]["name"])
        elif message["event"] == "clear":
            self.heard.clears.append(time.monotonic())
            waiting = [name for name in self._buffer if isinstance(name, str)]
            self._buffer.clear()
            self._inside = False
            for name in waiting:
                await self._mark(name)
        else:
            raise AssertionError(f"Twilio knows no {message['event']}")

    async def say(self, sound: bytes, *, wait: bool = True) -> None:
        """Speak; returns when the last frame has been sent."""
        self._said.clear()
        padded = sound + b"\xff" * (-len(sound) % FRAME)
        self.speech_began.append(time.monotonic())
        self._saying.extend(padded[place : place + FRAME] for place in range(0, len(padded), FRAME))
        self._saying.append(None)
        if wait:
            await self._said.wait()

    async def quiet(self, *, for_s: float = 0.6, timeout_s: float = 90) -> None:
        """Until nothing more is played to the caller for so long (of the line's time)."""
        async with asyncio.timeout(timeout_s):
            since = time.monotonic()
            while time.monotonic() - since < for_s / self.speed:
                if self._buffer:
                    since = time.monotonic()
                await asyncio.sleep(0.01)

    async def hears_something(self, *, timeout_s: float = 60) -> float:
        """Until sound comes that had not come before; when it came."""
        before = len(self.heard.sounds)
        async with asyncio.timeout(timeout_s):
            while len(self.heard.sounds) == before:
                await asyncio.sleep(0.002)
        return self.heard.sounds[before][0]

    async def press(self, digits: str) -> None:
        for digit in digits:
            await self.send("dtmf", dtmf={"track": "inbound_track", "digit": digit})
            await asyncio.sleep(0.05 / self.speed)

    async def break_off(self) -> None:
        """The network goes: no stop, no goodbye. The listener then asks for new TwiML."""
        self._socket.transport.abort()

    async def _stop(self) -> None:
        await self.send("stop", stop={"accountSid": ACCOUNT, "callSid": self.call_sid})


class RelayCaller(Carrier):
    """A call over ConversationRelay."""

    async def _open(self, noun: ElementTree.Element) -> None:
        parameters = {child.attrib["name"]: child.attrib["value"] for child in noun if child.tag == "Parameter"}
        self._socket = await self.connect(noun.attrib["url"])
        self.connections += 1
        await self.send(
            "setup", sessionId="VX" + uuid.uuid4().hex, accountSid=ACCOUNT, parentCallSid="", callSid=self.call_sid,
            to=self.number, forwardedFrom="", callType="PSTN", callerName="", direction="inbound",
            callStatus="RINGING", customParameters=parameters, **{"from": self.caller},
        )  # fmt: skip
        self._tasks.append(asyncio.create_task(self._listen()))

    async def send(self, kind: str, **body: Any) -> None:
        await self._socket.send(json.dumps({"type": kind, **body}))

    async def _listen(self) -> None:
        try:
            async for text in self._socket:
                self.heard.texts.append(json.loads(text))
        except websockets.ConnectionClosed:
            pass
        if not self.hung_up:
            await self._closed()

    async def says(self, text: str) -> None:
        await self.send("prompt", voicePrompt=text, lang="en-IN", last=True)

    async def finished_speaking(self) -> None:
        """The carrier has said everything."""
        with suppress(websockets.ConnectionClosed):
            await self.send("info", name="agentSpeaking", value="off")

    async def until(self, words: str, *, timeout_s: float = 60) -> str:
        """Until we are told something with these words."""
        async with asyncio.timeout(timeout_s):
            while True:
                for message in self.heard.texts:
                    if words in message.get("token", ""):
                        return str(message["token"])
                await asyncio.sleep(0.01)
