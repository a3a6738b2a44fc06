"""OpenAI's chat completions over a real socket, whole or streamed, well or badly behaved by script.

    with OpenAIServer() as server:
        server.script(commands({"kind": "greet"}), busy(retry_after_s=2), silence())
        ModelUnderstanding(server.base_url, "key", model="double")

Each request takes the next reply of the script, or else `server.otherwise`. A reply may be a function of the request's
JSON. `server.requests` holds every request.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.doubles.http_server import Asked, DoubleServer, Exchange

FUNCTION = "understand"


@dataclass(frozen=True)
class Reply:
    """What the server does with one request. `calls` are pairs of a function's name and its arguments as text."""

    calls: tuple[tuple[str, str], ...] = ()
    content: str | None = None
    refusal: str | None = None
    finish_reason: str | None = "tool_calls"
    status: int = 200
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float = 0.0
    body: bytes | None = None  # instead of any JSON, under a status and headers
    not_http: bytes | None = None  # instead of any HTTP
    cut_after: int | None = None  # chunks of a stream, or bytes of a whole body, before the connection is closed
    stall_after: int | None = None  # chunks of a stream before it says no more and stays open
    usage: tuple[int, int] | None = (812, 24)


Script = Reply | Callable[[dict[str, Any]], Reply]


def commands(*items: dict[str, Any], **changes: Any) -> Reply:
    """A proper answer: one call with these commands."""
    return call(json.dumps({"commands": list(items)}, ensure_ascii=False), **changes)


def call(*arguments: str, name: str = FUNCTION, **changes: Any) -> Reply:
    """One call of `name` for each text of arguments."""
    return replace(Reply(calls=tuple((name, text) for text in arguments)), **changes)


def says(content: str | None, **changes: Any) -> Reply:
    """Words or nothing, without a call."""
    return replace(Reply(content=content, finish_reason="stop"), **changes)


def fails(status: int, message: str = "the double was told to fail", **headers: str) -> Reply:
    return Reply(status=status, error=message, headers=headers)


def busy(retry_after_s: int = 1) -> Reply:
    return fails(429, "Rate limit reached", Retry_After=str(retry_after_s))


def silence(seconds: float = 60.0) -> Reply:
    return Reply(hang_s=seconds)


class OpenAIServer(DoubleServer):
    """`api_key`, where given, is demanded of every request."""

    def __init__(self, api_key: str | None = None) -> None:
        super().__init__()
        self.api_key = api_key
        self.otherwise: Script = fails(500, "no reply is scripted")
        self._script: deque[Script] = deque()

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The JSON of every request so far."""
        return [asked.json() for asked in self.requests]

    def script(self, *replies: Script) -> None:
        with self.lock:
            self._script.extend(replies)

    def handle(self, asked: Asked, exchange: Exchange) -> None:
        if asked.path == "/v1/models":
            return exchange.send_json(200, {"object": "list", "data": [{"id": "double", "object": "model"}]})
        if asked.path != "/v1/chat/completions" or asked.method != "POST":
            return exchange.send_json(404, _error("Unknown path", "invalid_request_error"))
        if self.api_key is not None and asked.headers.get("authorization") != f"Bearer {self.api_key}":
            return exchange.send_json(401, _error(f"Incorrect API key: {asked.headers.get('authorization')}", "auth"))
        with self.lock:
            script = self._script.popleft() if self._script else self.otherwise
        body = asked.json()
        _play(script(body) if callable(script) else script, body, exchange)


def _play(reply: Reply, body: dict[str, Any], exchange: Exchange) -> None:
    if reply.hang_s:
        exchange.hang(reply.hang_s)
    if reply.not_http is not None:
        exchange.raw(reply.not_http)
    elif reply.body is not None:
        exchange.send(reply.status, reply.body, **reply.headers)
    elif reply.status != 200:
        exchange.send_json(reply.status, _error(reply.error, "server_error"), **reply.headers)
    elif body.get("stream"):
        _stream(reply, body, exchange)
    else:
        _whole(reply, body, exchange)


def _error(message: str, kind: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def _whole(reply: Reply, body: dict[str, Any], exchange: Exchange) -> None:
    message: dict[str, Any] = {"role": "assistant", "content": reply.content, "refusal": reply.refusal}
    if reply.calls:
        message["tool_calls"] = [_tool_call(index, name, text) for index, (name, text) in enumerate(reply.calls)]
    whole = {**_frame(body, "chat.completion"), "usage": _usage(reply)}
    whole["choices"] = [{"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish_reason}]
    data = json.dumps(whole, ensure_ascii=False).encode()
    if reply.cut_after is None:
        return exchange.send(200, data)
    exchange.begin_chunks("application/json")
    exchange.chunk(data[: reply.cut_after])
    exchange.cut()


def _stream(reply: Reply, body: dict[str, Any], exchange: Exchange) -> None:
    exchange.begin_chunks("text/event-stream")
    for number, event in enumerate(_events(reply, body)):
        if number == reply.cut_after:
            return exchange.cut()
        if number == reply.stall_after:
            exchange.hang(60.0)
        exchange.chunk(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())
    exchange.chunk(b"data: [DONE]\n\n")
    exchange.end_chunks()


def _events(reply: Reply, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield _delta(body, {"role": "assistant", "content": None if reply.calls else ""})
    for letter in (reply.content or "").split(" ") if reply.content else ():
        yield _delta(body, {"content": f"{letter} "})
    if reply.refusal:
        yield _delta(body, {"refusal": reply.refusal})
    for index, (name, text) in enumerate(reply.calls):
        yield _delta(body, {"tool_calls": [{"index": index, **_tool_call(index, name, "")}]})
        for start in range(0, len(text), 7):
            piece = {"index": index, "function": {"arguments": text[start : start + 7]}}
            yield _delta(body, {"tool_calls": [piece]})
    if reply.finish_reason:
        yield _delta(body, {}, reply.finish_reason)
    if (body.get("stream_options") or {}).get("include_usage"):
        yield {**_frame(body, "chat.completion.chunk"), "choices": [], "usage": _usage(reply)}


def _delta(body: dict[str, Any], delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return {**_frame(body, "chat.completion.chunk"), "choices": [choice], "usage": None}


def _frame(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-double", "object": kind, "created": 1_795_000_000, "model": body.get("model", "double")}


def _tool_call(index: int, name: str, arguments: str) -> dict[str, Any]:
    return {"id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": arguments}}


def _usage(reply: Reply) -> dict[str, int] | None:
    if reply.usage is None:
        return None
    taken, given = reply.usage
    return {"prompt_tokens": taken, "completion_tokens": given, "total_tokens": taken + given}
