"""Sending a message through Twilio, with every way that can go told apart: sent, refused, busy, or not known.

The last is what an outbox must not guess about: a message whose request went out and whose answer never came may
have been sent. `find` asks Twilio for it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, Protocol

import httpx
from pydantic import SecretStr

from db.json import JsonObject

UNSUBSCRIBED = 21610
OUTSIDE_WINDOW = 63016
TOO_LARGE, NOT_OURS = 63019, 20404  # as Twilio numbers media that cannot be taken, and what is not there
_PASSING = (14107, 20429, 20500, 20503, 21611, 30001, 30003, 30008, 30017, 63010, 63012, 63018)  # rates, queues, faults
_OUR_SETUP = (20003, 20005, 20008, 20403, 20404)  # credentials and account: to be mended by us, then it may go
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that Twilio has taken. `status` is Twilio's: queued, accepted, sent."""

    provider_id: str
    status: str


class CarrierRefused(Exception):
    """Twilio will not send this message. `code` is Twilio's error (0: none given); `permanent`: no repeating helps."""

    def __init__(self, code: int, *, permanent: bool) -> None:
        super().__init__(f"the carrier refused with error {code}")
        self.code, self.permanent = code, permanent


class CarrierBusy(Exception):
    """Nothing was sent; try again after `retry_after_s` seconds."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("the carrier is busy or cannot be reached")
        self.retry_after_s = retry_after_s


class CarrierUncertain(Exception):
    """The request went out and no answer came: the message may have been sent. `find` it before sending again."""

    def __init__(self) -> None:
        super().__init__("the carrier did not answer; the message may have been sent")


STATUS_PATH = "/api/v1/prm/webhooks/twilio/status"  # of ours, where the carrier reports what became of a message


def is_permanent(code: int) -> bool:
    """Whether an error code of Twilio's, from an answer or a status callback, means that no repeating helps."""
    return code not in _PASSING and code not in _OUR_SETUP


