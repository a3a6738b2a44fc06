"""E-mail, web and network addresses, payment and health addresses of the form name@provider."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from governance.redaction.found import Found

_AT = re.compile(
    r"(?<![\w.+-])[\w.+%'-]*[\w+%-] ?@ ?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?![\w@])",
    re.IGNORECASE,
)
_URL = re.compile(
    r"(?:(?:https?|ftp)://|(?<![\w@.])www\.)[^\s<>\"'|]*[^\s<>\"'|.,;:!?)\]]"
    r"|(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|info|io|in|uk|us|de|fr|eu|biz|me|ai|app|dev|health"
    r"|care)(?![\w@])(?:/[^\s<>\"']*[\w/])?",
    re.IGNORECASE,
)
_IP4 = re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d]|\.\d)")
_IP6 = re.compile(r"(?<![\w:.])[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*(?![\w:])", re.IGNORECASE)
_MAC = re.compile(r"(?<![\w:-])[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?![\w:-])", re.IGNORECASE)
_NO_NAMES = frozenset(("e.g", "i.e"))


def contacts(text: str) -> Iterator[Found]:
    """EMAIL, UPI_ID, ABHA_ADDRESS, URL, IP_ADDRESS, MAC_ADDRESS."""
    if "@" in text:
        for match in _AT.finditer(text):
            provider = match.group().rpartition("@")[2].strip().lower()
            if " " in match.group() and "." not in provider:
                continue
            entity = "EMAIL" if "." in provider else "ABHA_ADDRESS" if provider in ("abdm", "sbx") else "UPI_ID"
            yield Found(*match.span(), entity, 0.95)
    if "." in text:
        for match in _URL.finditer(text):
            yield Found(*match.span(), "URL", 0.9 if "/" in match.group() else 0.6)
        for match in _IP4.finditer(text):
            yield Found(*match.span(), "IP_ADDRESS", 0.9)
    if ":" in text:
        for match in _IP6.finditer(text):
            if _is_ip6(match.group()):
                yield Found(*match.span(), "IP_ADDRESS", 0.9)
        for match in _MAC.finditer(text):
            yield Found(*match.span(), "MAC_ADDRESS", 0.9)


def _is_ip6(text: str) -> bool:
    try:
        return len(text) > 4 and bool(ipaddress.IPv6Address(text))
    except ValueError:
        return False
