"""`wardline up`: server, worker and background as processes; one that dies, the embedded database too, is started
again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

import httpx
from rich.console import Console

from db import embedded
from settings import Settings
from wiring.keys import stores_of

RESTART_AFTER_S = 1.0
END_WITHIN_S = 15.0
LIFELINE = "WARDLINE_LIFELINE"


def run(settings: Settings, *, service_url: str) -> int:
    """Run them until a signal. Returns the exit status. They are given the database's URL: only this process joins the
    embedded server, so that it stops with it, however they end."""
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    lifeline, _ = os.pipe()
    children = {
        name: _start(settings, name, service_url=service_url, lifeline=lifeline)
        for name in ("serve", "worker front", "worker background")
    }
    _say_when_ready(settings, children["serve"])
    while not stopping:
        embedded.keep_running(settings.data_dir)
        for name, child in children.items():
            if child.poll() is not None and not stopping:
                time.sleep(RESTART_AFTER_S)
                children[name] = _start(settings, name, service_url=service_url, lifeline=lifeline)
        time.sleep(0.2)
    for child in children.values():
        child.send_signal(signal.SIGTERM)
    for child in children.values():
        try:
            child.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            child.kill()
    return 0


def _start(settings: Settings, name: str, *, service_url: str, lifeline: int) -> subprocess.Popen[bytes]:
    environment = {**stores_of(settings.data_dir), **os.environ, "WARDLINE_DATABASE_URL": service_url}
    environment[LIFELINE] = str(lifeline)
    return subprocess.Popen([sys.executable, "-m", "cli", *name.split()], env=environment, pass_fds=(lifeline,))


def end_with_parent() -> None:
    """For a child of `wardline up`: end when that is gone, however it ended (kill -9 too). It holds the other end of a
    pipe that nobody writes to, so its end is the end of the file."""
    named = os.environ.get(LIFELINE, "")
    if named:
        threading.Thread(target=_follow, args=(int(named),), name="lifeline", daemon=True).start()


def _follow(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(END_WITHIN_S)
    os._exit(1)


def _say_when_ready(settings: Settings, server: subprocess.Popen[bytes]) -> None:
    url = f"http://{settings.host}:{settings.port}"
    for _ in range(300):
        try:
            if httpx.get(f"{url}/ready", timeout=1).status_code == 200:
                Console().print(f"Wardline serves at {url} (API: {url}/docs). Try: wardline demo, wardline chat")
                return
        except httpx.HTTPError:
            pass
        if server.poll() is not None:
            return
        time.sleep(0.1)
