"""Reading a carrier's JSON: strict about what we use, tolerant of what we do not know."""

from __future__ import annotations

import json
import re

from db.json import JsonObject

MAX_MESSAGE = 65_536  # characters; Twilio's largest message is far smaller
SID = re.compile(r"[A-Za-z0-9_-]{2,64}")
DIGITS = frozenset("0123456789*#")


class WireError(Exception):
    """A message that does not follow the protocol. Its text names the fault, never the content."""


def load(text: str | bytes) -> JsonObject:
    """The JSON object of one message. Raises WireError."""
    if len(text) > MAX_MESSAGE:
        raise WireError("the message is too long")
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        raise WireError("the message is not JSON") from None
    if not isinstance(loaded, dict):
        raise WireError("the message is not an object")
    return loaded


def part(message: JsonObject, name: str) -> JsonObject:
    """A nested object. Raises WireError."""
    value = message.get(name)
    if not isinstance(value, dict):
        raise WireError(f"{name} is missing")
    return value


def words(message: JsonObject, name: str, *, limit: int = 4000) -> str:
    """A text, cut at `limit` characters; empty where it is missing. Raises WireError where it is no text."""
    value = message.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise WireError(f"{name} is not a text")
    return value[:limit].replace("\x00", "").encode("utf-8", "replace").decode()


def sid(message: JsonObject, name: str) -> str:
    """An identifier of the carrier's. Raises WireError."""
    value = message.get(name)
    if not isinstance(value, str) or not SID.fullmatch(value):
        raise WireError(f"{name} is not a SID")
    return value


def number(message: JsonObject, name: str, *, otherwise: int | None = None) -> int:
    """A whole number of at least 0, which may come as a text. Raises WireError."""
    value = message.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | str | float):
        raise WireError(f"{name} is not a number")
    try:
        found = int(value)
    except (ValueError, OverflowError):
        raise WireError(f"{name} is not a number") from None
    if not 0 <= found < 2**53:
        raise WireError(f"{name} is out of range")
    return found


def digit(message: JsonObject, name: str) -> str:
    """One key of a phone. Raises WireError."""
    value = str(message.get(name, ""))
    if value not in DIGITS:
        raise WireError(f"{name} is not a key")
    return value


def parameters(message: JsonObject, name: str = "customParameters") -> dict[str, str]:
    """The TwiML's own parameters: at most 20 of at most 200 characters."""
    value = message.get(name)
    if not isinstance(value, dict):
        return {}
    pairs = [(key, text) for key, text in value.items() if isinstance(text, str)][:20]
    return {key[:200]: text[:200] for key, text in pairs}
