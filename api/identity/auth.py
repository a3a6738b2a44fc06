"""Who a bearer token is for: JWTs of any OpenID Connect issuer that is named in the settings."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import jwt

from db.json import JsonObject

ALGORITHMS = ("RS256", "RS384", "ES256", "ES384", "EdDSA")  # never `none`, never a shared secret
_LARGEST_TOKEN = 16_384
_LARGEST_DOCUMENT = 262_144

Reason = Literal[
    "malformed", "algorithm", "issuer", "unknown_key", "signature", "expired", "not_yet_valid", "audience",
    "missing_claim", "claims", "issuer_unreachable",
]  # fmt: skip
_REASONS: tuple[tuple[type[jwt.PyJWTError], Reason], ...] = (
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.ImmatureSignatureError, "not_yet_valid"),
    (jwt.InvalidAudienceError, "audience"),
    (jwt.InvalidIssuerError, "issuer"),
    (jwt.MissingRequiredClaimError, "missing_claim"),
    (jwt.InvalidSignatureError, "signature"),
    (jwt.InvalidAlgorithmError, "algorithm"),
)


class BadToken(Exception):
    """The token is not believed. `reason` may be told to its bearer; it quotes nothing of the token."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer that is believed. Its keys are `jwks`, or stand at `jwks_url`, or where its discovery says."""

    issuer: str
    audience: str | tuple[str, ...]
    jwks_url: str | None = None
    jwks: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Where the claims stand. A name with dots that is no claim itself is a path: `realm_access.roles`."""

    roles: str = "wardline_roles"
    tenant: str = "wardline_tenant"
    patient: str = "wardline_patient"
    practitioner: str = "wardline_practitioner"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a believed token says. The role `patient` never comes without a `patient_id`."""

    subject: str
    roles: frozenset[str]
    tenant: str | None
    patient_id: UUID | None
    expires_at: datetime
    issuer: str
    practitioner_id: UUID | None = None


