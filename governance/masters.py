"""Master keys, which wrap the data keys: a file of keys, or a key service that never shows them."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr


class MasterKeyMissing(Exception):
    """A data key is wrapped by a master key that is not at hand."""


class KeyFile:
    """Master keys of 256 bits in a text file, one a line: `name base64`. The last one wraps; all unwrap.

    Rotation: add a line, restart, `wardline vault rewrap`, then remove the old line.
    """

    def __init__(self, path: Path) -> None:
        self._keys = read_keys(path)
        self._current = next(reversed(self._keys))

    async def current(self) -> str:
        return self._current

    async def wrap(self, data_key: bytes, key_id: UUID) -> tuple[str, bytes]:
        nonce = os.urandom(12)
        return self._current, nonce + self._keys[self._current].encrypt(nonce, data_key, key_id.bytes)

    async def unwrap(self, master: str, wrapped: bytes, key_id: UUID) -> bytes:
        """Raises MasterKeyMissing, and InvalidTag for a wrapped key that was changed or belongs to another row."""
        if master not in self._keys:
            raise MasterKeyMissing(f"The master key {master!r} is not in the key file.")
        return self._keys[master].decrypt(wrapped[:12], wrapped[12:], key_id.bytes)

    async def aclose(self) -> None:
        """Nothing is held open."""


class KeyService:
    """A key service with the Transit interface of HashiCorp Vault and OpenBao: keys are wrapped and unwrapped there.

    `url` ends in the mount, for example https://vault:8200/v1/transit. The service itself rotates the key; what an older
    version wrapped it still unwraps.
    """

    def __init__(self, url: str, *, key: str, token: SecretStr, timeout_s: float = 5.0) -> None:
        self._key = key
        headers = {"X-Vault-Token": token.get_secret_value()}
        self._http = httpx.AsyncClient(base_url=url.rstrip("/") + "/", headers=headers, timeout=timeout_s)

    async def current(self) -> str:
        """The key's name and newest version, as `name:v2`."""
        answer = await self._http.get(f"keys/{self._key}")
        answer.raise_for_status()
        return f"{self._key}:v{answer.json()['data']['latest_version']}"

    async def wrap(self, data_key: bytes, key_id: UUID) -> tuple[str, bytes]:
        asked = {"plaintext": base64.b64encode(data_key).decode(), **_bound(key_id)}
        ciphertext: str = (await self._post(f"encrypt/{self._key}", asked))["ciphertext"]
        return f"{self._key}:{ciphertext.split(':')[1]}", ciphertext.encode()

    async def unwrap(self, master: str, wrapped: bytes, key_id: UUID) -> bytes:
        asked = {"ciphertext": wrapped.decode(), **_bound(key_id)}
        return base64.b64decode((await self._post(f"decrypt/{master.rpartition(':')[0]}", asked))["plaintext"])

    async def _post(self, path: str, body: Mapping[str, str]) -> dict[str, str]:
        answer = await self._http.post(path, json=body)
        answer.raise_for_status()
        data: dict[str, str] = answer.json()["data"]
        return data

    async def aclose(self) -> None:
        await self._http.aclose()


def read_keys(path: Path) -> dict[str, AESGCM]:
    """The keys of a key file by name, in order. Raises ValueError that names the line."""
    keys: dict[str, AESGCM] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, encoded = line.strip().partition(" ")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError:
            raw = b""
        if len(raw) != 32 or name in keys:
            raise ValueError(f"{path.name}, line {number}: needs a new name and 32 bytes in base64")
        keys[name] = AESGCM(raw)
    if not keys:
        raise ValueError(f"{path.name} holds no key")
    return keys


def new_key_line(name: str) -> str:
    return f"{name} {base64.b64encode(AESGCM.generate_key(256)).decode()}\n"


def _bound(key_id: UUID) -> dict[str, str]:
    return {"associated_data": base64.b64encode(key_id.bytes).decode()}
