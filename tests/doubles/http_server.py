"""A real HTTP/1.1 server on a free loopback port, in threads, for doubles of what is outside.

Plain sockets, so that a double can also hang, cut a response in the middle, or answer with something that is not HTTP.
"""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it came. `path` is without the query; header names are lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Exchange:
    """The way to answer one request."""

    def __init__(self, handler: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
        self._handler, self._stopping = handler, stopping

    def send(self, status: int, body: bytes, *, content_type: str = "application/json", **headers: str) -> None:
        """A whole response. Header names are written with underscores for hyphens."""
        self._head(status, content_type, headers, f"Content-Length: {len(body)}")
        self._handler.wfile.write(body)

    def send_json(self, status: int, body: Any, **headers: str) -> None:
        self.send(status, json.dumps(body, ensure_ascii=False).encode(), **headers)

    def begin_chunks(self, content_type: str) -> None:
        self._head(200, content_type, {}, "Transfer-Encoding: chunked")

    def chunk(self, data: bytes) -> None:
        self._handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self._handler.wfile.flush()

    def end_chunks(self) -> None:
        self._handler.wfile.write(b"0\r\n\r\n")

    def raw(self, data: bytes) -> None:
        """Bytes straight on the socket, with no HTTP around them; then the connection is closed."""
        self._handler.wfile.write(data)
        self.cut()

    def cut(self) -> None:
        """Closes the connection where it is."""
        self._handler.close_connection = True

    def hang(self, seconds: float) -> None:
        """Says nothing for so long, or until the server stops."""
        self._stopping.wait(seconds)

    def _head(self, status: int, content_type: str, headers: dict[str, str], framing: str) -> None:
        lines = [f"HTTP/1.1 {status} Double", f"Content-Type: {content_type}", framing]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._handler.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode())


class DoubleServer:
    """Starts on entering (`with`), stops on leaving. Subclasses answer in `handle`. `requests` is all that came."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self.lock = threading.Lock()
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._server = _Server(("127.0.0.1", 0), self._handler_class())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def handle(self, asked: Asked, exchange: Exchange) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stops listening and closes what is open: from here on connections are refused. May be called twice."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        with self.lock:
            still_open = list(self._open)
        for connection in still_open:
            _shut(connection)

    def _handler_class(double) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                with double.lock:
                    double._open.add(self.request)
                super().setup()

            def finish(self) -> None:
                with double.lock:
                    double._open.discard(self.request)
                super().finish()

            def answer(self) -> None:
                double._answer(self)

            do_GET = do_POST = do_DELETE = answer

            def log_message(self, *_: object) -> None: ...

        return Handler

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.command, parts.path, parts.query, headers, body)
        with self.lock:
            self.requests.append(asked)
        self.handle(asked, Exchange(handler, self._stopping))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away while it was answered is part of the play."""


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
