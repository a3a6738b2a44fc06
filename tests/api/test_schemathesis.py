"""What the service says of itself, tried out: requests made from its OpenAPI document, right ones and wrong ones."""

from __future__ import annotations

from typing import Any

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

from tests.conftest import as_role
from tools import rooms
from tools.runtime.tool import Tool, all_tools

rooms.load()
ROUTES = [tool for tool in all_tools() if tool.rest is not None]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
QUICK = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture(scope="module")
def document(url: str) -> Any:
    return schemathesis.openapi.from_url(f"{url}/openapi.json")


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("tool", ROUTES, ids=lambda tool: tool.name)
def test_as_described(document: Any, tool: Tool, mode: schemathesis.GenerationMode) -> None:
    """Requests as described are answered as described; others are refused, and no request is a fault of ours."""
    operation = document.find_operation_by_id(tool.name)
    negative = mode is schemathesis.GenerationMode.NEGATIVE
    checks = [*CHECKS, *([negative_data_rejection] if negative else [])]

    @QUICK
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=as_role("admin"), checks=checks)

    check()
