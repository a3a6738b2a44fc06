"""The service on a socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from api.telephone import media_stream as call_media
from tests.api.telephone.calling import Looking, Service, serving
from tests.conftest import Clone, Server, cloned, settings_for, started


@pytest.fixture(scope="session")
def url(server: Server, clone: Clone) -> Iterator[str]:
    with served(server, clone) as made:
        yield made


@contextmanager
def served(server: Server, clone: Clone) -> Iterator[str]:
    """The service on a port of this machine: its URL."""
    from api.http.app import create_app

    app = create_app(settings_for(server.data_dir), url=clone.service)
    running = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started and thread.is_alive():
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
async def service(server: Server) -> Any:
    async with cloned(server) as clone:
        with serving(clone, server.data_dir) as made:
            yield made


@pytest.fixture
def any_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line's time may pass faster than the clock."""
    monkeypatch.setattr(call_media, "FLOOD_S", 1e6)


@pytest.fixture(scope="module")
async def look(service: Service) -> Any:
    """A runtime of the test's own loop, to look with."""
    async with started(service.clone, settings_for(service.clone.data_dir)) as runtime:
        yield Looking(runtime)