class Pace:
    """Evenly spaced turns, `rate_per_s` a second, in the order of asking. One event loop."""

    def __init__(
        self, rate_per_s: float, *, clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:  # fmt: skip
        self._gap_s, self._clock, self._sleep = 1.0 / rate_per_s, clock, sleep
        self._free_at = clock()

    async def turn(self, patience_s: float) -> None:
        """Waits for the next turn. Raises CarrierBusy at once where that is further away than `patience_s`."""
        now = self._clock()
        mine = max(now, self._free_at)
        if mine - now > patience_s:
            raise CarrierBusy(mine - now)
        self._free_at = mine + self._gap_s
        if mine > now:
            await self._sleep(mine - now)

    def rest(self, seconds: float) -> None:
        """No turn begins for so long."""
        self._free_at = max(self._free_at, self._clock() + seconds)


class Carrier(Protocol):
    """Port: who carries messages to phones and fetches what came with them. Each raises CarrierRefused or CarrierBusy,
    `send` CarrierUncertain too."""

    async def send(
        self, to: str, body: str, *, media_url: str | None = None, content_sid: str | None = None,
        content_variables: Mapping[str, str] | None = None, urgent: bool = False,
    ) -> Sent: ...  # fmt: skip

    async def find(self, to: str, body: str, *, since: datetime) -> Sent | None: ...

    def fetch_media(self, url: str, *, most_bytes: int) -> AsyncIterator[bytes]: ...

    async def delete_media(self, url: str) -> None: ...


class TwilioCarrier:
    """Sends from one number. Belongs to one event loop; `aclose` when done.

    `rate_per_s` holds for this process alone. `timeout_s` bounds one request as a whole. `status_callback`: where
    Twilio reports what became of a message.
    """

    def __init__(
        self, account_sid: str, auth_token: str | SecretStr, *, from_number: str,
        base_url: str = "https://api.twilio.com", rate_per_s: float = 10.0, timeout_s: float = 10.0,
        channel: Literal["whatsapp", "sms"] = "whatsapp", status_callback: str | None = None,
    ) -> None:  # fmt: skip
        self._status_callback = status_callback
        token = auth_token.get_secret_value() if isinstance(auth_token, SecretStr) else auth_token
        self._prefix = "whatsapp:" if channel == "whatsapp" else ""
        self._from = self._address(from_number)
        self._timeout_s = timeout_s
        self._pace = Pace(rate_per_s)
        self._path = f"/2010-04-01/Accounts/{account_sid}/Messages.json"
        self._http = httpx.AsyncClient(
            base_url=base_url,
            auth=(account_sid, token),
            timeout=httpx.Timeout(timeout_s, connect=timeout_s / 3, pool=timeout_s / 3),
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def send(
        self, to: str, body: str, *, media_url: str | None = None, content_sid: str | None = None,
        content_variables: Mapping[str, str] | None = None, urgent: bool = False,
    ) -> Sent:  # fmt: skip
        """Sends `body` (at most 1,600 characters), or the approved template `content_sid`, to `to` (E.164). An `urgent`
        one waits for no turn.

        Raises CarrierRefused, CarrierBusy (nothing was sent) or CarrierUncertain (it may have been).
        """
        form = {"To": self._address(to), "From": self._from}
        if content_sid is None:
            form["Body"] = body
        else:
            form["ContentSid"] = content_sid
            form["ContentVariables"] = json.dumps(dict(content_variables or {}), ensure_ascii=False)
        if self._status_callback is not None:
            form["StatusCallback"] = self._status_callback
        if media_url is not None:
            form["MediaUrl"] = media_url
        if not urgent:
            await self._pace.turn(self._timeout_s)
        return self._sent(await self._post(form))

    async def find(self, to: str, body: str, *, since: datetime) -> Sent | None:
        """The latest message with this text that Twilio took for `to` from `since` on, or None.

        For settling a CarrierUncertain, a little later: Twilio lists a message when it has taken it, and a template's
        message under its rendered text. Raises CarrierBusy or CarrierRefused.
        """
        query = {"To": self._address(to), "From": self._from, "PageSize": str(_PAGE)}
        try:
            response = await self._http.get(self._path, params=query)
        except httpx.HTTPError:
            raise CarrierBusy(5.0) from None
        listed = self._json(self._checked(response)).get("messages", [])
        for message in listed:
            created = parsedate_to_datetime(message["date_created"])
            if message["body"] == body and created >= since.astimezone(UTC).replace(microsecond=0):
                return Sent(message["sid"], message["status"])
        return None

    async def fetch_media(self, url: str, *, most_bytes: int) -> AsyncIterator[bytes]:
        """What a patient attached, as it comes. Our credentials go to Twilio alone: an address elsewhere is refused.
        Raises CarrierRefused (also where it is larger than `most_bytes`) or CarrierBusy."""
        path = self._media_path(url)
        size = 0
        try:
            async with self._http.stream("GET", path, follow_redirects=True) as response:
                if not response.is_success:
                    await response.aread()
                    self._checked(response)
                async for chunk in response.aiter_bytes():
                    size += len(chunk)
                    if size > most_bytes:
                        raise CarrierRefused(TOO_LARGE, permanent=True)
                    yield chunk
        except httpx.HTTPError:
            raise CarrierBusy(5.0) from None

    async def delete_media(self, url: str) -> None:
        """Remove what was attached; that it is gone already is no error. Raises CarrierBusy or CarrierRefused."""
        try:
            response = await self._http.delete(self._media_path(url))
        except httpx.HTTPError:
            raise CarrierBusy(5.0) from None
        if response.status_code != 404:
            self._checked(response)

    def _media_path(self, url: str) -> str:
        """The path of a media resource of ours; CarrierRefused for any other address."""
        asked, base = httpx.URL(url), self._http.base_url
        ours = (asked.scheme, asked.host, asked.port) == (base.scheme, base.host, base.port)
        if not ours or not asked.path.startswith("/2010-04-01/Accounts/"):
            raise CarrierRefused(NOT_OURS, permanent=True)
        return asked.path

    async def _post(self, form: dict[str, str]) -> httpx.Response:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._http.post(self._path, data=form)
        except _NEVER_SENT:
            raise CarrierBusy(5.0) from None
        except (httpx.HTTPError, TimeoutError):
            raise CarrierUncertain from None

    def _sent(self, response: httpx.Response) -> Sent:
        if response.status_code in (502, 504):  # a gateway gave up on Twilio, which may have taken the message
            raise CarrierUncertain
        accepted = self._json(self._checked(response))
        if not isinstance(accepted.get("sid"), str):
            raise CarrierUncertain
        return Sent(accepted["sid"], str(accepted.get("status", "queued")))

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            return response
        code = self._json(response).get("code")
        code = code if isinstance(code, int) else 0
        status = response.status_code
        if status in (408, 425, 429) or status >= 500 or code in _PASSING:
            wait_s = _retry_after_s(response)
            self._pace.rest(wait_s)
            raise CarrierBusy(wait_s)
        raise CarrierRefused(code, permanent=code != 0 and is_permanent(code) and status not in (401, 403, 404))

    @staticmethod
    def _json(response: httpx.Response) -> JsonObject:
        try:
            body = response.json()
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def _address(self, number: str) -> str:
        return number if number.startswith(self._prefix) else f"{self._prefix}{number}"


def _retry_after_s(response: httpx.Response) -> float:
    """Retry-After in seconds; one second where it is missing or a date."""
    try:
        return min(max(float(response.headers.get("Retry-After", "1")), 0.0), 300.0)
    except ValueError:
        return 1.0
