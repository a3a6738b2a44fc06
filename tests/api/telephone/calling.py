"""The service with doubles for the engines of a call, callers for it, and a look at what it wrote."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import uvicorn
from sqlalchemy import select, text

from api.http.app import create_app
from db.blobs import Blobs
from governance.vault import Keyring
from tests.conftest import Clone, settings_for
from tests.doubles.call_engines import InstantParts
from tests.doubles.twilio_caller import MediaCaller, RelayCaller
from tools.conversations.contents import open_contents
from tools.conversations.tables import Conversation, Message
from tools.runtime.runtime import Runtime
from tools.voice.tables import VoicePart, VoiceSession
from wiring import demo

SPEED = 5.0


@dataclass
class Service:
    """The service on a port, as a caller and a test see it."""

    url: str
    app: Any
    clone: Clone

    @property
    def runtime(self) -> Runtime:
        return self.app.state.runtime  # type: ignore[no-any-return]

    @property
    def parts(self) -> InstantParts:
        return self.app.state.call_parts  # type: ignore[no-any-return]

    def caller(self, phone: str, *, speed: float = SPEED) -> MediaCaller:
        return MediaCaller(self.url, self.app.state.twilio_token, caller=phone, number=demo.VOICE, speed=speed)

    def relay(self, phone: str) -> RelayCaller:
        return RelayCaller(self.url, self.app.state.twilio_token, caller=phone, number=demo.VOICE)

    def sound(self, words: str, seconds: float = 0.8) -> bytes:
        return self.parts.tongue.sound(words, seconds)


@contextmanager
def serving(clone: Clone, data_dir: Any, **changes: Any) -> Iterator[Service]:
    app = create_app(settings_for(data_dir, **changes), url=clone.service)
    services = app.state.runtime.services
    services.put(Blobs, services.find(Blobs) or Blobs.at(data_dir / "call-blobs"))
    app.state.call_parts = InstantParts(app.state.settings, app.state.runtime)
    running = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started and thread.is_alive():
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    try:
        yield Service(f"http://127.0.0.1:{port}", app, clone)
    finally:
        running.should_exit = True
        thread.join()


class Looking:
    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def messages(self, call: str) -> list[tuple[str, str, str]]:
        """(direction, state, text) of the conversation of a call."""
        async with self.runtime.database.begin(demo.TENANT_ID) as session:
            row = await self.session_row(session, call)
            query = select(Message).where(Message.conversation_id == row.conversation_id).order_by(Message.seq)
            found = list(await session.scalars(query))
            opened = await open_contents(Keyring(self.runtime.vault, session, demo.TENANT_ID), found)
        return [(m.direction, m.state, c.text if c else "") for m, c in zip(found, opened, strict=True)]

    async def session_row(self, session: Any, call: str) -> VoiceSession:
        return (await session.scalars(select(VoiceSession).where(VoiceSession.call_sid == call))).one()  # type: ignore[no-any-return]

    async def row(self, call: str) -> VoiceSession:
        async with self.runtime.database.begin(demo.TENANT_ID) as session:
            return await self.session_row(session, call)

    async def parts(self, call: str) -> list[VoicePart]:
        async with self.runtime.database.begin(demo.TENANT_ID) as session:
            row = await self.session_row(session, call)
            query = select(VoicePart).where(VoicePart.session_id == row.id)
            return list(await session.scalars(query.order_by(VoicePart.start)))

    async def entries(self, call: str, kind: str) -> list[dict[str, Any]]:
        async with self.runtime.database.begin(demo.TENANT_ID) as session:
            row = await self.session_row(session, call)
            query = text("SELECT body FROM audit_entry WHERE session_id = :id AND kind = :kind ORDER BY seq")
            found = await session.scalars(query, {"id": row.conversation_id, "kind": kind})
            return [json.loads(body) if isinstance(body, str) else body for body in found]

    async def conversation(self, call: str) -> Conversation:
        async with self.runtime.database.begin(demo.TENANT_ID) as session:
            row = await self.session_row(session, call)
            return await session.get_one(Conversation, row.conversation_id)

    async def until(self, asked: Any, timeout_s: float = 60) -> Any:
        """Until what is asked for is so."""
        deadline = time.monotonic() + timeout_s
        while not (found := await asked()):
            assert time.monotonic() < deadline, "it never came"
            await asyncio.sleep(0.05)
        return found


def nobody() -> str:
    """A number that nobody has called from."""
    return f"+9177{uuid4().int % 10**8:08d}"
