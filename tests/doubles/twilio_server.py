"""Twilio's REST API for messages over a real socket, and the webhooks that Twilio would send, signed.

    with TwilioServer("AC...", "token") as twilio:
        twilio.script(failure(63016), hang(), accepted("accepted"))

Each POST of a message takes the next answer of the script, or else accepts. `twilio.messages` are those that exist,
also when their sender was never told.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.doubles.http_server import Asked, DoubleServer, Exchange

ERRORS: dict[int, tuple[int, str]] = {
    20001: (400, "Invalid parameter"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service unavailable"),
    21211: (400, "The 'To' number is not a valid phone number."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21619: (400, "A text message body or media urls must be specified."),
    63016: (400, "Failed to send freeform message because you are outside the allowed window."),
}


@dataclass(frozen=True)
class Answer:
    """What Twilio does with one message. `hang_s` passes after the message exists, and before the answer."""

    status: str = "queued"
    error: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float = 0.0
    cut: bool = False
    http_status: int = 201
    body: bytes | None = None


def accepted(status: str = "queued") -> Answer:
    return Answer(status=status)


def failure(code: int, **headers: str) -> Answer:
    """An error of Twilio's by its code, under the status that goes with it."""
    return Answer(error=code, headers=headers)


def hang(seconds: float = 60.0) -> Answer:
    return Answer(hang_s=seconds)


def gateway(status: int = 502) -> Answer:
    """A page of a proxy in front of Twilio."""
    return Answer(http_status=status, body=b"<html>Bad Gateway</html>")


