"""The MCP face: every tool, with its schema, over streamable HTTP at /mcp and over stdio (`wardline mcp`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import mcp_types as types
from fastapi import FastAPI
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.callers import caller_of
from api.problems import problem
from tools.runtime.errors import ToolError
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from tools.runtime.tool import Effect, all_tools


class McpFace:
    """The server and its HTTP session manager. Stateless: each request carries its own credentials."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        server = _server(runtime, None)
        self._sessions = StreamableHTTPSessionManager(server, json_response=True, stateless=True)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        async with self._sessions.run():
            yield

    def mount(self, app: FastAPI) -> None:
        app.router.routes.append(Route("/mcp", endpoint=_Endpoint(self._sessions), methods=["GET", "POST", "DELETE"]))


class _Endpoint:
    """Knows the caller before the protocol begins."""

    def __init__(self, sessions: StreamableHTTPSessionManager) -> None:
        self._sessions = sessions

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        try:
            scope["state"] = {**scope.get("state", {}), "principal": await caller_of(request)}
        except ToolError as error:
            response: Response = problem(error)
            await response(scope, receive, send)
            return
        await self._sessions.handle_request(scope, receive, send)


def build(runtime: Runtime) -> McpFace:
    return McpFace(runtime)


async def serve_stdio(runtime: Runtime, caller: Principal) -> None:
    """Serve one caller over standard input and output."""
    server = _server(runtime, caller)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _server(runtime: Runtime, fixed: Principal | None) -> Server[Any]:
    def caller(ctx: ServerRequestContext[Any]) -> Principal:
        if fixed is not None:
            return fixed
        principal: Principal = ctx.request.scope["state"]["principal"]  # type: ignore[union-attr]
        return principal

    async def list_tools(ctx: ServerRequestContext[Any], params: Any) -> types.ListToolsResult:
        who = caller(ctx)
        allowed = [t for t in all_tools() if who.may(t.needs.name) and (who.is_staff or t.by_patient)]
        return types.ListToolsResult(
            tools=[
                types.Tool(
                    name=t.name,
                    description=t.description,
                    input_schema=t.args.model_json_schema(),
                    annotations=types.ToolAnnotations(read_only_hint=t.effect is Effect.READ),
                )
                for t in allowed
            ]
        )

    async def call_tool(ctx: ServerRequestContext[Any], params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            reply = await runtime.call(params.name, params.arguments or {}, caller(ctx), channel="mcp")
        except ToolError as error:
            return types.CallToolResult(content=[types.TextContent(type="text", text=error.for_model())], is_error=True)
        return types.CallToolResult(content=[types.TextContent(type="text", text=reply.body)])

    return Server("wardline", version="0.1.0", on_list_tools=list_tools, on_call_tool=call_tool)
