"""Every route of the app, however it was made: who one is comes first, and a refusal is a problem document."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, WebSocketRoute

from tests.conftest import as_role

OPEN = {"/health", "/ready", "/metrics", "/docs", "/docs/oauth2-redirect", "/openapi.json"}  # names nobody, asks nobody
SIGNED = "/webhooks/twilio/"  # believed by signature; 403 without one


def walked(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Method and path of every route, those of included routers too."""
    for route in routes:
        inner = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None)
        if inner:
            yield from walked(inner)
        elif not isinstance(route, WebSocketRoute) and getattr(route, "path", None) not in OPEN:
            for method in sorted(getattr(route, "methods", None) or ()):
                yield method, route.path  # type: ignore[attr-defined]


async def tried(client: httpx.AsyncClient, method: str, path: str, given: dict[str, str]) -> httpx.Response:
    """A request whose path, query and body are all nonsense."""
    headers = {**given, "Host": "localhost"}  # /mcp answers to no other
    nonsense = "/".join("not-a-thing" if part.startswith("{") else part for part in path.split("/"))
    return await client.request(method, nonsense, params={"format": "nonsense"}, content=b"{nonsense", headers=headers)


def is_problem(response: httpx.Response) -> bool:
    return response.headers.get("content-type") == "application/problem+json"


async def test_nobody_is_told_what_is_malformed_before_saying_who_one_is(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    routes = list(walked(app.routes))
    assert len(routes) > 100 and ("GET", "/api/v1/voice/sessions/{session_id}/transcript") in routes
    for method, path in routes:
        answer = await tried(client, method, path, {})
        wanted = 403 if SIGNED in path else 401
        assert (answer.status_code, is_problem(answer)) == (wanted, True), (method, path, answer.text)


async def test_what_is_malformed_is_said_as_a_problem(app: FastAPI, client: httpx.AsyncClient) -> None:
    seen = 0
    for method, path in walked(app.routes):
        if SIGNED in path or path == "/mcp":
            continue
        answer = await tried(client, method, path, as_role("admin"))
        assert answer.status_code < 500, (method, path, answer.text)
        if answer.status_code < 400:  # it takes no arguments
            continue
        assert is_problem(answer), (method, path, answer.text)
        if method != "HEAD" and answer.status_code == 422:
            problem = answer.json()
            assert problem["code"] == "invalid_arguments", (method, path)
            assert all(error["field"] and error["rule"] for error in problem["errors"]), (method, path)
            seen += 1
    assert seen > 100


@pytest.mark.parametrize(("place", "field"), [("nonsense/transcript", "session_id"), ("{id}/transcript", "format")])
async def test_a_transcript_asked_for_wrongly(client: httpx.AsyncClient, place: str, field: str) -> None:
    path = f"/api/v1/voice/sessions/{place.format(id='0198a1b2-0000-7000-8000-000000000000')}"
    answer = await client.get(path, params={"format": "pdf"}, headers=as_role("physician"))
    assert (answer.status_code, is_problem(answer)) == (422, True)
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_a_path_that_is_none(client: httpx.AsyncClient) -> None:
    nowhere = await client.get("/api/v1/nowhere")
    assert (nowhere.status_code, is_problem(nowhere), nowhere.json()["code"]) == (404, True, "not_found")
    wrong = await client.put("/api/v1/prm/patients")
    assert (wrong.status_code, is_problem(wrong), wrong.json()["code"]) == (405, True, "method_not_allowed")


def test_the_walk_finds_what_fastapi_serves(app: FastAPI) -> None:
    """Nothing that the document describes is left out of the walk."""
    described = {(m.upper(), path) for path, item in app.openapi()["paths"].items() for m in item}
    found = set(walked(app.routes))
    assert {pair for pair in described if pair[1] not in OPEN} <= found
