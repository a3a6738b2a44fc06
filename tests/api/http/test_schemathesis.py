"""What the service says of itself, tried out: requests made from its OpenAPI document, right ones and wrong ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import served
from tests.conftest import Server, as_role, cloned
from tools import rooms
from tools.runtime.tool import Tool, all_tools
from wiring import demo

rooms.load()
ROUTES = [tool for tool in all_tools() if tool.rest is not None]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
QUICK = settings(
    max_examples=8, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture(scope="module")
async def url(server: Server) -> AsyncIterator[str]:
    """A service over a database of its own: these requests remove patients and revoke keys."""
    async with cloned(server) as place:
        with served(server, place) as made:
            yield made


@pytest.fixture(scope="module")
def document(url: str) -> Any:
    return schemathesis.openapi.from_url(f"{url}/openapi.json")


@pytest.fixture(scope="module")
def known(url: str) -> dict[str, str]:
    """Records that exist, by the names that arguments have for them."""
    ids = {"patient_id": str(demo._id("patient", 0)), "related_id": str(demo._id("patient", 1))}
    with httpx.Client(base_url=f"{url}/api/v1", headers=as_role("admin")) as client:

        def first(path: str) -> dict[str, Any]:
            item: dict[str, Any] = client.get(path).json()["items"][0]
            return item

        def made(path: str, **body: str) -> str:
            return str(client.post(path, json=body).json()["id"])

        slot, who = first("/scheduling/slots"), {"patient_id": ids["patient_id"]}
        return {
            **ids,
            "slot_id": slot["id"],
            "practitioner_id": slot["practitioner_id"],
            "location_id": slot["location_id"],
            "schedule_id": first("/scheduling/schedules")["id"],
            "appointment_id": made("/scheduling/appointments", slot_id=slot["id"], **who),
            "encounter_id": made("/encounters", **who),
            "conversation_id": made("/prm/conversations", **who),
            "ticket_id": made("/prm/tickets", category="x", subject="x"),
            "consent_id": first(f"/prm/patients/{ids['patient_id']}/consents")["id"],
            "session_id": first("/governance/sessions")["id"],
            "key_id": made("/access/api-keys", name="x", role="nurse"),
        }


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("tool", ROUTES, ids=lambda tool: tool.name)
def test_as_described(document: Any, known: dict[str, str], tool: Tool, mode: schemathesis.GenerationMode) -> None:
    """Requests as described, with records that exist, are answered as described; others are refused; and no request is
    a fault of ours."""
    operation = document.find_operation_by_id(tool.name)
    negative = mode is schemathesis.GenerationMode.NEGATIVE
    checks = [*CHECKS, *([negative_data_rejection] if negative else [])]

    @QUICK
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        for part in (case.path_parameters, case.query, case.body):
            if not negative and isinstance(part, dict):
                part.update({name: value for name, value in known.items() if name in part})
        response = case.call(headers=as_role("admin"))
        too_large = response.status_code == 413  # a refusal too, before the body is read
        case.validate_response(response, checks=CHECKS if too_large else checks)

    check()
