"""A key service with the Transit interface of HashiCorp Vault and OpenBao, over a real socket: it really encrypts."""

from __future__ import annotations

import base64
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.doubles.http_server import Asked, DoubleServer, Exchange

TOKEN = "s.test"


class TransitServer(DoubleServer):
    """One key, `wardline`; `rotate` adds a version."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[tuple[str, int]] = []  # (what was asked, for how many keys)
        self.versions = [AESGCM(AESGCM.generate_key(256))]

    def rotate(self) -> None:
        self.versions.append(AESGCM(AESGCM.generate_key(256)))

    def handle(self, asked: Asked, exchange: Exchange) -> None:
        if asked.headers.get("x-vault-token") != TOKEN:
            return exchange.send_json(403, {"errors": ["permission denied"]})
        verb, _, name = asked.path.removeprefix("/v1/transit/").partition("/")
        if name != "wardline" or verb not in ("keys", "encrypt", "decrypt"):
            return exchange.send_json(404, {"errors": []})
        if verb == "keys":
            return exchange.send_json(200, {"data": {"latest_version": len(self.versions)}})
        batch = asked.json()["batch_input"]
        results = [self._one(verb, item) for item in batch]
        self.batches.append((verb, len(batch)))
        return exchange.send_json(
            400 if any("error" in one for one in results) else 200, {"data": {"batch_results": results}}
        )

    def _one(self, verb: str, item: dict[str, Any]) -> dict[str, Any]:
        try:
            made: dict[str, Any] = getattr(self, f"_{verb}")(item)
        except (InvalidTag, ValueError, IndexError):
            return {"error": "cipher: message authentication failed"}
        return made

    def _encrypt(self, body: dict[str, Any]) -> dict[str, Any]:
        nonce, version = os.urandom(12), len(self.versions)
        plain, bound = base64.b64decode(body["plaintext"]), base64.b64decode(body["associated_data"])
        sealed = nonce + self.versions[-1].encrypt(nonce, plain, bound)
        return {"ciphertext": f"vault:v{version}:{base64.b64encode(sealed).decode()}", "key_version": version}

    def _decrypt(self, body: dict[str, Any]) -> dict[str, Any]:
        _, version, encoded = body["ciphertext"].split(":")
        sealed, bound = base64.b64decode(encoded), base64.b64decode(body["associated_data"])
        plain = self.versions[int(version[1:]) - 1].decrypt(sealed[:12], sealed[12:], bound)
        return {"plaintext": base64.b64encode(plain).decode()}
