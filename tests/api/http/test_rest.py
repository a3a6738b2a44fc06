"""The REST face: who may call, what is refused and how it is said, versions, keys, and what a service must tell."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from api.http.app import create_app
from tests.api.http.asking import IN_QUERY, ROUTES, ask, fields, patient, problem, unknown
from tests.conftest import NOW, Server, as_role, settings_for
from tools.access.tables import ApiKey
from tools.runtime.names import Words
from tools.runtime.tool import Effect, Tool
from wiring import demo

PATIENTS = "/api/v1/prm/patients"
each_route = pytest.mark.parametrize("tool", ROUTES, ids=lambda tool: tool.name)


@each_route
async def test_no_key(client: httpx.AsyncClient, tool: Tool) -> None:
    for headers in (
        {},
        {"X-API-Key": "wl_demo_x"},
        {"Authorization": "Bearer wl_nowhere_x"},
        {"Authorization": "Basic x"},
    ):
        refused = await ask(client, tool, unknown(tool), role=None, **headers)
        problem(refused, 401, "unauthenticated")
        assert refused.headers["www-authenticate"] == "Bearer"


@each_route
async def test_an_unknown_field(client: httpx.AsyncClient, tool: Tool) -> None:
    refused = await ask(client, tool, {**unknown(tool), "no_such": "x"}, **{"If-Match": '"1"'})
    assert fields(refused) == ["no_such"]


@each_route
async def test_a_wrong_type_is_named(client: httpx.AsyncClient, tool: Tool) -> None:
    """Every argument in turn: an object in a body, nonsense in a path or query."""
    assert tool.rest is not None
    for name, field in tool.args.model_fields.items():
        in_body = name not in tool.rest.path_fields and tool.rest.method not in IN_QUERY
        if not in_body and field.annotation in (str, str | None, Words | None):
            continue
        args = {**unknown(tool), name: {"a": 1} if in_body else "no-such"}
        found = fields(await ask(client, tool, args, **{"If-Match": '"1"'}))
        assert {field.partition(".")[0] for field in found} == {name}


@each_route
async def test_missing_fields(client: httpx.AsyncClient, tool: Tool) -> None:
    assert tool.rest is not None
    needed = [
        name for name, field in tool.args.model_fields.items()
        if field.is_required() and name not in tool.rest.path_fields
    ]  # fmt: skip
    args = unknown(tool)
    in_path = {name: args[name] for name in tool.rest.path_fields}
    if needed:
        assert sorted(fields(await ask(client, tool, in_path))) == sorted(needed)


@each_route
async def test_an_unknown_record(client: httpx.AsyncClient, tool: Tool) -> None:
    assert tool.rest is not None
    if tool.rest.path_fields and tool.name != "scheduling.release_hold":
        missing = await ask(client, tool, unknown(tool), **{"If-Match": '"1"'})
        if tool.effect is Effect.CRITICAL:  # a person would see that there is none
            problem(missing, 409, "approval_needed")
        else:
            problem(missing, 404, "not_found")


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b"{'given': 1}", b"[" * 5000, b'{"given": "\\ud800"}', b'{"a":1}{}'],
)
async def test_a_body_that_is_no_object(client: httpx.AsyncClient, body: bytes) -> None:
    refused = await client.post(
        PATIENTS, content=body, headers={**as_role("admin"), "Content-Type": "application/json"}
    )
    assert fields(refused) == ["body"]


async def test_a_huge_body(client: httpx.AsyncClient) -> None:
    huge = b'{"given": "' + b"x" * 1_048_576 + b'"}'
    problem(await client.post(PATIENTS, content=huge, headers=as_role("admin")), 413, "body_too_large")

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(huge), 65_536):
            yield huge[start : start + 65_536]

    problem(await client.post(PATIENTS, content=pieces(), headers=as_role("admin")), 413, "body_too_large")


async def test_bodies_are_strict_and_queries_are_text(client: httpx.AsyncClient) -> None:
    headers = as_role("admin")
    key = {"name": "x", "role": "nurse"}
    for wrong in ("3", 3.0, True, None, [3]):
        refused = await client.post("/api/v1/access/api-keys", json={**key, "expires_in_days": wrong}, headers=headers)
        assert fields(refused) == ["expires_in_days"]
    found = await client.get(PATIENTS, params={"limit": "3"}, headers=headers)
    assert found.status_code == 200 and len(found.json()["items"]) == 3
    for wrong in ("0", "201", "x", "", "3.5"):
        assert fields(await client.get(PATIENTS, params={"limit": wrong}, headers=headers)) == ["limit"]
    assert fields(await client.get(f"{PATIENTS}?limit=1&limit=2", headers=headers)) == ["limit"]
    assert fields(await client.get(PATIENTS, params={"name": "a\x00"}, headers=headers)) == ["name"]
    upcoming = await client.get("/api/v1/scheduling/appointments", params={"upcoming": "true"}, headers=headers)
    assert upcoming.status_code == 200


@pytest.mark.parametrize("cursor", ["x", "é", "AAAA" * 30, "=", "x" * 1001])
async def test_a_bad_cursor(client: httpx.AsyncClient, cursor: str) -> None:
    assert fields(await client.get(PATIENTS, params={"cursor": cursor}, headers=as_role("admin"))) == ["cursor"]


async def test_pages(client: httpx.AsyncClient) -> None:
    seen: list[str] = []
    params = {"limit": "60", "name": "a"}
    while True:
        page = (await client.get(PATIENTS, params=params, headers=as_role("admin"))).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert len(seen) == len(set(seen)) > 100


async def made(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    person = {"given": "Rest", "family": "Test", "birth_date": "1990-01-01", **changes}
    return await client.post(PATIENTS, json=person, headers=as_role("front_desk"))


async def test_versions(client: httpx.AsyncClient) -> None:
    created = await made(client)
    assert (created.status_code, created.headers["etag"]) == (201, '"1"')
    url, headers = f"{PATIENTS}/{created.json()['id']}", as_role("front_desk")
    assert (await client.get(url, headers=headers)).headers["etag"] == '"1"'
    changed = await client.patch(url, json={"address": "x"}, headers={**headers, "If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"], changed.json()["version"]) == (200, '"2"', 2)
    stale = await client.patch(url, json={"address": "y"}, headers={**headers, "If-Match": '"1"'})
    assert '"2"' in problem(stale, 412, "version_mismatch")["detail"]
    for ok in ('W/"2"', "*"):
        answer = await client.patch(url, json={"language": "en"}, headers={**headers, "If-Match": ok})
        assert answer.status_code == 200
    for wrong in ("x", '"x"', '"-1"', "", '"99999999999"', '"²"'.encode()):
        refused = await client.patch(url, json={}, headers={**headers, "If-Match": wrong})
        assert fields(refused) == ["If-Match"]


async def test_a_clinical_row_needs_its_version(client: httpx.AsyncClient) -> None:
    headers = as_role("nurse")
    visit = await client.post("/api/v1/encounters", json={"patient_id": patient(0)}, headers=headers)
    url = f"/api/v1/encounters/{visit.json()['id']}"
    problem(await client.patch(url, json={"reason": "x"}, headers=headers), 428, "version_required")
    changed = await client.patch(url, json={"reason": "x"}, headers={**headers, "If-Match": visit.headers["etag"]})
    assert changed.headers["etag"] == '"2"'


async def test_the_idempotency_key(client: httpx.AsyncClient) -> None:
    body = {"given": "Once", "family": "Only", "birth_date": "1990-01-01"}
    headers = {**as_role("front_desk"), "Idempotency-Key": str(uuid4())}
    first = await client.post(PATIENTS, json=body, headers=headers)
    again = await client.post(PATIENTS, json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201) and again.content == first.content
    assert "idempotent-replayed" not in first.headers and again.headers["idempotent-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    other = await client.post(PATIENTS, json={**body, "given": "Twice"}, headers=headers)
    problem(other, 422, "idempotency_key_reused")
    for wrong in ("", "x" * 256, "a b", "é".encode()):
        refused = await client.post(PATIENTS, json=body, headers={**headers, "Idempotency-Key": wrong})
        assert fields(refused) == ["Idempotency-Key"]


async def test_a_refusal_of_the_database_is_explained(client: httpx.AsyncClient) -> None:
    mrn = f"T{uuid4().hex[:10]}"
    assert (await made(client, mrn=mrn)).status_code == 201
    problem(await made(client, mrn=mrn), 409, "mrn_taken")


async def test_a_fault_tells_nothing(app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*args: Any, **more: Any) -> None:
        raise RuntimeError("secret of the process")

    monkeypatch.setattr(app.state.runtime, "call", broken)
    body = problem(await client.get(PATIENTS, headers=as_role("admin")), 500, "internal_error")
    assert "secret" not in json.dumps(body)


async def test_paths_and_methods_that_are_not(client: httpx.AsyncClient) -> None:
    problem(await client.get("/api/v1/no/such"), 404)
    refused = await client.put(PATIENTS, json={})
    problem(refused, 405)
    assert refused.headers["allow"] == "GET, HEAD, POST, OPTIONS"


async def token(app: FastAPI, subject: str, *roles: str, **more: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {app.state.dev_issuer.issue(subject, roles, **{'tenant': 'demo', **more})}"}


async def test_a_token_of_a_nurse(app: FastAPI, client: httpx.AsyncClient) -> None:
    headers = await token(app, "nurse-7", "nurse")
    assert (await client.get(PATIENTS, headers=headers)).status_code == 200
    problem(await client.get("/api/v1/access/api-keys", headers=headers), 403, "forbidden")


async def test_a_token_of_a_patient(app: FastAPI, client: httpx.AsyncClient) -> None:
    """A patient reaches the own record, and nobody else's."""
    headers = await token(app, "asha", "patient", patient_id=UUID(patient(0)))
    own = await client.get(f"{PATIENTS}/{patient(0)}", headers=headers)
    assert own.status_code == 200 and own.json()["id"] == patient(0)
    problem(await client.get(f"{PATIENTS}/{patient(1)}", headers=headers), 404, "not_found")
    problem(await client.get(PATIENTS, headers=headers), 403, "forbidden")
    mine = (await client.get("/api/v1/scheduling/appointments", headers=headers)).json()["items"]
    assert {item["patient_id"] for item in mine} <= {patient(0)}
    key = as_role("patient")
    assert (await client.get(f"{PATIENTS}/{patient(0)}", headers=key)).status_code == 200
    problem(await client.get(f"{PATIENTS}/{patient(1)}", headers=key), 404)


