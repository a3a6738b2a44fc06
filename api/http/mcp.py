"""The MCP server over streamable HTTP, at /mcp."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.http.problems import problem
from api.identity.callers import caller_of
from api.mcp import tool_server
from tools.runtime.errors import ToolError
from tools.runtime.runtime import Runtime

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class WrongHost(ToolError):
    code, status, remedy = "wrong_host", 421, "fix_input"
    title = "The request names a host that this service is not"


class WrongOrigin(ToolError):
    code, status = "wrong_origin", 403
    title = "The request comes from a page that may not call this service"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names under which /mcp is called, and whose pages may call it: this machine's, and those that settings name.
    A page of another site whose name is made to lead here (DNS rebinding) is refused before anything else."""

    names: frozenset[str] = frozenset()

    @classmethod
    def named(cls, setting: str, public_url: str | None) -> Hosts:
        """From a comma-separated setting, and the URL that we have outside."""
        names = {part.strip().lower() for part in setting.split(",")} | {_host_of(public_url or "")}
        return cls(frozenset(names - {""}))

    def check(self, request: Request) -> None:
        """Raises WrongHost and WrongOrigin. A client that is no browser sends no Origin."""
        known = _LOOPBACK | self.names
        if _host_of(f"//{request.headers.get('host', '')}") not in known:
            raise WrongHost("Name this host in WARDLINE_MCP_HOSTS.")
        origin = request.headers.get("origin")
        if origin is not None and _host_of(origin) not in known:
            raise WrongOrigin("Name its host in WARDLINE_MCP_HOSTS.")


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


class McpFace:
    """The server and its HTTP session manager. Stateless: each request carries its own credentials."""

    def __init__(self, runtime: Runtime, hosts: Hosts) -> None:
        self._hosts = hosts
        server = tool_server(runtime, None)
        self._sessions = StreamableHTTPSessionManager(server, json_response=True, stateless=True)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        async with self._sessions.run():
            yield

    def mount(self, app: FastAPI) -> None:
        app.router.routes.append(
            Route("/mcp", endpoint=_Endpoint(self._sessions, self._hosts), methods=["GET", "POST", "DELETE"])
        )


class _Endpoint:
    """Knows the caller before the protocol begins."""

    def __init__(self, sessions: StreamableHTTPSessionManager, hosts: Hosts) -> None:
        self._sessions, self._hosts = sessions, hosts

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        try:
            self._hosts.check(request)
            scope["state"] = {**scope.get("state", {}), "principal": await caller_of(request)}
        except ToolError as error:
            response: Response = problem(error)
            await response(scope, receive, send)
            return
        await self._sessions.handle_request(scope, receive, send)


def build(runtime: Runtime, hosts: Hosts) -> McpFace:
    return McpFace(runtime, hosts)
