"""Is the address that is to be served free? If not: by whom it is held, and what to do."""

from __future__ import annotations

import socket

import psutil

_OURS = ("serve", "up")


class AddressInUse(SystemExit):
    """The address is another process's. Says whose, and what to do."""


def check_free(host: str, port: int) -> None:
    """Raises AddressInUse where the port cannot be listened on because somebody does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as the server does: a connection's rest is no user
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            raise AddressInUse(_explained(host, port, _listener(port))) from None


def _explained(host: str, port: int, listener: psutil.Process | None) -> str:
    other = "serve elsewhere by setting WARDLINE_PORT"
    if listener is None:
        return (
            f"{host}:{port} cannot be listened on: it is in use by a process that this user may not see, or not "
            f"ours. End it, or {other}."
        )
    command = _command(listener)
    ours = "cli" in " ".join(command) or "wardline" in " ".join(command)
    if ours and any(word in command for word in _OURS):
        what = "a Wardline that runs already: use it, end it"
    else:
        what = f"{command[0].rsplit('/', 1)[-1] if command else 'a process'}, no Wardline: end it"
    return f"{host}:{port} is in use by process {listener.pid}, {what} (kill {listener.pid}), or {other}."


def _listener(port: int) -> psutil.Process | None:
    """The process that listens on a port, where this user may see it."""
    try:
        for one in psutil.net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid:
                return psutil.Process(one.pid)
    except psutil.Error:
        pass
    return None


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []
