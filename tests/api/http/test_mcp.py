"""The MCP face with the official client: streamable HTTP over a real socket, and standard input and output."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from api.http.mcp import Hosts
from tests.conftest import NOW, SECRET, Clone, Server, as_role
from tests.paths import ROOT
from tools.runtime.tool import all_tools
from wiring import demo
from wiring.keys import stores_of

PATIENT = str(demo._id("patient", 0))


@asynccontextmanager
async def over_http(url: str, role: str) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers=as_role(role)) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
    ):
        yield client


@asynccontextmanager
async def over_stdio(server: Server, clone: Clone, role: str) -> AsyncIterator[Client]:
    env = {
        **stores_of(server.data_dir),
        **os.environ, "WARDLINE_ENV": "test", "WARDLINE_CLOCK": NOW.isoformat(),
        "WARDLINE_DATA_DIR": str(server.data_dir),
        "WARDLINE_DATABASE_URL": clone.service, "WARDLINE_API_KEY": demo.demo_key(SECRET, role),
        "WARDLINE_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    command = StdioServerParameters(command=sys.executable, args=["-m", "cli", "mcp"], env=env, cwd=ROOT)
    async with Client(command) as client:
        yield client


def result(answer: Any) -> Any:
    """What a call gave, as JSON."""
    assert not answer.is_error, answer.content
    (part,) = answer.content
    return json.loads(part.text)


async def check(client: Client) -> None:
    """List, call, a call that is refused, a call that is wrong."""
    listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert sorted(listed) == sorted(tool.name.replace(".", "_") for tool in all_tools())
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in listed)  # what every client takes
    book = listed["scheduling_book_appointment"]
    assert sorted(book.input_schema["required"]) == ["patient_id", "slot_id"]
    assert book.input_schema["additionalProperties"] is False and "Book one seat" in (book.description or "")
    assert listed["patients_get_patient"].annotations is not None
    assert listed["patients_get_patient"].annotations.read_only_hint is True

    for either in ("patients_get_patient", "patients.get_patient"):
        assert result(await client.call_tool(either, {"patient_id": PATIENT}))["id"] == PATIENT
    for nothing in ("no.such_tool", "no_such_tool", "patients.get.patient"):
        with pytest.raises(MCPError) as unknown:
            await client.call_tool(nothing, {})
        assert unknown.value.code == INVALID_PARAMS
    for name, args, words in (
        ("patients.get_patient", {"patient_id": demo._id("nobody").hex}, "not_found"),
        ("patients.get_patient", {"patient": PATIENT}, "patient_id: Field required"),
        ("patients.get_patient", {"patient_id": 3}, "patient_id"),
        ("facility.list_locations", {"limit": "3"}, "limit"),
    ):
        refused = await client.call_tool(name, args)
        assert refused.is_error and words in refused.content[0].text, (name, args)  # type: ignore[union-attr]


async def test_over_http(url: str) -> None:
    async with over_http(url, "admin") as client:
        await check(client)


async def test_over_stdio(server: Server, clone: Clone) -> None:
    async with over_stdio(server, clone, "admin") as client:
        await check(client)


async def test_a_patient_sees_the_patients_tools(url: str) -> None:
    async with over_http(url, "patient") as client:
        listed = [tool.name for tool in (await client.list_tools()).tools]
        assert "scheduling_book_appointment" in listed and "patients_get_patient" in listed
        assert not {"patients_search_patients", "tickets_list_tickets", "record_verify"} & set(listed)
        assert all(tool.by_patient for tool in all_tools() if tool.name.replace(".", "_") in listed)
        for name, args in (("patients.search_patients", {}), ("access.list_api_keys", {})):
            refused = await client.call_tool(name, args)
            assert refused.is_error and refused.content[0].text.startswith("forbidden")  # type: ignore[union-attr]
        other = await client.call_tool("patients.get_patient", {"patient_id": str(demo._id("patient", 1))})
        assert other.is_error and other.content[0].text.startswith("not_found")  # type: ignore[union-attr]
        assert result(await client.call_tool("patients.get_patient", {"patient_id": PATIENT}))["id"] == PATIENT


async def test_no_key(url: str) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient() as http:
        for key in ({}, {"X-API-Key": "wl_demo_wrong"}):
            refused = await http.post(f"{url}/mcp", json=body, headers={**headers, **key})
            assert refused.status_code == 401 and refused.headers["content-type"] == "application/problem+json"
        huge = await http.post(f"{url}/mcp", content=b"x" * 1_048_577, headers={**headers, **as_role("admin")})
        assert huge.status_code == 413


async def test_a_page_of_another_site_does_not_get_in(url: str) -> None:
    """DNS rebinding: a name of its own that leads here. Refused before who it is, with a right key too."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream", **as_role("admin")}
    port = url.rsplit(":", 1)[1]
    async with httpx.AsyncClient() as http:

        async def ask(**more: str) -> tuple[int, str]:
            answer = await http.post(f"{url}/mcp", json=body, headers={**headers, **more})
            return answer.status_code, answer.headers["content-type"]

        assert await ask(host=f"evil.example:{port}") == (421, "application/problem+json")
        for origin in ("http://evil.example", "null", "https://localhost.evil.example", "http://[::1"):
            assert await ask(origin=origin) == (403, "application/problem+json")
        for own in (
            {},
            {"origin": f"http://localhost:{port}"},
            {"host": f"localhost:{port}"},
            {"host": f"[::1]:{port}"},
        ):
            assert (await ask(**own))[0] == 200


def test_hosts_by_setting() -> None:
    hosts = Hosts.named("mcp.hospital.example, other", "https://wardline.hospital.example/x")
    assert hosts.names == {"mcp.hospital.example", "other", "wardline.hospital.example"}


async def test_a_call_is_on_the_record(url: str) -> None:
    """Under the session of that key's MCP calls that day."""
    async with over_http(url, "auditor") as client:
        result(await client.call_tool("facility.list_specialties", {}))
        sessions = result(await client.call_tool("record.list_sessions", {"channel": "mcp", "limit": 200}))["items"]
        replays = [result(await client.call_tool("record.replay_session", {"session_id": s["id"]})) for s in sessions]
    called = [entry["body"]["tool"] for replay in replays for entry in replay["entries"]]
    assert "facility.list_specialties" in called and all(replay["whole"] for replay in replays)
