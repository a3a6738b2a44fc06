"""HEAD and OPTIONS for every path, without a route of their own: HEAD is GET without its body; OPTIONS says what is
allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def allowed(scope: Scope) -> list[str]:
    """The methods that the path of a request answers to; none for a path that is none."""
    found = {method for method in _METHODS if _answers(scope["app"].routes, {**scope, "method": method})}
    if "GET" in found:
        found.add("HEAD")
    return [*(method for method in _METHODS if method in found), "OPTIONS"] if found else []


def _answers(routes: Iterable[BaseRoute], scope: Scope) -> bool:
    return any(route.matches(scope)[0] is Match.FULL for route in routes)


class Methods:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await self._options(scope, receive, send)
        elif _answers(scope["app"].routes, dict(scope)):
            await self.app(scope, receive, send)  # it has a HEAD of its own
        else:
            await self.app({**scope, "method": "GET"}, receive, _without_body(send))

    async def _options(self, scope: Scope, receive: Receive, send: Send) -> None:
        methods = allowed(scope)
        if not methods:
            await self.app(scope, receive, send)
            return
        headers = [(b"allow", ", ".join(methods).encode())]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _without_body(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sent


def origins(setting: str) -> Iterator[str]:
    """A comma-separated setting, part by part."""
    return (part.strip() for part in setting.split(",") if part.strip())
