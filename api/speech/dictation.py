"""Live dictation from a browser over a WebSocket.

The client sends `{"type": "start", "rate_hz": 16000}` (and `"token"`, where it cannot set a header), then 16-bit PCM,
mono, little-endian, in binary messages; `{"type": "finish"}` ends it. The service answers `ready`, `partial` (may still
change), `final` and `finished`. `taken_s` in an answer says how much audio is kept: after a broken line the client
connects again and sends from there; nothing is lost and nothing is said twice."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from api.identity.principals import principal_of
from db.json import JsonObject
from tools.runtime.errors import InvalidArguments, ToolError, Unauthenticated
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from tools.voice.dictating import Dictation, open_dictation
from tools.voice.recognizers import Recognizers
from tools.voice.transcripts import STAND_IN
from voice.audio import RATE_HZ
from voice.live import LiveRecognition, LiveResult

log = structlog.get_logger()
router = APIRouter()
RATES_HZ = (8_000, 16_000, 24_000, 32_000, 44_100, 48_000)
START_WITHIN_S = 10.0
SILENT_FOR_S = 300.0  # without a message the line is taken for dead
MOST_BYTES = 1 << 20
_POLICY, _INTERNAL = 1008, 1011


@router.websocket("/api/v1/voice/sessions/{session_id}/stream")
async def stream(socket: WebSocket, session_id: str) -> None:
    """One connection of a dictation."""
    await socket.accept()
    try:
        start = await asyncio.wait_for(_message(socket), START_WITHIN_S)
        caller = await _caller(socket, start)
        rate_hz = _rate(start)
        dictation = await open_dictation(socket.app.state.runtime, caller, _session(session_id))
        await _Line(socket, dictation, rate_hz).run()
    except ToolError as refused:
        await _close(socket, {"type": "error", "code": refused.code, "detail": refused.detail}, _POLICY)
    except TimeoutError:
        detail = "No message came for too long."
        await _close(socket, {"type": "error", "code": "timeout", "detail": detail}, _POLICY)
    except WebSocketDisconnect:
        return
    except Exception as error:  # a socket has no error handler: the speaker is told, and connects again
        log.error("dictation.failed", error=type(error).__name__, session=session_id, exc_info=error)
        detail = "Something went wrong here. Connect again; what was taken is kept."
        await _close(socket, {"type": "error", "code": "internal", "detail": detail}, _INTERNAL)


class _Line:
    """One connection: audio in, what is heard out. What is final is kept before it is shown."""

    def __init__(self, socket: WebSocket, dictation: Dictation, rate_hz: int) -> None:
        runtime: Runtime = socket.app.state.runtime
        self.socket, self.dictation, self.engine = socket, dictation, runtime.services.get(Recognizers).live
        self.recognition = LiveRecognition(
            self.engine, rate_hz=rate_hz, language=dictation.language, hot_words=dictation.hot_words,
            from_sample=dictation.taken_samples,
        )  # fmt: skip

    async def run(self) -> None:
        warning = STAND_IN if self.engine.stand_in else None
        await self._say("ready", engine=self.engine.name, model=self.engine.model, warning=warning)
        while True:
            message = await asyncio.wait_for(_message(self.socket), SILENT_FOR_S)
            if isinstance(message, bytes):
                await self._show(await asyncio.to_thread(self.recognition.push, message))
            elif message.get("type") == "finish":
                await self._show(await asyncio.to_thread(self.recognition.finish))
                await self._say("finished")
                await self.socket.close()
                return
            else:
                raise InvalidArguments(errors=[{"field": "type", "rule": "must be finish, once the dictation began"}])

    async def _show(self, results: list[LiveResult]) -> None:
        for one in results:
            if not one.final:
                await self._say("partial", text=one.text, stable=one.stable, start_s=round(one.start_s, 3))
                continue
            ids = await self.dictation.keep(self.engine, one.segments, one.pcm, until=one.until)
            for segment_id, segment in zip(ids, one.segments, strict=True):
                await self._say(
                    "final", id=str(segment_id), text=segment.text, start_s=round(segment.start_s, 3),
                    end_s=round(segment.end_s, 3), confidence=round(segment.confidence, 3), flags=sorted(segment.flags),
                )  # fmt: skip
            if not ids:
                await self._say("taken")

    async def _say(self, kind: str, **fields: Any) -> None:
        taken_s = self.dictation.taken_samples / RATE_HZ
        await self.socket.send_text(json.dumps({"type": kind, **fields, "taken_s": taken_s}))


async def _message(socket: WebSocket) -> Any:
    """The next message: bytes, or a JSON object."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    if message.get("bytes") is not None:
        if len(message["bytes"]) > MOST_BYTES or len(message["bytes"]) % 2:
            raise InvalidArguments(
                errors=[{"field": "audio", "rule": f"must be 16-bit PCM, at most {MOST_BYTES} bytes"}]
            )
        return message["bytes"]
    try:
        loaded = json.loads(message.get("text") or "")
    except ValueError:
        loaded = None
    if not isinstance(loaded, dict):
        raise InvalidArguments(errors=[{"field": "message", "rule": "must be a JSON object, or audio"}])
    return loaded


async def _caller(socket: WebSocket, start: Any) -> Principal:
    """Who dictates: by header, or by the first message where a browser cannot set one."""
    if not isinstance(start, dict) or start.get("type") != "start":
        raise InvalidArguments(errors=[{"field": "type", "rule": "must be start, in the first message"}])
    scheme, _, bearer = socket.headers.get("authorization", "").partition(" ")
    given = socket.headers.get("x-api-key") or (bearer.strip() if scheme.lower() == "bearer" else "")
    token = given or start.get("token")
    if not isinstance(token, str) or not token:
        raise Unauthenticated("Give an API key or a bearer token, as a header or as `token` of the first message.")
    return await principal_of(token, socket.app.state.runtime, socket.app.state.verifier)


def _session(named: str) -> UUID:
    """Read after the caller is known: nobody else learns what a session's id looks like."""
    try:
        return UUID(named)
    except ValueError:
        raise InvalidArguments(errors=[{"field": "session_id", "rule": "must be a UUID"}]) from None


def _rate(start: JsonObject) -> int:
    rate = start.get("rate_hz", RATE_HZ)
    if rate not in RATES_HZ or isinstance(rate, bool):
        raise InvalidArguments(errors=[{"field": "rate_hz", "rule": f"must be one of {', '.join(map(str, RATES_HZ))}"}])
    return int(rate)


async def _close(socket: WebSocket, last: JsonObject, code: int) -> None:
    try:
        await socket.send_text(json.dumps(last))
        await socket.close(code)
    except (RuntimeError, WebSocketDisconnect):
        pass  # the line is gone
