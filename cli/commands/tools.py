"""The tools that every face is made from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from cli.terminal import Json, caller_for, out, with_runtime

if TYPE_CHECKING:
    from tools.runtime.runtime import Runtime

app = typer.Typer(name="tools", no_args_is_help=True, help=__doc__)


@app.command("list")
def tools_list(as_json: Json = False) -> None:
    """List all tools."""
    from tools import rooms
    from tools.runtime.tool import all_tools

    rooms.load()
    rows = [
        {"name": tool.name, "effect": tool.effect.value, "needs": tool.needs.name, "summary": tool.summary}
        for tool in all_tools()
    ]
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        out.print(f"{row['name']:40} {row['effect']:9} {row['needs']:22} {row['summary']}", soft_wrap=True)


@app.command("schema")
def tools_schema(name: str) -> None:
    """Print a tool's input and output schemas."""
    from tools import rooms
    from tools.runtime.tool import find_tool

    rooms.load()
    tool = find_tool(name)
    if tool is None:
        raise typer.BadParameter(f"there is no tool {name}; see: wardline tools list")
    print(json.dumps({"input": tool.args.model_json_schema(), "output": tool.out.model_json_schema()}, indent=2))


@app.command("run")
def tools_run(
    name: str,
    args: Annotated[str, typer.Argument(help="Arguments as a JSON object")] = "{}",
    key: Annotated[
        str, typer.Option(envvar="WARDLINE_API_KEY", help="API key to act under; the admin of the demo otherwise")
    ] = "",
    idempotency_key: str = "",
) -> None:
    """Run a tool, with the same checks as everywhere."""
    from tools.runtime.errors import ToolError

    async def body(runtime: Runtime) -> None:
        caller = await caller_for(runtime, key)
        try:
            reply = await runtime.call(name, args.encode(), caller, channel="cli", key=idempotency_key or None)
        except ToolError as error:
            print(json.dumps(error.problem()))
            raise SystemExit(1) from None
        print(reply.body)

    with_runtime(body)
