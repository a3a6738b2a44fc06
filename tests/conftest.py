"""A real PostgreSQL with the demo hospital, made once by the migrations and cloned for each test that asks for one."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import fasteners
import httpx
import psycopg
import pytest
import structlog
from fastapi import FastAPI

from db import embedded, provision
from settings import Settings
from tools import rooms
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from wiring import demo

pytest_plugins = ["tests.ordering"]
rooms.load()  # the same tools, events and tables are declared for every test, alone or after others
NOW = datetime.fromisoformat("2026-11-23T09:00:00+05:30")  # a Monday
TEMPLATE = "wardline_template"
SECRET = b"test-secret"

structlog.configure(  # a line each, without the rich tracebacks of a terminal
    processors=[
        structlog.processors.add_log_level, structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Server:
    superuser: str
    data_dir: Path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The database server with the template, shared by all test processes of a run."""
    base = tmp_path_factory.getbasetemp()
    data_dir = (base.parent if base.name.startswith("popen-") else base) / "wardline"
    data_dir.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fasteners.InterProcessLock(str(data_dir / ".lock")):
            superuser = embedded.start(data_dir)
            with psycopg.connect(superuser, autocommit=True) as connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone()
            if not found:
                _, owner = provision.create_database(superuser, TEMPLATE, "wardline_app")
                provision.migrate(owner, "wardline_app")
                asyncio.run(demo.load(owner, secret=SECRET, now=NOW, horizon_days=30))
        yield Server(superuser, data_dir)
        embedded.stop(data_dir)


@dataclass(frozen=True, slots=True)
class Clone:
    """A database of one's own: the service's URL, the owner's and the superuser's, and the folder of its keys."""

    service: str
    owner: str
    superuser: str
    data_dir: Path


@asynccontextmanager
async def cloned(server: Server) -> AsyncIterator[Clone]:
    name = f"wl_{uuid4().hex[:12]}"
    with (
        fasteners.InterProcessLock(str(server.data_dir / ".clone")),
        psycopg.connect(server.superuser, autocommit=True) as c,
    ):
        c.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER {embedded.OWNER_ROLE}")  # type: ignore[arg-type]
    urls = [
        provision._with(server.superuser, database=name, user=user)
        for user in ("wardline_app", embedded.OWNER_ROLE, "postgres")
    ]
    yield Clone(*urls, server.data_dir)
    with psycopg.connect(server.superuser, autocommit=True) as c:
        c.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture(scope="session")
async def clone(server: Server) -> AsyncIterator[Clone]:
    """One database a test process, for tests that do not mind what others left."""
    async with cloned(server) as made:
        yield made


@pytest.fixture
async def own_clone(server: Server) -> AsyncIterator[Clone]:
    """A database that no other test touches."""
    async with cloned(server) as made:
        yield made


def settings_for(data_dir: Path, **changes: Any) -> Settings:
    values: dict[str, Any] = {"env": "test", "clock": NOW, "data_dir": data_dir, "database_pool": 8, **changes}
    return Settings(**values)


@asynccontextmanager
async def started(clone: Clone, settings: Settings) -> AsyncIterator[Runtime]:
    from wiring.runtime import build_runtime, running

    async with running(build_runtime(settings, clone.service)) as runtime:
        yield runtime


@pytest.fixture(scope="session")
async def runtime(server: Server, clone: Clone) -> AsyncIterator[Runtime]:
    async with started(clone, settings_for(server.data_dir)) as made:
        yield made


@pytest.fixture
async def own_runtime(server: Server, own_clone: Clone) -> AsyncIterator[Runtime]:
    async with started(own_clone, settings_for(server.data_dir)) as made:
        yield made


@pytest.fixture(scope="module")
async def own_runtime_of_module(server: Server) -> AsyncIterator[Runtime]:
    async with cloned(server) as clone, started(clone, settings_for(server.data_dir)) as made:
        yield made


@pytest.fixture(scope="session")
async def app(server: Server, clone: Clone) -> AsyncIterator[FastAPI]:
    from api.http.app import create_app

    made = create_app(settings_for(server.data_dir), url=clone.service)
    async with lived(made):
        yield made


@asynccontextmanager
async def lived(app: FastAPI) -> AsyncIterator[None]:
    """The app between its start and its end, both in one task, as a server does it."""
    begun, over = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.router.lifespan_context(app):
            begun.set()
            await over.wait()

    life = asyncio.create_task(live())
    waiting = asyncio.create_task(begun.wait())
    await asyncio.wait({life, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if begun.is_set():
        yield
    over.set()
    await life


@pytest.fixture(scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://wardline.test") as made:
        yield made


def as_role(role: str) -> dict[str, str]:
    """Headers with the demo key of a role."""
    return {"X-API-Key": demo.demo_key(SECRET, role)}


def staff(role: str = "admin", tenant_id: UUID = demo.TENANT_ID) -> Principal:
    return Principal(kind="staff", id=f"test:{role}", tenant_id=tenant_id, roles=frozenset({role}))


@pytest.fixture
def admin() -> Principal:
    return staff()
