"""Bearer tokens: who is believed, and who is not."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import stat
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from api.identity.auth import BadToken, ClaimNames, Issuer, TokenVerifier
from api.identity.dev_issuer import DevIssuer, DevIssuerForbidden
from tests.doubles.oidc_server import OidcServer

PATIENT = UUID("0190f000-0000-7000-8000-000000000001")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def oidc() -> Iterator[OidcServer]:
    with OidcServer("ES256") as running:
        yield running


@pytest.fixture
async def make_verifier(clock: Clock) -> AsyncIterator[Callable[..., TokenVerifier]]:
    made: list[TokenVerifier] = []

    def make(*issuers: Issuer, **changes: Any) -> TokenVerifier:
        made.append(TokenVerifier(issuers, **{"clock": clock, **changes}))
        return made[-1]

    yield make
    for verifier in made:
        await verifier.aclose()


@pytest.fixture
def verifier(oidc, make_verifier) -> TokenVerifier:
    return make_verifier(Issuer(oidc.url, "wardline"))


async def reason(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(BadToken) as bad:
        await verifier.verify(token)
    assert bad.value.__cause__ is None and str(bad.value) == bad.value.reason
    return bad.value.reason


async def test_a_proper_token(oidc, verifier):
    claims = await verifier.verify(oidc.token(wardline_patient=str(PATIENT)))
    assert (claims.subject, claims.roles, claims.tenant) == ("nurse-7", frozenset({"nurse"}), "demo")
    assert (claims.patient_id, claims.issuer) == (PATIENT, oidc.url)
    assert abs(claims.expires_at.timestamp() - time.time() - 600) < 60


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "ES256", "ES384", "EdDSA"])
async def test_every_asymmetric_algorithm(make_verifier, algorithm):
    with OidcServer(algorithm) as oidc:
        assert (await make_verifier(Issuer(oidc.url, "wardline")).verify(oidc.token())).subject == "nurse-7"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"exp": int(time.time()) - 3600}, "expired"),
        ({"exp": None}, "missing_claim"),
        ({"exp": "soon"}, "claims"),
        ({"exp": 10**40}, "claims"),
        ({"nbf": int(time.time()) + 3600}, "not_yet_valid"),
        ({"aud": "another"}, "audience"),
        ({"aud": None}, "missing_claim"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"iss": ["a"]}, "issuer"),
        ({"sub": None}, "missing_claim"),
        ({"sub": ""}, "claims"),
        ({"wardline_patient": "42"}, "claims"),
        ({"wardline_roles": [{"admin": True}]}, "claims"),
        ({"wardline_roles": 7}, "claims"),
        ({"wardline_roles": ["patient"]}, "missing_claim"),
        ({"wardline_tenant": 7}, "claims"),
    ],
)
async def test_wrong_claims(oidc, verifier, changes, why):
    # PyJWT refuses to sign an `iss` that is not a text, so that the claims are signed as they are.
    signed = jwt.api_jws.encode(
        json.dumps(oidc.claims(**changes)).encode(), oidc.signing.private, "ES256", {"kid": oidc.signing.key_id}
    )
    assert await reason(verifier, signed) == why


async def test_clocks_may_differ_by_the_leeway(oidc, verifier):
    now = int(time.time())
    assert await verifier.verify(oidc.token(exp=now - 10, nbf=now - 100))
    assert await verifier.verify(oidc.token(nbf=now + 20))


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
async def test_no_signature(oidc, verifier, name):
    token = f"{_part({'alg': name, 'kid': oidc.signing.key_id})}.{_part(oidc.claims())}."
    assert await reason(verifier, token) in ("algorithm", "malformed")


@pytest.mark.parametrize("form", ["pem", "der", "jwk"])
async def test_the_public_key_as_a_shared_secret(make_verifier, form):
    with OidcServer("RS256") as oidc:
        public = oidc.signing.private.public_key()
        encoding = {"pem": serialization.Encoding.PEM, "der": serialization.Encoding.DER}.get(form)
        secret = (
            public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
            if encoding
            else json.dumps(oidc.signing.jwk()).encode()
        )
        signed = f"{_part({'alg': 'HS256', 'kid': oidc.signing.key_id})}.{_part(oidc.claims())}"
        mac = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), "sha256")).rstrip(b"=").decode()
        assert await reason(make_verifier(Issuer(oidc.url, "wardline")), f"{signed}.{mac}") == "algorithm"


async def test_another_algorithm_than_the_keys_own(oidc, verifier):
    _, payload, signature = oidc.token().split(".")
    header = _part({"alg": "RS256", "kid": oidc.signing.key_id})
    assert await reason(verifier, f"{header}.{payload}.{signature}") == "algorithm"


async def test_a_key_that_the_token_brings_along(oidc, verifier):
    with OidcServer("ES256") as evil:
        evil.signing.key_id = oidc.signing.key_id
        headers = {"jwk": evil.signing.jwk(), "jku": f"{evil.url}/keys"}
        assert await reason(verifier, evil.token(iss=oidc.url, headers=headers)) == "signature"
        assert evil.requests == []


async def test_a_changed_payload(oidc, verifier):
    header, _, signature = oidc.token().split(".")
    changed = _part(oidc.claims(wardline_roles=["admin"]))
    assert await reason(verifier, f"{header}.{changed}.{signature}") == "signature"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "é.é.é", "x" * 20_000, "[].[].[]"])
async def test_what_is_no_token(verifier, token):
    assert await reason(verifier, token) == "malformed"


async def test_an_unknown_key_is_looked_for_at_most_so_often(oidc, verifier, clock):
    await verifier.verify(oidc.token())
    for _ in range(20):
        assert await reason(verifier, oidc.token(headers={"kid": "other"})) == "unknown_key"
    assert oidc.fetches == 1
    clock.now += 11
    for _ in range(20):
        await reason(verifier, oidc.token(headers={"kid": "other"}))
    assert oidc.fetches == 2


async def test_a_new_key_is_found(oidc, verifier, clock):
    old = oidc.token()
    await verifier.verify(old)
    oidc.rotate("ES256")
    clock.now += 11
    assert await verifier.verify(oidc.token())
    assert await verifier.verify(old)


async def test_a_withdrawn_key_stops_counting(oidc, verifier, clock):
    old = oidc.token()
    await verifier.verify(old)
    oidc.rotate("ES256", keep_old=False)
    clock.now += 601
    assert await reason(verifier, old) == "unknown_key"


async def test_many_at_once_fetch_once(oidc, verifier):
    await asyncio.gather(*(verifier.verify(oidc.token()) for _ in range(20)))
    assert oidc.fetches == 1


async def test_known_keys_count_while_the_issuer_is_down(oidc, verifier, clock):
    await verifier.verify(oidc.token())
    oidc.down = True
    clock.now += 601
    assert await verifier.verify(oidc.token())


async def test_an_issuer_that_was_never_reached(oidc, verifier, clock):
    oidc.down = True
    assert await reason(verifier, oidc.token()) == "issuer_unreachable"
    oidc.down = False
    clock.now += 11
    assert await verifier.verify(oidc.token())


async def test_a_discovery_document_of_another_issuer(oidc, verifier):
    oidc.claimed_issuer = "https://evil.example"
    assert await reason(verifier, oidc.token()) == "issuer_unreachable"


async def test_a_keys_url_in_the_settings_needs_no_discovery(oidc, make_verifier):
    verifier = make_verifier(Issuer(oidc.url, ("other", "wardline"), jwks_url=f"{oidc.url}/keys"))
    assert await verifier.verify(oidc.token(headers={"kid": None}))
    assert [asked.path for asked in oidc.requests] == ["/keys"]


async def test_the_key_of_one_issuer_is_none_of_anothers(oidc, make_verifier):
    with OidcServer("ES256") as other:
        verifier = make_verifier(Issuer(oidc.url, "wardline"), Issuer(other.url, "wardline"))
        assert await reason(verifier, other.token(iss=oidc.url)) == "unknown_key"


async def test_claims_elsewhere(oidc, make_verifier):
    names = ClaimNames(roles="realm_access.roles", tenant="https://h.example/tenant")
    verifier = make_verifier(Issuer(oidc.url, "wardline"), names=names)
    token = oidc.token(realm_access={"roles": ["physician"]}, **{"https://h.example/tenant": "north"})
    claims = await verifier.verify(token)
    assert (claims.roles, claims.tenant) == (frozenset({"physician"}), "north")


async def test_roles_as_one_text_or_none(oidc, verifier):
    assert (await verifier.verify(oidc.token(wardline_roles="nurse, auditor"))).roles == {"nurse", "auditor"}
    assert (await verifier.verify(oidc.token(wardline_roles=None))).roles == frozenset()


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
async def test_the_development_issuer(tmp_path, make_verifier, algorithm):
    issuer = DevIssuer(tmp_path / "var", "development", algorithm=algorithm)
    verifier = make_verifier(issuer.as_issuer())
    claims = await verifier.verify(issuer.issue("p", ["patient"], tenant="demo", patient_id=PATIENT))
    assert (claims.roles, claims.tenant, claims.patient_id) == (frozenset({"patient"}), "demo", PATIENT)
    assert await reason(verifier, issuer.issue("p", ["patient"], ttl_s=-3600)) == "expired"
    assert "d" not in issuer.jwks()["keys"][0]


def test_its_key_stays_and_is_its_owners_alone(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: DevIssuer(tmp_path, "test").jwks()["keys"][0]["kid"], range(8)))
    assert len(set(made)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["dev-issuer.pem"]
    assert stat.S_IMODE((tmp_path / "dev-issuer.pem").stat().st_mode) == 0o600


@pytest.mark.parametrize("environment", ["production", "staging", ""])
def test_it_is_refused_in_production(tmp_path, environment):
    with pytest.raises(DevIssuerForbidden):
        DevIssuer(tmp_path, environment)
    assert list(tmp_path.iterdir()) == []
