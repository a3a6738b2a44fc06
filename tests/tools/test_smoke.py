"""Every room serves: its records can be made, and each of its reading tools answers about them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Server, cloned, staff
from tests.tools.hospital import tools_over
from tests.tools.samples import TOOLS, Hospital, sample
from tools.runtime.errors import ToolError
from tools.runtime.tool import Effect

pytestmark = pytest.mark.smoke
ROOMS = sorted({tool.run.__module__.split(".")[1] for tool in TOOLS})


@pytest.fixture(scope="module")
async def hospital(server: Server) -> AsyncIterator[Hospital]:
    async with cloned(server) as clone, tools_over(clone) as runtime:
        made = Hospital(runtime, clone)
        await made.make_all()
        yield made


@pytest.mark.parametrize("room", ROOMS)
async def test_its_reading_tools_answer(room: str, hospital: Hospital) -> None:
    for tool in TOOLS:
        if tool.effect is Effect.READ and tool.run.__module__.split(".")[1] == room:
            try:
                reply = await hospital.runtime.call(tool.name, sample(tool, hospital.made), staff())
            except ToolError as refused:
                assert refused.status in (404, 409, 422), (tool.name, refused)  # it is not so of the sample; no fault
            else:
                tool.out.model_validate_json(reply.body)
