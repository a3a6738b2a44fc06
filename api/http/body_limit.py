"""Refuses a body over the limit before it is read into memory."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import problem
from tools.runtime.errors import ToolError

_RECORDING = re.compile(r"/api/v1/voice/sessions/[^/]+/audio")


class TooLarge(ToolError):
    code, status, remedy = "body_too_large", 413, "fix_input"
    title = "The request's body is too large"


class BodyLimit:
    """ASGI middleware: counts the bytes of a request's body as they come. Recordings have a limit of their own."""

    def __init__(self, app: ASGIApp, limit: int, recordings: int) -> None:
        self.app = app
        self.limit, self.recordings = limit, recordings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.recordings if _RECORDING.fullmatch(scope["path"]) else self.limit
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > limit:
            await problem(TooLarge(f"At most {limit} bytes are taken."))(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise TooLarge(f"At most {limit} bytes are taken.")
            return message

        await self.app(scope, counted, send)
