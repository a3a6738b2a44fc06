"""An OpenID Connect issuer over a real socket: discovery, keys, tokens, and keys that change."""

from __future__ import annotations

import time
from typing import Any, Literal
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.doubles.http_server import Asked, DoubleServer, Exchange

Algorithm = Literal["RS256", "RS384", "ES256", "ES384", "EdDSA"]


class SigningKey:
    """A private key with its id and algorithm."""

    def __init__(self, algorithm: Algorithm, key_id: str | None = None) -> None:
        self.algorithm: str = algorithm
        self.key_id = key_id or uuid4().hex
        self.private = _private(algorithm)

    def jwk(self) -> dict[str, Any]:
        """The public half."""
        maker = jwt.get_algorithm_by_name(self.algorithm)
        public: dict[str, Any] = maker.to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.key_id, "alg": self.algorithm, "use": "sig"}


class OidcServer(DoubleServer):
    """`down` makes every answer a 503; `keys` are those published, `signing` the one that signs."""

    def __init__(self, algorithm: Algorithm = "RS256", audience: str = "wardline") -> None:
        super().__init__()
        self.audience = audience
        self.signing = SigningKey(algorithm)
        self.keys = [self.signing]
        self.down = False
        self.claimed_issuer: str | None = None  # another `issuer` in the discovery document

    @property
    def fetches(self) -> int:
        """How often the keys were asked for."""
        return sum(asked.path == "/keys" for asked in self.requests)

    def rotate(self, algorithm: Algorithm = "RS256", *, keep_old: bool = True) -> SigningKey:
        """Signs with a new key from now on; the old one stays published or goes."""
        self.signing = SigningKey(algorithm)
        self.keys = [*self.keys, self.signing] if keep_old else [self.signing]
        return self.signing

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Proper claims of a nurse; a change to None leaves that claim out."""
        now = int(time.time())
        proper = {
            "iss": self.url, "aud": self.audience, "sub": "nurse-7", "iat": now, "nbf": now, "exp": now + 600,
            "wardline_roles": ["nurse"], "wardline_tenant": "demo",
        }  # fmt: skip
        return {name: value for name, value in {**proper, **changes}.items() if value is not None}

    def token(self, *, headers: dict[str, Any] | None = None, **changes: Any) -> str:
        return self.sign(self.claims(**changes), headers=headers)

    def sign(self, claims: dict[str, Any], *, headers: dict[str, Any] | None = None) -> str:
        named = {"kid": self.signing.key_id, **(headers or {})}
        kept = {name: value for name, value in named.items() if value is not None}
        return jwt.encode(claims, self.signing.private, algorithm=self.signing.algorithm, headers=kept)

    def handle(self, asked: Asked, exchange: Exchange) -> None:
        if self.down:
            return exchange.send_json(503, {"error": "temporarily_unavailable"})
        if asked.path == "/.well-known/openid-configuration":
            return exchange.send_json(200, self._discovery())
        if asked.path == "/keys":
            return exchange.send_json(200, {"keys": [key.jwk() for key in self.keys]})
        exchange.send_json(404, {"error": "not_found"})

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.claimed_issuer or self.url, "jwks_uri": f"{self.url}/keys",
            "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": sorted({key.algorithm for key in self.keys}),
        }  # fmt: skip


def _private(algorithm: Algorithm) -> Any:
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm.startswith("ES"):
        return ec.generate_private_key(ec.SECP256R1() if algorithm == "ES256" else ec.SECP384R1())
    return rsa.generate_private_key(65537, 2048)