@pytest.mark.parametrize(
    ("roles", "more"),
    [
        (["nurse"], {"ttl_s": -60}), (["nurse"], {"tenant": None}), (["nurse"], {"tenant": "nowhere"}),
        (["patient"], {}),
        (["patient", "admin"], {"patient_id": UUID(patient(0))}),
    ],
    ids=["expired", "no tenant", "unknown tenant", "patient without a record", "patient and admin"],
)  # fmt: skip
async def test_tokens_that_are_not_believed(
    app: FastAPI, client: httpx.AsyncClient, roles: list[str], more: dict[str, Any]
) -> None:
    headers = await token(app, "someone", *roles, **more)
    problem(await client.get("/api/v1/facility/locations", headers=headers), 401, "unauthenticated")


async def test_a_token_without_roles(app: FastAPI, client: httpx.AsyncClient) -> None:
    for roles in ([], ["surgeon"], ["system"]):
        headers = await token(app, "someone", *roles)
        problem(await client.get("/api/v1/facility/locations", headers=headers), 403, "forbidden")


async def new_key(client: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    made = await client.post("/api/v1/access/api-keys", json={"name": "test", **wanted}, headers=as_role("admin"))
    assert made.status_code == 201, made.text
    key: dict[str, Any] = made.json()
    return key


async def test_keys_expire_and_are_revoked(app: FastAPI, client: httpx.AsyncClient) -> None:
    expired, revoked = await new_key(client, role="nurse"), await new_key(client, role="nurse")
    for key in (expired, revoked):
        assert (await client.get(PATIENTS, headers={"Authorization": f"Bearer {key['key']}"})).status_code == 200
    async with app.state.runtime.database.begin(demo.TENANT_ID) as session:
        past = NOW - timedelta(seconds=1)
        await session.execute(update(ApiKey).where(ApiKey.id == UUID(expired["id"])).values(expires_at=past))
    gone = await client.delete(f"/api/v1/access/api-keys/{revoked['id']}", headers=as_role("admin"))
    assert gone.json()["revoked_at"] is not None and "key" not in gone.json()
    for key, word in ((expired, "expired"), (revoked, "revoked")):
        refused = await client.get(PATIENTS, headers={"X-API-Key": key["key"]})
        assert word in problem(refused, 401, "unauthenticated")["detail"]
    listed = (await client.get("/api/v1/access/api-keys", params={"limit": "200"}, headers=as_role("admin"))).text
    assert expired["id"] in listed and expired["key"] not in listed


async def test_a_keys_scopes_narrow_its_role(client: httpx.AsyncClient) -> None:
    narrow = await new_key(client, role="admin", scopes=["facility:read"])
    headers = {"X-API-Key": narrow["key"]}
    assert (await client.get("/api/v1/facility/locations", headers=headers)).status_code == 200
    problem(await client.get(PATIENTS, headers=headers), 403, "forbidden")


async def test_a_patients_key_names_a_patient(client: httpx.AsyncClient) -> None:
    for wanted in ({"role": "patient"}, {"role": "nurse", "patient_id": patient(0)}):
        refused = await client.post("/api/v1/access/api-keys", json={"name": "x", **wanted}, headers=as_role("admin"))
        assert fields(refused) == ["patient_id"]


async def test_alive_ready_and_measured(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health")).json() == {"status": "ok"}
    assert (await client.get("/ready")).json() == {"status": "ready"}
    await client.get(f"{PATIENTS}/{patient(3)}", headers=as_role("admin"))
    metrics = (await client.get("/metrics")).text
    line = 'wardline_http_requests_total{method="GET",route="/api/v1/prm/patients/{patient_id}",status="200"}'
    assert line in metrics and patient(3) not in metrics


async def test_not_ready_without_a_database(server: Server) -> None:
    app = create_app(settings_for(server.data_dir), url="postgresql://nobody@127.0.0.1:1/none")
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://wardline.test") as client:
        assert (await client.get("/health")).status_code == 200
        refused = await client.get("/ready")
        problem(refused, 503, "unavailable")
        assert refused.headers["retry-after"] == "5"
        problem(await client.get(PATIENTS, headers=as_role("admin")), 503, "unavailable")


async def test_the_description_is_whole(client: httpx.AsyncClient) -> None:
    """Every tool with a REST face is described, every reference resolves, and names of operations are the tools'."""
    document = (await client.get("/openapi.json")).json()
    described = {
        operation["operationId"]: (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/api/")
    }
    recordings = {name for name, (_, path) in described.items() if path.endswith(("/audio", "/transcript"))}
    assert recordings == {"voice.upload_audio", "voice.upload_progress", "voice.get_transcript"}  # no plain calls
    made = {name: where for name, where in described.items() if name not in recordings}
    assert made == {tool.name: (tool.rest.method, tool.rest.path) for tool in ROUTES if tool.rest}

    def check(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                target = document
                for part in node["$ref"].removeprefix("#/").split("/"):
                    target = target[part]
            for inner in node.values():
                check(inner)
        elif isinstance(node, list):
            for inner in node:
                check(inner)

    check(document)
