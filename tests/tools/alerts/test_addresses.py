"""Where an alert may not go, whatever its URL says, and that it goes where it was checked to go."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.doubles.webhook_receiver import WebhookReceiver
from tools.alerts import posting
from tools.alerts.addresses import UrlRefused, checked_url
from tools.alerts.posting import Answer, post

SECRET = posting.new_secret()
NOT_PUBLIC = Answer(error="not sent: the URL must have a public address")
_getaddrinfo = socket.getaddrinfo


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes a name resolve to addresses, as the DNS of whoever owns the name may: for one question, then no more."""

    def resolve(name: str, *addresses: str) -> None:
        answers = [addresses]

        def answer(host: Any, port: Any, *args: Any, **more: Any) -> Any:
            if host not in (name, name.encode()):
                return _getaddrinfo(host, port, *args, **more)
            return [
                found for address in answers.pop() for found in _getaddrinfo(address, port, type=socket.SOCK_STREAM)
            ]

        monkeypatch.setattr(socket, "getaddrinfo", answer)

    return resolve


async def sent(url: str, *, allow_local: bool = False) -> Answer:
    return await post(url, "id", "{}", [SECRET], allow_local=allow_local)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
    "0.0.0.0",
     "192.0.0.192", "168.63.129.16", "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fd00:ec2::254]", "[fe80::1]",
     "[fe80::1%25eth0]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]",
     "[ff02::1]",
     "[::127.0.0.1]", "localhost", "LOCALHOST", "localhost.", "a.localhost", "printer.local",
     "metadata.google.internal",
     "database"],
)  # fmt: skip
async def test_hosts_that_are_refused(host: str) -> None:
    with pytest.raises(UrlRefused, match="public"):
        checked_url(f"https://{host}/", allow_local=False)
    answer = await sent(f"https://{host}:9/")
    assert answer.error is not None and answer.error.startswith("not sent: the URL must have a public")


@pytest.mark.parametrize(
    "url",
    ["http://receiver.example/", "ftp://receiver.example/", "//receiver.example/", "receiver.example", "https://",
    "https:///x",
     "https://user:word@receiver.example/", "https://user@receiver.example/", "https://a\\@receiver.example/",
     "https://receiver.example/#x", "https://receiver.example:99999/", "https://receiver.example:0/",
     "https://a b.example/",
     "https://a%0a.example/", "https://a..example/", "https://[::1/", f"https://{'a' * 64}.example/", "https://\x00/"],
)  # fmt: skip
def test_forms_that_are_refused(url: str) -> None:
    for allow_local in (False, True):
        with pytest.raises(UrlRefused):
            checked_url(url, allow_local=allow_local)


def test_what_is_allowed() -> None:
    public = (
        "https://receiver.example/a?b=c",
        "https://8.8.8.8:8443/",
        "https://[2606:4700::1111]/",
        "https://bücher.example/",
    )
    for url in public:
        assert checked_url(url, allow_local=False)
    for url in (
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://[::1]/",
        "https://10.0.0.1/",
        "https://printer.local/",
    ):
        assert checked_url(url, allow_local=True)
    for url in ("http://10.0.0.1/", "http://receiver.example/", "https://169.254.169.254/", "https://[fd00:ec2::254]/"):
        with pytest.raises(UrlRefused):
            checked_url(url, allow_local=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "::ffff:10.0.0.8", "fd12::1"])
async def test_a_public_name_that_leads_inside(
    names: Callable[..., None], address: str, receiver_: WebhookReceiver
) -> None:
    names("rebound.example", address)
    assert await sent(f"https://rebound.example:{receiver_.port}/") == NOT_PUBLIC
    names("rebound.example", "8.8.8.8", address)
    assert await sent(f"https://rebound.example:{receiver_.port}/") == NOT_PUBLIC
    assert receiver_.requests == []


@pytest.mark.parametrize("form", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1"])
async def test_other_ways_to_write_an_address(form: str, receiver_: WebhookReceiver) -> None:
    assert (await sent(f"https://{form}:{receiver_.port}/")).error is not None
    assert receiver_.requests == []


async def test_a_name_that_is_nobodys(names: Callable[..., None]) -> None:
    names("nobody.example")
    assert (await sent("https://nobody.example/")).error is not None


async def test_local_names_are_for_the_loopback(names: Callable[..., None]) -> None:
    """http goes to the loopback even where the resolver says that it is elsewhere."""
    names("localhost", "10.0.0.8")
    assert await sent("http://localhost:9/", allow_local=True) == NOT_PUBLIC


@pytest.fixture
def receiver_() -> Any:
    with WebhookReceiver() as running:
        yield running


async def test_tls_is_checked_against_the_name(
    names: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to the address that was checked; certificate and Host are the name's."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    path = certificate(tmp_path, "hooks.example")
    server.load_cert_chain(path)
    monkeypatch.setattr(posting, "tls", lambda: ssl.create_default_context(cafile=str(path)))
    with WebhookReceiver(tls=server) as receiver:
        for name, error in (("hooks.example", None), ("other.example", "no connection")):
            names(name, "127.0.0.1")
            answer = await sent(f"https://{name}:{receiver.port}/in?a=1", allow_local=True)
            assert answer.error == error
        (asked,) = receiver.requests
    assert (asked.headers["host"], asked.path, asked.query) == (f"hooks.example:{receiver.port}", "/in", "a=1")


def certificate(folder: Path, name: str) -> Path:
    """A certificate for one name, that is its own authority, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(private + made.public_bytes(pem))
    return path
