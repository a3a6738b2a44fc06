"""`wardline up`, killed: its children end with it; and an address that is taken is told, with by whom."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import psutil
import pytest

from cli.address import AddressInUse, check_free
from tests.conftest import NOW, Clone, Server
from tests.paths import ROOT


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def begin(server: Server, clone: Clone, port: int) -> subprocess.Popen[str]:
    env = {
        **os.environ, "WARDLINE_ENV": "test", "WARDLINE_CLOCK": NOW.isoformat(),
        "WARDLINE_DATA_DIR": str(server.data_dir),
        "WARDLINE_DATABASE_URL": clone.service, "WARDLINE_DATABASE_OWNER_URL": clone.owner, "WARDLINE_PORT": str(port),
    }  # fmt: skip
    command = [sys.executable, "-m", "cli", "up"]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def serving(port: int, up: subprocess.Popen[str]) -> None:
    while up.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(up.stdout.read() if up.stdout else "")


def test_its_children_end_with_it_even_when_it_is_killed(server: Server, own_clone: Clone) -> None:
    port = free_port()
    up = begin(server, own_clone, port)
    serving(port, up)
    children = psutil.Process(up.pid).children(recursive=True)
    names = {child.cmdline()[-1] for child in children}
    assert {"serve", "front", "background"} <= names

    second = begin(server, own_clone, port)
    said, _ = second.communicate()
    server_pid = next(child.pid for child in children if child.cmdline()[-1] == "serve")
    assert second.returncode == 1 and "Traceback" not in said
    assert f"127.0.0.1:{port} is in use by process {server_pid}, a Wardline that runs already" in " ".join(said.split())

    up.send_signal(signal.SIGKILL)
    up.communicate()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert alive == []
    check_free("127.0.0.1", port)


def test_another_program_at_the_address_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        with pytest.raises(AddressInUse, match=f"in use by process {os.getpid()}, .*no Wardline.*WARDLINE_PORT"):
            check_free("127.0.0.1", port)
    check_free("127.0.0.1", port)
