"""The runtime of these tests: tools over the database, without faces, carrier or agents."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Clone
from tests.tools.hospital import tools_over
from tools import rooms
from tools.runtime.runtime import Runtime

rooms.load()


@pytest.fixture(scope="session")
async def runtime(clone: Clone) -> AsyncIterator[Runtime]:
    async with tools_over(clone) as made:
        yield made


@pytest.fixture
async def own_runtime(own_clone: Clone) -> AsyncIterator[Runtime]:
    """Over a database that no other test touches; its clock may be set."""
    async with tools_over(own_clone) as made:
        yield made
