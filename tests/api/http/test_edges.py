"""The edges of HTTP and FHIR: what a general client asks of any service."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.http.app import create_app
from tests.api.http.asking import patient, problem
from tests.conftest import Clone, Server, as_role, lived, settings_for

DESK, DOCTOR = as_role("front_desk"), as_role("physician")
PATIENT = f"/api/v1/prm/patients/{patient(3)}"
SESSIONS = "/api/v1/voice/sessions"


@pytest.mark.parametrize("path", ["/health", "/ready", PATIENT, "/api/v1/prm/patients", "/openapi.json"])
async def test_head_is_get_without_its_body(client: httpx.AsyncClient, path: str) -> None:
    whole = await client.get(path, headers=DESK)
    head = await client.head(path, headers=DESK)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "etag", "content-length"):
        assert head.headers.get(name) == whole.headers.get(name)
    assert (await client.head(PATIENT)).status_code == 401
    assert (await client.head("/api/v1/nowhere")).status_code == 404


async def test_options_says_what_is_allowed(client: httpx.AsyncClient) -> None:
    for path, methods in (
        ("/health", "GET, HEAD, OPTIONS"),
        ("/api/v1/prm/patients", "GET, HEAD, POST, OPTIONS"),
        (PATIENT, "GET, HEAD, PATCH, DELETE, OPTIONS"),
        (f"{SESSIONS}/x/audio", "HEAD, POST, OPTIONS"),
    ):
        answer = await client.options(path)
        assert (answer.status_code, answer.headers["allow"]) == (204, methods)
        refused = await client.put(path)
        assert (refused.status_code, refused.headers["allow"]) == (405, methods)
    assert (await client.options("/api/v1/nowhere")).status_code == 404


ASKING = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET",
          "Access-Control-Request-Headers": "x-api-key"}  # fmt: skip


async def test_no_page_may_call_by_default(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.options(PATIENT, headers=ASKING),
        await client.get(PATIENT, headers={**DESK, "Origin": "https://app.example"}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_pages_of_the_origins_in_the_setting_may(server: Server, clone: Clone) -> None:
    app = create_app(
        settings_for(server.data_dir, cors_origins="https://app.example, https://b.example"), url=clone.service
    )
    transport = httpx.ASGITransport(app=app)
    async with lived(app), httpx.AsyncClient(transport=transport, base_url="http://wardline.test") as client:
        asked = await client.options(PATIENT, headers=ASKING)
        assert asked.status_code == 200 and asked.headers["access-control-allow-origin"] == "https://app.example"
        got = await client.get(PATIENT, headers={**DESK, "Origin": "https://b.example"})
        assert got.headers["access-control-allow-origin"] == "https://b.example"
        assert "ETag" in got.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in got.headers
        other = await client.get(PATIENT, headers={**DESK, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


async def test_what_a_client_has_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get(PATIENT, headers=DESK)
    tag = first.headers["etag"]
    for has in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = await client.get(PATIENT, headers={**DESK, "If-None-Match": has})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await client.get(PATIENT, headers={**DESK, "If-None-Match": '"999"'})).json() == first.json()
    changed = await client.patch(PATIENT, json={"address": "4 Elm"}, headers={**DESK, "If-Match": tag})
    assert changed.status_code == 200
    assert (await client.get(PATIENT, headers={**DESK, "If-None-Match": tag})).status_code == 200
    assert (await client.get(PATIENT, headers={"If-None-Match": tag})).status_code == 401


def references(resource: Any) -> set[str]:
    """Every reference that stands in a resource."""
    if isinstance(resource, dict):
        own = {resource["reference"]} if isinstance(resource.get("reference"), str) else set()
        return own.union(*(references(value) for value in resource.values()))
    return set().union(*(references(value) for value in resource)) if isinstance(resource, list) else set()


async def test_fhir_says_that_it_is_and_what_it_refers_to_can_be_read(client: httpx.AsyncClient) -> None:
    async def read(named: str) -> dict[str, Any]:
        answer = await client.get(f"/api/v1/fhir/{named}", headers=DOCTOR)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/fhir+json"), named
        body: dict[str, Any] = answer.json()
        return body

    slots = (await client.get("/api/v1/scheduling/slots", params={"limit": 5}, headers=DOCTOR)).json()["items"]
    asked = {"slot_id": slots[-1]["id"], "patient_id": patient(17)}
    booked = await client.post("/api/v1/scheduling/appointments", json=asked, headers=DOCTOR)
    assert booked.status_code == 201, booked.text
    made = {"appointment_id": booked.json()["id"], "patient_id": patient(17)}
    visit = await client.post("/api/v1/encounters", json=made, headers=as_role("admin"))
    waiting, seen = {f"Appointment/{booked.json()['id']}"}, set[str]()
    if visit.status_code == 201:
        waiting.add(f"Encounter/{visit.json()['id']}")
    while waiting:
        named = waiting.pop()
        seen.add(named)
        waiting |= references(await read(named)) - seen
    assert {name.split("/")[0] for name in seen} >= {
        "Appointment",
        "Slot",
        "Schedule",
        "Patient",
        "Practitioner",
        "Location",
    }
    events = await client.get("/api/v1/fhir/AuditEvent", params={"limit": 2}, headers=as_role("auditor"))
    assert events.headers["content-type"] == "application/fhir+json"
    assert (await client.get(f"/api/v1/fhir/Patient/{patient(3)}", headers=as_role("ops_lead"))).status_code == 403


async def begun(client: httpx.AsyncClient) -> str:
    made = await client.post(SESSIONS, json={"kind": "dictation"}, headers=DOCTOR)
    assert made.status_code == 201, made.text
    return f"{SESSIONS}/{made.json()['id']}/audio"


async def test_a_recording_comes_in_ranges(client: httpx.AsyncClient) -> None:
    path = await begun(client)

    async def send(content: bytes, told: str, **more: str) -> httpx.Response:
        return await client.post(path, content=content, headers={**DOCTOR, "Content-Range": told, **more})

    first = await send(b"x" * 10, "bytes 0-9/*")
    assert (first.status_code, first.headers["upload-offset"], first.headers["upload-complete"]) == (201, "10", "?0")
    assert problem(await send(b"x" * 10, "bytes 5-14/*"), 409)["code"] == "wrong_offset"
    second = await send(b"x" * 10, "bytes 10-19/40")
    assert (second.headers["upload-offset"], second.headers["upload-complete"]) == ("20", "?0")
    for told in ("bytes 20-28/40", "bytes 29-20/40", "bytes 20-29/25", "items 20-29/40", "bytes 20-29", "bytes */40"):
        wrong = problem(await send(b"x" * 10, told), 422, "invalid_arguments")
        assert [error["field"] for error in wrong["errors"]] == ["Content-Range"], told
    problem(await send(b"x" * 10, "bytes 20-29/40", **{"Upload-Offset": "20"}), 422, "invalid_arguments")
    assert (await client.head(path, headers=DOCTOR)).headers["upload-offset"] == "20"
