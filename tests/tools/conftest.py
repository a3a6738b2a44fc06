"""The runtime of these tests: tools over the database, without faces, carrier or agents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from db.engine import Database
from tests.conftest import NOW, Clone
from tools import rooms
from tools.runtime.jobs import Jobs
from tools.runtime.pages import Cursors
from tools.runtime.runtime import Runtime
from tools.runtime.work import Clock

rooms.load()


@asynccontextmanager
async def tools_over(clone: Clone, **changes: Any) -> AsyncIterator[Runtime]:
    runtime = Runtime(
        Database(clone.service, pool_size=8), Jobs(clone.service), Clock(NOW), cursors=Cursors(b"test"), **changes
    )
    async with runtime.jobs.app.open_async():
        yield runtime
    await runtime.database.close()


@pytest.fixture(scope="session")
async def runtime(clone: Clone) -> AsyncIterator[Runtime]:
    async with tools_over(clone) as made:
        yield made


@pytest.fixture
async def own_runtime(own_clone: Clone) -> AsyncIterator[Runtime]:
    """Over a database that no other test touches; its clock may be set."""
    async with tools_over(own_clone) as made:
        yield made
