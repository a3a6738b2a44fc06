"""The MCP server: every tool, with its schema. Over stdio here (`wardline mcp`), over HTTP in `api/http/mcp.py`."""

from __future__ import annotations

import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from tools.runtime.errors import ToolError
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from tools.runtime.tool import Effect, all_tools


def wire_name(name: str) -> str:
    """A tool's name for clients: many take only letters, digits, _ and -."""
    return name.replace(".", "_")


def _known(name: str) -> str:
    """The tool that a client means, by its name here or with dots. Raises MCPError: invalid params, as MCP wants it."""
    found = next((tool.name for tool in all_tools() if name in (tool.name, wire_name(tool.name))), None)
    if found is None:
        raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {name[:100]}")
    return found


async def serve_stdio(runtime: Runtime, caller: Principal) -> None:
    """Serve one caller over standard input and output."""
    server = tool_server(runtime, caller)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def tool_server(runtime: Runtime, fixed: Principal | None) -> Server[object]:
    """A server of the tools, for one caller, or for whom each request of HTTP names."""

    def caller(ctx: ServerRequestContext[object]) -> Principal:
        if fixed is not None:
            return fixed
        principal: Principal = ctx.request.scope["state"]["principal"]  # type: ignore[union-attr]
        return principal

    async def list_tools(ctx: ServerRequestContext[object], params: object) -> types.ListToolsResult:
        who = caller(ctx)
        allowed = [tool for tool in all_tools() if who.may(tool.needs.name) and (who.is_staff or tool.by_patient)]
        return types.ListToolsResult(
            tools=[
                types.Tool(
                    name=wire_name(tool.name),
                    description=tool.description,
                    input_schema=tool.args.model_json_schema(),
                    annotations=types.ToolAnnotations(read_only_hint=tool.effect is Effect.READ),
                )
                for tool in allowed
            ]
        )

    async def call_tool(ctx: ServerRequestContext[object], params: types.CallToolRequestParams) -> types.CallToolResult:
        name = _known(params.name)
        try:
            reply = await runtime.call(name, params.arguments or {}, caller(ctx), channel="mcp")
        except ToolError as error:
            return types.CallToolResult(content=[types.TextContent(type="text", text=error.for_model())], is_error=True)
        return types.CallToolResult(content=[types.TextContent(type="text", text=reply.body)])

    return Server("wardline", version="0.1.0", on_list_tools=list_tools, on_call_tool=call_tool)
