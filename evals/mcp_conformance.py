"""The official MCP conformance suite (npm: @modelcontextprotocol/conformance) against a running server's /mcp:
`python -m evals.mcp_conformance`. Needs npm and Node 22 or newer; docs/mcp.md says what does not apply, and why.

The suite sends no credentials, so a wrapper around the served app adds the demo admin's key; and it calls tools by
names of its own, so two are declared here. Nothing else of the app is changed. The exit status is 1 where a scenario
that applies fails."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn
import yaml
from pydantic import RootModel

from api.http.app import create_app
from evals.harness import Hospital, hospital
from tools.runtime.context import ToolContext
from tools.runtime.errors import ToolError
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, tool
from wiring import demo

ONLY_BY_NAME = "it needs npm, and what npm fetches"

SUITE = "@modelcontextprotocol/conformance@0.1.16"
SCENARIOS = Path(__file__).parent / "data" / "mcp_conformance.yaml"
LONGEST_S = 120


class SuiteRefusal(ToolError):
    code = "as_the_suite_wants"
    title = "This tool intentionally returns an error for testing"


class _NoArgs(Args):
    """No arguments."""


class _Text(RootModel[str]):
    """A text."""


@tool("test.simple_text", needs=Permission("facility:read"), effect=Effect.READ)
async def simple_text(ctx: ToolContext, args: _NoArgs) -> _Text:
    """Answer with a text: the suite calls it by its name."""
    return _Text("This is a simple text response for testing.")


@tool("test.error_handling", needs=Permission("facility:read"), effect=Effect.READ)
async def error_handling(ctx: ToolContext, args: _NoArgs) -> _Text:
    """Refuse: the suite looks at how that is said."""
    raise SuiteRefusal


class _Keyed:
    """The app, for callers that cannot give a key."""

    def __init__(self, app: Any, key: str) -> None:
        self._app, self._key = app, key

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [*scope["headers"], (b"x-api-key", self._key.encode())]}
        await self._app(scope, receive, send)


def installed(folder: str) -> list[str]:
    """The suite, fetched by npm into a folder: the command that runs it."""
    named = os.environ.get("MCP_CONFORMANCE")  # an installed one
    if named:
        return named.split()
    subprocess.run(["npm", "install", "--silent", "--prefix", folder, SUITE], check=True)
    return [f"{folder}/node_modules/.bin/conformance"]


def run_all(url: str, command: list[str]) -> bool:
    """Run every server scenario, print a line each; whether all that apply pass."""
    listed = yaml.safe_load(SCENARIOS.read_text(encoding="utf-8"))
    passed = 0
    for name in listed["apply"]:
        done = subprocess.run(
            [*command, "server", "--url", url, "--scenario", name], capture_output=True, text=True, check=False,
            timeout=LONGEST_S, cwd=tempfile.gettempdir(),
        )  # fmt: skip
        passed += done.returncode == 0
        print(f"{name:40} {'passes' if done.returncode == 0 else 'FAILS'}", flush=True)
        if done.returncode:
            print(done.stdout[-1500:], done.stderr[-500:])
    print(f"{passed} of {len(listed['apply'])} scenarios that apply pass; {len(listed['not'])} do not apply")
    return passed == len(listed["apply"])


def serve(place: Hospital, body: Any) -> Any:
    """Run a body beside the server: its URL is given."""
    app = _Keyed(create_app(place.settings(), url=place.service), demo.demo_key(b"soak", "admin"))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        return body(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp")
    finally:
        server.should_exit = True
        thread.join()


async def main() -> int:
    with tempfile.TemporaryDirectory(prefix="mcp-") as folder:
        command = installed(folder)
        async with hospital(days=3) as place:
            good = await asyncio.to_thread(serve, place, lambda url: run_all(url, command))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
