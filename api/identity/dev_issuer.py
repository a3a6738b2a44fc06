"""A built-in issuer of tokens, for development and tests. It cannot be made in production."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from api.identity.auth import ClaimNames, Issuer
from db.json import JsonObject

_FILE = "dev-issuer.pem"
_ENVIRONMENTS = ("development", "test")


class DevIssuerForbidden(Exception):
    """The development issuer is refused outside development and tests."""


class DevIssuer:
    """Signs tokens with a key that stays in `folder` (made at first use, readable by its owner alone).

    Raises DevIssuerForbidden unless `environment` is development or test.
    """

    def __init__(
        self, folder: Path, environment: str, *, issuer: str = "urn:wardline:dev", audience: str = "wardline",
        algorithm: Literal["ES256", "RS256"] = "ES256", names: ClaimNames | None = None,
    ) -> None:  # fmt: skip
        if environment not in _ENVIRONMENTS:
            raise DevIssuerForbidden(f"the development issuer is refused in {environment}")
        self.issuer, self.audience = issuer, audience
        self._names = names or ClaimNames()
        self._key = _kept_key(folder, algorithm)
        self._algorithm = "ES256" if isinstance(self._key, ec.EllipticCurvePrivateKey) else "RS256"

    def issue(
        self, subject: str, roles: Iterable[str], *, tenant: str | None = None, patient_id: UUID | None = None,
        ttl_s: float = 3600.0,
    ) -> str:  # fmt: skip
        """A token that is good for `ttl_s` seconds (negative: one that has expired)."""
        now = int(time.time())
        claims: JsonObject = {
            "iss": self.issuer, "aud": self.audience, "sub": subject, "jti": str(uuid4()), "iat": now,
            "nbf": min(now, now + int(ttl_s)), "exp": now + int(ttl_s), self._names.roles: sorted(roles),
        }  # fmt: skip
        if tenant is not None:
            claims[self._names.tenant] = tenant
        if patient_id is not None:
            claims[self._names.patient] = str(patient_id)
        return jwt.encode(claims, self._key, algorithm=self._algorithm, headers={"kid": self._public_jwk()["kid"]})

    def jwks(self) -> JsonObject:
        """The public key as a JWK set."""
        return {"keys": [self._public_jwk()]}

    def as_issuer(self) -> Issuer:
        """What a TokenVerifier needs to believe this issuer."""
        return Issuer(self.issuer, self.audience, jwks=self.jwks())

    def _public_jwk(self) -> JsonObject:
        """With the RFC 7638 thumbprint as its id."""
        public = self._key.public_key()
        if isinstance(public, ec.EllipticCurvePublicKey):
            jwk: JsonObject = jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True)
        else:
            jwk = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
        needed: JsonObject = {name: jwk[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in jwk}
        thumbprint = sha256(json.dumps(needed, sort_keys=True, separators=(",", ":")).encode()).digest()
        return {**needed, "kid": jwt.utils.base64url_encode(thumbprint).decode(), "alg": self._algorithm, "use": "sig"}


def _kept_key(folder: Path, algorithm: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    """The key of this folder. Of several processes that make one at once, all take the first."""
    file = folder / _FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        own = folder / f".{_FILE}.{uuid4().hex}"
        with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(_new_key(algorithm))
        try:
            os.link(own, file)
        except FileExistsError:
            pass
        finally:
            own.unlink()
    file.chmod(0o600)
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise TypeError(f"{file} holds neither an EC nor an RSA key")
    return key


def _new_key(algorithm: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else rsa.generate_private_key(65537, 2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
