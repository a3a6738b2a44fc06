"""Where a webhook may go: public hosts over https. The rules hold when an endpoint is made and, since a name may lead
elsewhere by then, again for the addresses that it resolves to when an alert is sent."""

from __future__ import annotations

import asyncio
import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpx

_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_LOCAL_NAMES = ("localhost", "local", "internal")
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
_NEVER = [
    ip_network(network)
    for network in (
        "fd00:ec2::254/128",  # AWS's metadata
        "192.0.0.0/24",  # protocol assignments, one cloud's metadata among them
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's metadata, on a public address
        "64:ff9b:1::/48", "2002::/16", "2001::/23",  # translated to what is not seen here
    )
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What an installation sets: `allow_local` lets alerts go to private hosts too, and over http to the loopback."""

    allow_local: bool = False


class UrlRefused(Exception):
    """A URL that no alert may be sent to. The text is a rule that its owner may read."""


def checked_url(url: str, *, allow_local: bool) -> httpx.URL:
    """The URL, if its form is allowed. `allow_local`: private hosts too, and http to the loopback. Raises
    UrlRefused."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UrlRefused("must be a URL") from error
    host = parsed.raw_host.decode("ascii").rstrip(".")
    if not host:
        raise UrlRefused("must be an absolute URL with a host")
    if parsed.userinfo:
        raise UrlRefused("must hold no user name or password")
    if parsed.fragment:
        raise UrlRefused("must hold no fragment")
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise UrlRefused("must have a port from 1 to 65535")
    address = _literal(host)
    if address is None and not (len(host) <= 253 and all(map(_LABEL.fullmatch, host.split(".")))):
        raise UrlRefused("must have a valid host name")
    loopback = host == "localhost" or (address is not None and address.is_loopback)
    if parsed.scheme != "https" and not (parsed.scheme == "http" and loopback and allow_local):
        raise UrlRefused("must start with https://")
    inside = host.rpartition(".")[2] in _LOCAL_NAMES or (address is None and "." not in host)
    if not allow_local and inside:
        raise UrlRefused("must have a public host")
    if address is not None and not is_allowed(address, allow_local=allow_local):
        raise UrlRefused("must have a public address")
    return parsed


async def addresses_of(url: httpx.URL, *, allow_local: bool) -> list[str]:
    """The addresses that the host has now, all of them allowed. Raises UrlRefused, or OSError where there are none."""
    host, port = url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(str(entry[4][0])) for entry in found]
    for address in addresses:
        if not is_allowed(address, allow_local=allow_local) or (url.scheme == "http" and not address.is_loopback):
            raise UrlRefused("must have a public address")
    return list(dict.fromkeys(str(address) for address in addresses))


def is_allowed(address: IPv4Address | IPv6Address, *, allow_local: bool) -> bool:
    """Is it a public address, or (`allow_local`) a loopback or private one? Link-local, metadata and multicast
    never."""
    address = _embedded(address)
    if address.is_multicast or address.is_link_local or address.is_unspecified or any(address in net for net in _NEVER):
        return False
    if allow_local and (address.is_loopback or address.is_private):
        return True
    return address.is_global and not address.is_reserved


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address
    return address


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