class TwilioServer(DoubleServer):
    def __init__(self, account_sid: str = "AC" + "0" * 32, auth_token: str = "token-of-the-double") -> None:
        super().__init__()
        self.account_sid, self.auth_token = account_sid, auth_token
        self.messages: list[dict[str, Any]] = []
        self.media: dict[str, bytes] = {}
        self.forms: list[dict[str, list[str]]] = []
        self._script: deque[Answer] = deque()

    def script(self, *answers: Answer) -> None:
        with self.lock:
            self._script.extend(answers)

    def handle(self, asked: Asked, exchange: Exchange) -> None:
        if asked.path.startswith(
            "/stored/"
        ):  # where Twilio's own answer sends us: another host, which needs no password
            assert "authorization" not in asked.headers
            return exchange.send(200, self.media[asked.path.rpartition("/")[2]], content_type="audio/ogg")
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        folder = f"/2010-04-01/Accounts/{self.account_sid}/Messages"
        if asked.headers.get("authorization") != f"Basic {expected}":
            return _error(exchange, 20003)
        if asked.path == f"{folder}.json" and asked.method == "POST":
            return self._create(asked, exchange)
        if asked.path == f"{folder}.json":
            return exchange.send_json(200, {"messages": self._found(asked.query), "next_page_uri": None})
        media = asked.path.rpartition("/")[2]
        if "/Media/" in asked.path and media in self.media:
            if asked.method == "DELETE":
                del self.media[media]
                return exchange.send(204, b"")
            host = self.url.replace("127.0.0.1", "localhost")
            return exchange.send(307, b"", Location=f"{host}/stored/{media}")
        known = {f"{folder}/{message['sid']}.json": message for message in self.messages}
        if asked.path in known:
            return exchange.send_json(200, known[asked.path])
        return _error(exchange, 20404)

    def _create(self, asked: Asked, exchange: Exchange) -> None:
        form = parse_qs(asked.body.decode(), keep_blank_values=True)
        with self.lock:
            self.forms.append(form)
            answer = self._script.popleft() if self._script else Answer()
        code = answer.error or _fault(form)
        if code is not None:
            return _error(exchange, code, **answer.headers)
        if answer.body is not None:
            return exchange.send(answer.http_status, answer.body, content_type="text/html")
        message = self._message(form, answer.status)
        with self.lock:
            self.messages.append(message)
        if answer.hang_s:
            exchange.hang(answer.hang_s)
        if answer.cut:
            return exchange.cut()
        exchange.send_json(answer.http_status, message, Twilio_Request_Id=f"RQ{uuid.uuid4().hex}")

    def _found(self, query: str) -> list[dict[str, Any]]:
        wanted = dict(parse_qsl(query))
        return [
            message
            for message in reversed(self.messages)
            if wanted.get("To") in (None, message["to"]) and wanted.get("From") in (None, message["from"])
        ]

    def _message(self, form: dict[str, list[str]], status: str) -> dict[str, Any]:
        media = form.get("MediaUrl", [])
        sid = ("MM" if media else "SM") + uuid.uuid4().hex
        uri = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{sid}"
        now = format_datetime(datetime.now(UTC))
        return {
            "account_sid": self.account_sid, "api_version": "2010-04-01", "body": form.get("Body", [""])[0],
            "date_created": now, "date_sent": None, "date_updated": now, "direction": "outbound-api",
            "error_code": None, "error_message": None, "from": form["From"][0], "messaging_service_sid": None,
            "num_media": str(len(media)), "num_segments": "1", "price": None, "price_unit": None, "sid": sid,
            "status": status, "subresource_uris": {"media": f"{uri}/Media.json"}, "tags": None, "to": form["To"][0],
            "uri": f"{uri}.json",
        }  # fmt: skip

    def attach(self, content: bytes) -> str:
        """Keeps what a patient attached; its URL."""
        sid = f"ME{uuid.uuid4().hex}"
        self.media[sid] = content
        return f"{self.url}/2010-04-01/Accounts/{self.account_sid}/Messages/MM{uuid.uuid4().hex}/Media/{sid}"

    def sign(self, url: str, form: dict[str, str] | None = None) -> str:
        """The `X-Twilio-Signature` of a webhook to `url`."""
        return str(RequestValidator(self.auth_token).compute_signature(url, form or {}))

    def inbound(self, sender: str, body: str, *, to: str = "+918000000000", **more: str) -> dict[str, str]:
        """The form of an incoming WhatsApp message, with a MessageSid of its own. `sender` in E.164."""
        sid = f"SM{uuid.uuid4().hex}"
        return {
            "SmsMessageSid": sid, "NumMedia": "0", "ProfileName": "Double", "MessageType": "text", "SmsSid": sid,
            "WaId": sender.lstrip("+"), "SmsStatus": "received", "Body": body, "To": f"whatsapp:{to}",
            "NumSegments": "1", "ReferralNumMedia": "0", "MessageSid": sid, "AccountSid": self.account_sid,
            "From": f"whatsapp:{sender}", "ApiVersion": "2010-04-01", **more,
        }  # fmt: skip

    def status_form(self, sid: str, status: str, *, error_code: int | None = None, **more: str) -> dict[str, str]:
        """The form of a status callback. The message need not be known here: callbacks may overtake the answer."""
        known = next((message for message in self.messages if message["sid"] == sid), {})
        form = {
            "ChannelPrefix": "whatsapp", "ApiVersion": "2010-04-01", "MessageStatus": status, "SmsSid": sid,
            "SmsStatus": status, "MessageSid": sid, "AccountSid": self.account_sid, "StructuredMessage": "false",
            "From": known.get("from", "whatsapp:+918000000000"), "To": known.get("to", "whatsapp:+919000000000"),
        }  # fmt: skip
        return {**form, **({"ErrorCode": str(error_code)} if error_code else {}), **more}

    def post(self, url: str, form: dict[str, str], *, public_url: str | None = None) -> httpx.Response:
        """Posts a signed webhook. `public_url`, where given, is what Twilio believes it calls, behind a proxy."""
        headers = {
            "X-Twilio-Signature": self.sign(public_url or url, form),
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "User-Agent": "TwilioProxy/1.1",
        }
        return httpx.post(url, data=form, headers=headers, timeout=60.0)

    def report(self, url: str, sid: str, status: str, *, error_code: int | None = None) -> httpx.Response:
        """Posts a signed status callback."""
        return self.post(url, self.status_form(sid, status, error_code=error_code))


def _fault(form: dict[str, list[str]]) -> int | None:
    """Twilio's own refusal of a form, if any."""
    for name, code in (("To", 21604), ("From", 21603)):
        if not form.get(name, [""])[0]:
            return code
    if not any(form.get(name, [""])[0] for name in ("Body", "MediaUrl", "ContentSid")):
        return 21619
    if len(form.get("Body", [""])[0]) > 1600:
        return 21617
    try:
        json.loads(form.get("ContentVariables", ["{}"])[0])
    except ValueError:
        return 20001
    return None


def _error(exchange: Exchange, code: int, **headers: str) -> None:
    status, message = ERRORS[code]
    more = f"https://www.twilio.com/docs/errors/{code}"
    exchange.send_json(status, {"code": code, "message": message, "more_info": more, "status": status}, **headers)
