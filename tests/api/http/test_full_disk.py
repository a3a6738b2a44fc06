"""A disk that is full: every refusal says "try later", and the service does not call itself ready."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest
from obstore.exceptions import GenericError
from procrastinate.exceptions import ConnectorException
from sqlalchemy.exc import DBAPIError

from api.http.app import create_app
from tests.api.http.asking import ROUTES, ask, problem, unknown
from tests.conftest import Clone, Server, as_role, lived, settings_for
from tools.runtime.runtime import as_tool_error

FULL = """
CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER no_space BEFORE INSERT ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION no_space();
"""


@asynccontextmanager
async def client_of(server: Server, clone: Clone) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(settings_for(server.data_dir), url=clone.service)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with lived(app), httpx.AsyncClient(transport=transport, base_url="http://wardline.test") as client:
        yield client


def server_of(clone: Clone) -> str:
    """The superuser's URL of another database: settings of the clone's do not bind there."""
    parts = urlsplit(clone.superuser)
    return urlunsplit(parts._replace(path="/postgres"))


def tell(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]


async def test_every_route_says_try_later(server: Server, own_clone: Clone) -> None:
    """The server's own error, at the write that every call makes: its entry on the record."""
    tell(own_clone.superuser, FULL)
    async with client_of(server, own_clone) as client:
        answers = {tool.name: await ask(client, tool, unknown(tool)) for tool in ROUTES}
        said = {name: answer.status_code for name, answer in answers.items() if answer.status_code >= 500}
        assert set(said.values()) == {503} and len(said) > 20, said
        for name in said:
            body = problem(answers[name], 503, "unavailable")
            assert body["remedy"] == "try_later" and answers[name].headers["retry-after"]


async def test_ready_tries_a_write(server: Server, own_clone: Clone) -> None:
    name = urlsplit(own_clone.service).path[1:]
    async with client_of(server, own_clone) as client:
        assert (await client.get("/ready")).status_code == 200
    for change in ("temp_file_limit = '64kB'", "default_transaction_read_only = on"):
        tell(server_of(own_clone), f"ALTER DATABASE {name} SET {change}")
        async with client_of(server, own_clone) as client:  # it has connections of its own, made since
            problem(await client.get("/ready"), 503, "unavailable")
            assert (await client.get("/health")).status_code == 200
        tell(server_of(own_clone), f"ALTER DATABASE {name} RESET {change.split(' ')[0]}")


async def test_a_full_disk_of_the_recordings(server: Server, own_clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    async with client_of(server, own_clone) as client:
        began = await client.post("/api/v1/voice/sessions", json={"kind": "dictation"}, headers=as_role("physician"))
        assert began.status_code == 201, began.text

        async def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("db.blobs.Blobs.put", full)
        path = f"/api/v1/voice/sessions/{began.json()['id']}/audio"
        problem(await client.post(path, content=b"x" * 4096, headers=as_role("physician")), 503, "unavailable")


def wrapped() -> DBAPIError:
    """As the ORM wraps it: a class of SQLAlchemy's around the driver's error."""
    return DBAPIError.instance("INSERT", (), psycopg.errors.DiskFull("no space"), psycopg.Error)  # type: ignore[return-value]


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        GenericError("Generic LocalFileSystem error: No space left on device (os error 28)"),
        psycopg.errors.DiskFull("no space"),
        psycopg.errors.IoError("could not write"),
        psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction"),
        psycopg.errors.ConfigurationLimitExceeded("temporary file size exceeds"),
        wrapped(),
        caused(ConnectorException("Database error"), psycopg.errors.DiskFull("no space")),
        caused(RuntimeError("the sink failed"), psycopg.errors.DiskFull("no space")),
        ExceptionGroup("two", [ValueError("x"), OSError(errno.ENOSPC, "No space left on device")]),
    ],
    ids=repr,
)
def test_what_an_outage_is(error: Exception) -> None:
    assert as_tool_error(error).status == 503


@pytest.mark.parametrize("error", [ValueError("No space left on device"), OSError(errno.ENOENT, "no file")], ids=repr)
def test_what_none_is(error: Exception) -> None:
    assert as_tool_error(error).status == 500
