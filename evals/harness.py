"""What scored runs and long proofs share: a hospital of their own, its processes, and a sender that behaves as
Twilio."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
from twilio.request_validator import RequestValidator

from db import embedded, provision
from settings import Settings
from tools.runtime.runtime import Runtime
from wiring import demo
from wiring.keys import stores_of

NOW = datetime.fromisoformat("2026-11-23T09:00:00+05:30")  # a Monday
TOKEN = "soak-token"
WEBHOOK = "/api/v1/prm/webhooks/twilio/whatsapp"


@dataclass(frozen=True, slots=True)
class Hospital:
    """A demo hospital in a database of its own."""

    service: str
    owner: str
    data_dir: Path

    def twin(self, name: str) -> str:
        """A copy of the database as it is now, on the same server: its URL. Nobody may be connected."""
        superuser = embedded.start(self.data_dir)
        with psycopg.connect(superuser, autocommit=True) as connection:
            made = f"CREATE DATABASE {name} TEMPLATE wardline OWNER {embedded.OWNER_ROLE}"
            connection.execute(made)  # type: ignore[arg-type]
        return self.service.replace("/wardline?", f"/{name}?")

    def settings(self, **changes: Any) -> Settings:
        return Settings(env="test", clock=NOW, data_dir=self.data_dir, twilio_auth_token=TOKEN, **changes)  # type: ignore[arg-type]


@asynccontextmanager
async def hospital(*, days: int = 30) -> AsyncIterator[Hospital]:
    """Make one in a temporary folder; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="wardline-", ignore_cleanup_errors=True) as folder:
        data_dir = Path(folder)
        data_dir.chmod(0o755)
        superuser = embedded.start(data_dir)
        service, owner = provision.create_database(superuser, "wardline", "wardline_app")
        await asyncio.to_thread(provision.migrate, owner, "wardline_app")
        await demo.load(owner, secret=b"soak", now=NOW, horizon_days=days)
        try:
            yield Hospital(service, owner, data_dir)
        finally:
            embedded.stop(data_dir)


@asynccontextmanager
async def running_runtime(place: Hospital, **changes: Any) -> AsyncIterator[Runtime]:
    from wiring.runtime import build_runtime, running

    async with running(build_runtime(place.settings(**changes), place.service)) as runtime:
        yield runtime


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Processes:
    """`wardline serve` and `wardline worker` of one hospital, which can be killed and started again."""

    def __init__(self, place: Hospital, *, logs: Path | None = None, environment: dict[str, str] | None = None) -> None:
        self._logs = logs
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._env = {
            **os.environ,
            "WARDLINE_ENV": "test",
            "WARDLINE_CLOCK": NOW.isoformat(),
            **stores_of(place.data_dir),
            "WARDLINE_DATA_DIR": str(place.data_dir),
            "WARDLINE_DATABASE_URL": place.service,
            "WARDLINE_TWILIO_AUTH_TOKEN": TOKEN,
            "WARDLINE_PORT": str(self.port),
            "WARDLINE_WORKER_HEARTBEAT_S": "0.5",
            "WARDLINE_WORKER_STALLED_S": "2",
            "WARDLINE_LOG_LEVEL": "ERROR" if logs is None else "DEBUG",
            **(environment or {}),
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        command = [sys.executable, "-m", "cli", *name.split()]
        if self._logs is None:
            self._running[name] = subprocess.Popen(
                command, env=self._env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            return
        with (self._logs / f"{name.split()[0]}.log").open("ab") as file:
            self._running[name] = subprocess.Popen(command, env=self._env, stdout=file, stderr=file)

    def kill(self, name: str) -> None:
        """kill -9."""
        self._running[name].kill()
        self._running[name].wait()

    def stop(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()

    async def ready(self, timeout_s: float = 60) -> None:
        deadline = time.monotonic() + timeout_s
        async with httpx.AsyncClient() as client:
            while time.monotonic() < deadline:
                try:
                    if (await client.get(f"{self.url}/ready", timeout=2)).status_code == 200:
                        return
                except httpx.HTTPError:
                    await asyncio.sleep(0.1)
        raise TimeoutError("the server did not become ready")


class Sender:
    """Delivers messages as Twilio does: signed forms; what is not acknowledged is delivered again."""

    def __init__(self, url: str, client: httpx.AsyncClient, *, token: str = TOKEN) -> None:
        self._url = url.rstrip("/") + WEBHOOK
        self._client = client
        self._validator = RequestValidator(token)

    def request(self, phone: str, body: str, sid: str) -> tuple[dict[str, str], dict[str, str]]:
        fields = {
            "MessageSid": sid,
            "AccountSid": "AC" + "0" * 32,
            "From": f"whatsapp:{phone}",
            "To": f"whatsapp:{demo.WHATSAPP}",
            "Body": body,
            "NumMedia": "0",
        }
        return fields, {"X-Twilio-Signature": self._validator.compute_signature(self._url, fields)}

    async def deliver(self, phone: str, body: str, sid: str, *, patient_s: float = 120) -> None:
        """Until it is acknowledged."""
        fields, headers = self.request(phone, body, sid)
        deadline = time.monotonic() + patient_s
        while True:
            try:
                response = await self._client.post(self._url, data=fields, headers=headers, timeout=15)
                if response.status_code == 200:
                    return
                if response.status_code < 500:
                    raise AssertionError(f"refused: {response.status_code} {response.text}")
            except httpx.HTTPError:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"{sid} was never acknowledged")
            await asyncio.sleep(0.2)
