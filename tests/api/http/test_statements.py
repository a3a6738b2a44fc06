"""How many statements a call costs: what a new line on the path of every call would show in first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from tests.conftest import as_role


@contextmanager
def listening(app: FastAPI) -> Iterator[list[str]]:
    """Statements of this task as the driver sends them, and commits: what runs aside is another's."""
    sent: list[str] = []
    ours = asyncio.current_task()
    engine = app.state.runtime.database.engine.sync_engine
    original = psycopg.AsyncCursor.execute

    async def execute(cursor: Any, query: Any, params: Any = None, **options: Any) -> Any:
        if asyncio.current_task() is ours:
            sent.append(" ".join(str(query).split()))
        return await original(cursor, query, params, **options)

    def committed(connection: Any) -> None:
        if asyncio.current_task() is ours:
            sent.append("COMMIT")

    psycopg.AsyncCursor.execute = execute  # type: ignore[method-assign]
    event.listen(engine, "commit", committed)
    try:
        yield sent
    finally:
        psycopg.AsyncCursor.execute = original  # type: ignore[method-assign]
        event.remove(engine, "commit", committed)


@pytest.mark.parametrize(
    "path", ["facility/locations", "scheduling/appointments?limit=5", "prm/tickets", "prm/patients?name=a&limit=5"]
)
async def test_a_read_is_one_transaction(app: FastAPI, client: httpx.AsyncClient, path: str) -> None:
    """Four statements at most: whose the key is, what was asked for, the record and, where the answer names patients,
    the keys under which the record keeps that."""
    for _ in range(2):  # who the tenant is has been read by then
        with listening(app) as sent:
            answer = await client.get(f"/api/v1/{path}", headers=as_role("front_desk"))
    assert answer.status_code == 200 and (answer.json()["items"] or "patients" not in path)
    assert sent.count("COMMIT") == 1 and len(sent) - 1 <= 4, sent
