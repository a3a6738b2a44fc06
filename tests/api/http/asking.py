"""Asking the REST face: a tool's route with arguments, and what a refusal must look like."""

from __future__ import annotations

from typing import Any

import httpx

from tests.conftest import as_role
from tests.tools.samples import TOOLS, Unknown, sample
from tools.runtime.tool import Tool
from wiring import demo

ROUTES = [tool for tool in TOOLS if tool.rest is not None]
IN_QUERY = ("GET", "DELETE")


def patient(number: int) -> str:
    return str(demo._id("patient", number))


def unknown(tool: Tool) -> dict[str, Any]:
    """Valid arguments that name records which do not exist."""
    return sample(tool, Unknown())


async def ask(
    client: httpx.AsyncClient, tool: Tool, args: dict[str, Any], *, role: str | None = "admin", **headers: str
) -> httpx.Response:
    """Call a tool's route with these arguments."""
    assert tool.rest is not None
    rest, given = tool.rest, dict(args)
    path = rest.path.format(**{name: given.pop(name, "x") for name in rest.path_fields})
    sent: dict[str, Any] = {"params": given} if rest.method in IN_QUERY else {"json": given}
    sent["headers"] = {**(as_role(role) if role else {}), **headers}
    return await client.request(rest.method, path, **sent)


def problem(response: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The problem document of a refusal."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status and body["title"]
    if code is not None:
        assert (body["code"], body["type"]) == (code, f"urn:wardline:problem:{code}")
        assert body["detail"] and body["remedy"] in ("fix_input", "try_later", "give_up")
    return body


def fields(response: httpx.Response) -> list[str]:
    """The fields that a 422 names, each with its rule."""
    errors = problem(response, 422, "invalid_arguments")["errors"]
    assert all(error["rule"] for error in errors)
    return [error["field"] for error in errors]
