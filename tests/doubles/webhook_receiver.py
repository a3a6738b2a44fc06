"""A receiver of webhooks, over a real socket, that verifies each request as receivers do: with Standard Webhooks."""

from __future__ import annotations

import ssl
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.doubles.http_server import Asked, DoubleServer, Exchange


@dataclass(frozen=True)
class Answer:
    """What the receiver says to one request, after `hang_s`."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float = 0.0


class WebhookReceiver(DoubleServer):
    """Takes the next answer of the script for each request, else 200."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self._script: deque[Answer] = deque()
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def script(self, *answers: Answer) -> None:
        with self.lock:
            self._script.extend(answers)

    def reset(self) -> None:
        with self.lock:
            self._script.clear()
            self.requests.clear()

    def handle(self, asked: Asked, exchange: Exchange) -> None:
        with self.lock:
            answer = self._script.popleft() if self._script else Answer()
        if answer.hang_s:
            exchange.hang(answer.hang_s)
        exchange.send(answer.status, b"", content_type="text/plain", **answer.headers)

    def at(self, path: str) -> list[Asked]:
        """The requests for one path, as they came."""
        with self.lock:
            return [asked for asked in self.requests if asked.path == path]


def verified(asked: Asked, secret: str) -> Any:
    """The message, where the signature holds; raises WebhookVerificationError otherwise."""
    return Webhook(secret).verify(asked.body, asked.headers)