class TokenVerifier:
    """Checks tokens. Keys are kept for `keys_last_s` and fetched again at an unknown key id, at most every
    `refetch_s`; keys at hand go on counting while their issuer cannot be reached. `aclose` when done."""

    def __init__(
        self, issuers: Sequence[Issuer], *, leeway_s: float = 30.0, names: ClaimNames | None = None,
        keys_last_s: float = 600.0, refetch_s: float = 10.0, timeout_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._http = httpx.AsyncClient(timeout=timeout_s, follow_redirects=False)
        self._issuers = {issuer.issuer: issuer for issuer in issuers}
        if len(self._issuers) != len(issuers):
            raise ValueError("an issuer is named twice; give it several audiences instead")
        self._keys = {
            issuer.issuer: _Keys(issuer, self._http, keys_last_s, refetch_s=refetch_s, clock=clock)
            for issuer in issuers
        }
        self._leeway_s, self._names = leeway_s, names or ClaimNames()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def verify(self, token: str) -> Claims:
        """The claims of a token. Raises BadToken."""
        header, unproven = _peek(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise BadToken("algorithm")
        name = unproven.get("iss")
        if not isinstance(name, str) or name not in self._issuers:
            raise BadToken("issuer")
        key = _usable(await self._keys[name].find(header.get("kid")), algorithm)
        return _claims(self._decoded(token, key, self._issuers[name], algorithm=algorithm), self._names)

    def _decoded(self, token: str, key: jwt.PyJWK, issuer: Issuer, *, algorithm: str) -> JsonObject:
        audience = [issuer.audience] if isinstance(issuer.audience, str) else list(issuer.audience)
        try:
            return jwt.decode(
                token, key, algorithms=[algorithm], audience=audience, issuer=issuer.issuer, leeway=self._leeway_s,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )  # fmt: skip
        except jwt.PyJWTError as error:
            raise BadToken(next((reason for kind, reason in _REASONS if isinstance(error, kind)), "claims")) from None
        except (ValueError, TypeError, OverflowError):
            raise BadToken("claims") from None


def _peek(token: str) -> tuple[JsonObject, JsonObject]:
    """Header and payload, not yet believed."""
    if len(token) > _LARGEST_TOKEN:
        raise BadToken("malformed")
    try:
        whole = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise BadToken("malformed") from None
    return whole["header"], whole["payload"]


def _usable(key: Mapping[str, Any], algorithm: str) -> jwt.PyJWK:
    """The key, if it is meant for signatures and for this algorithm."""
    if key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm or key.get("kty") == "oct":
        raise BadToken("algorithm")
    try:
        return jwt.PyJWK(dict(key), algorithm=algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        raise BadToken("algorithm") from None


def _claims(payload: JsonObject, names: ClaimNames) -> Claims:
    asked = (names.roles, names.tenant, names.patient, names.practitioner)
    roles, tenant, patient, practitioner = (_at(payload, name) for name in asked)
    if isinstance(roles, str):
        roles = roles.replace(",", " ").split()
    try:
        believed = Claims(
            subject=_text(payload["sub"]),
            roles=frozenset(_text(role) for role in roles or ()),
            tenant=None if tenant is None else _text(tenant),
            patient_id=None if patient is None else UUID(_text(patient)),
            expires_at=datetime.fromtimestamp(payload["exp"], UTC),
            issuer=payload["iss"],
            practitioner_id=None if practitioner is None else UUID(_text(practitioner)),
        )
    except (ValueError, TypeError, OverflowError, OSError):
        raise BadToken("claims") from None
    if "patient" in believed.roles and believed.patient_id is None:
        raise BadToken("missing_claim")
    return believed


def _text(value: Any) -> str:
    """Raises ValueError for anything but a text with something in it."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("not a text")
    return value


def _at(payload: Mapping[str, Any], name: str) -> Any:
    if name in payload:
        return payload[name]
    value: Any = payload
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


class _Keys:
    """The public keys of one issuer, by key id."""

    def __init__(
        self, issuer: Issuer, http: httpx.AsyncClient, last_s: float, *, refetch_s: float, clock: Callable[[], float]
    ) -> None:
        self._issuer, self._http, self._last_s, self._refetch_s, self._clock = issuer, http, last_s, refetch_s, clock
        self._keys: list[JsonObject] = _listed(issuer.jwks) if issuer.jwks is not None else []
        self._tried_at: float | None = None
        self._fetched_at: float | None = None
        self._lock = asyncio.Lock()

    async def find(self, key_id: Any) -> JsonObject:
        """The key with this id; without an id, the only key there is. Raises BadToken."""
        if self._issuer.jwks is None and (self._stale() or self._pick(key_id) is None):
            async with self._lock:
                if self._may_fetch() and (self._stale() or self._pick(key_id) is None):
                    await self._fetch()
        key = self._pick(key_id)
        if key is not None:
            return key
        raise BadToken("unknown_key" if self._keys else "issuer_unreachable")

    def _pick(self, key_id: Any) -> JsonObject | None:
        if key_id is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((key for key in self._keys if key.get("kid") == key_id), None)

    def _stale(self) -> bool:
        return self._fetched_at is None or self._clock() - self._fetched_at > self._last_s

    def _may_fetch(self) -> bool:
        return self._tried_at is None or self._clock() - self._tried_at >= self._refetch_s

    async def _fetch(self) -> None:
        """Keeps what is at hand when the issuer cannot be reached or answers nonsense."""
        self._tried_at = self._clock()
        try:
            url = self._issuer.jwks_url or await self._discovered()
            self._keys = _listed(await self._document(url))
            self._fetched_at = self._clock()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
            return

    async def _discovered(self) -> str:
        """OpenID Connect Discovery 1.0: the document must name this very issuer (section 4.3)."""
        document = await self._document(f"{self._issuer.issuer.rstrip('/')}/.well-known/openid-configuration")
        if document["issuer"] != self._issuer.issuer:
            raise ValueError("the discovery document is another issuer's")
        url = str(document["jwks_uri"])
        if urlsplit(self._issuer.issuer).scheme == "https" and urlsplit(url).scheme != "https":
            raise ValueError("an issuer on https has its keys on https")
        return url

    async def _document(self, url: str) -> JsonObject:
        response = (await self._http.get(url, headers={"Accept": "application/json"})).raise_for_status()
        if len(response.content) > _LARGEST_DOCUMENT:
            raise ValueError("the document is too large")
        document = response.json()
        if not isinstance(document, dict):
            raise TypeError("the document is no object")
        return document


def _listed(jwks: Mapping[str, Any]) -> list[JsonObject]:
    """The keys of a JWK set; raises KeyError or TypeError where it is none."""
    return [dict(key) for key in jwks["keys"]]
