"""One signed request to a receiver (Standard Webhooks 1.0: id, timestamp and body under HMAC-SHA256), and what came of
it.

The address that was checked is the address that is connected to: the host's name stays in the Host header and in the
TLS handshake, and is not resolved a second time. No redirect is followed, no proxy used, no body of an answer read.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache

import httpx
from standardwebhooks.webhooks import Webhook

from tools.alerts.addresses import UrlRefused, addresses_of, checked_url

TIMEOUT_S = 15.0
_TRIED = 3  # addresses of one host
_LONGEST_RETRY_AFTER_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or why there was none."""

    status: int | None = None
    error: str | None = None
    retry_after_s: float = 0.0

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def new_secret() -> str:
    """256 random bits, in the form that receivers' libraries take."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def signed_headers(message_id: str, body: str, signing: Sequence[str], *, at: datetime) -> dict[str, str]:
    """The headers of one request; one signature for each secret. `at` is the time of the request, aware."""
    signatures = [Webhook(secret).sign(message_id, at.astimezone(UTC), body) for secret in signing]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


async def post(url: str, message_id: str, body: str, signing: Sequence[str], *, allow_local: bool) -> Answer:
    """Send one message. `TIMEOUT_S` bounds it as a whole."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            target = checked_url(url, allow_local=allow_local)
            addresses = await addresses_of(target, allow_local=allow_local)
            headers = signed_headers(message_id, body, signing, at=datetime.now(UTC))
            return await _post_to_first(target, addresses[:_TRIED], body=body.encode(), headers=headers)
    except UrlRefused as refused:
        return Answer(error=f"not sent: the URL {refused}")
    except (TimeoutError, httpx.TimeoutException):
        return Answer(error=f"no answer within {TIMEOUT_S:g} s")
    except httpx.ConnectError:
        return Answer(error="no connection")
    except (httpx.HTTPError, httpx.InvalidURL):
        return Answer(error="the connection broke, or the answer was not HTTP")
    except (OSError, UnicodeError):
        return Answer(error="the host's name does not resolve")


async def _post_to_first(target: httpx.URL, addresses: list[str], *, body: bytes, headers: dict[str, str]) -> Answer:
    """Send it to the first address that takes the connection."""
    own = {"host": target.netloc.decode("ascii"), "content-type": "application/json", "user-agent": "Wardline"}
    named = {"sni_hostname": target.raw_host.decode("ascii").rstrip(".")}
    verify = tls() if target.scheme == "https" else False
    async with httpx.AsyncClient(verify=verify, trust_env=False, timeout=TIMEOUT_S, follow_redirects=False) as client:
        for place, address in enumerate(addresses, start=1):
            url = target.copy_with(host=address)
            try:
                request = client.stream("POST", url, content=body, headers={**own, **headers}, extensions=named)
                async with request as response:
                    return Answer(response.status_code, _fault(response), _retry_after_s(response))
            except httpx.ConnectError:
                if place == len(addresses):
                    raise
    return Answer(error="no connection")


@cache
def tls() -> ssl.SSLContext:
    """The certificates that are trusted; made once, since reading them takes a while."""
    return httpx.create_ssl_context(trust_env=False)


def _fault(response: httpx.Response) -> str | None:
    if response.is_success:
        return None
    more = "; redirects are not followed" if response.is_redirect else ""
    return f"answered {response.status_code}{more}"


def _retry_after_s(response: httpx.Response) -> float:
    """Retry-After of a 429 or 503, in seconds or as a date, a day at most; 0 where there is none."""
    given = response.headers.get("retry-after")
    if given is None or response.status_code not in (429, 503):
        return 0.0
    try:
        seconds = float(given) if given.strip().isdigit() else _until(given)
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER_S)


def _until(date: str) -> float:
    at = parsedate_to_datetime(date)
    return (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
