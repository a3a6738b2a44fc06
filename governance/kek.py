"""Key encryption keys (KEK; for operators: master keys), which wrap the data keys: a file of keys, or a key service
that never shows them."""

from __future__ import annotations

import base64
import os
from collections.abc import Awaitable, Sequence
from pathlib import Path
from uuid import UUID

import httpx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from db.json import JsonObject

PlainKey = tuple[UUID, bytes]  # the data key's id, and the key
WrappedKey = tuple[UUID, str, bytes]  # the data key's id, its master key's name, and the key wrapped by that


class KekMissing(Exception):
    """A data key is wrapped by a master key that is not at hand."""


class KeyServiceDown(Exception):
    """The key service does not answer, or refuses: to be tried later."""


class KeyFile:
    """Master keys of 256 bits in a text file, one a line: `name base64`. The last one wraps; all unwrap.

    Rotation: add a line, restart, `wardline vault rewrap`, then remove the old line.
    """

    def __init__(self, path: Path) -> None:
        self._keys = read_keys(path)
        self._current = next(reversed(self._keys))

    async def current(self) -> str:
        return self._current

    async def wrap(self, keys: Sequence[PlainKey]) -> list[tuple[str, bytes]]:
        return [self._wrap(*key) for key in keys]

    def _wrap(self, key_id: UUID, data_key: bytes) -> tuple[str, bytes]:
        nonce = os.urandom(12)
        return self._current, nonce + self._keys[self._current].encrypt(nonce, data_key, key_id.bytes)

    async def unwrap(self, keys: Sequence[WrappedKey]) -> list[bytes]:
        """Raises KekMissing, and InvalidTag for a wrapped key that was changed or belongs to another row."""
        return [self._unwrap(*key) for key in keys]

    def _unwrap(self, key_id: UUID, master: str, wrapped: bytes) -> bytes:
        if master not in self._keys:
            raise KekMissing(f"The master key {master!r} is not in the key file.")
        return self._keys[master].decrypt(wrapped[:12], wrapped[12:], key_id.bytes)

    async def aclose(self) -> None:
        """Nothing is held open."""


class KeyService:
    """A key service with the Transit interface of HashiCorp Vault and OpenBao: keys are wrapped and unwrapped there.

    `url` ends in the mount, for example https://vault:8200/v1/transit. The service itself rotates the key; what an
    older version wrapped it still unwraps.
    """

    def __init__(self, url: str, *, key: str, token: SecretStr, timeout_s: float = 5.0) -> None:
        self._key = key
        headers = {"X-Vault-Token": token.get_secret_value()}
        self._http = httpx.AsyncClient(base_url=url.rstrip("/") + "/", headers=headers, timeout=timeout_s)

    async def current(self) -> str:
        """The key's name and newest version, as `name:v2`."""
        answer = await self._asked(self._http.get(f"keys/{self._key}"))
        return f"{self._key}:v{answer['latest_version']}"

    async def wrap(self, keys: Sequence[PlainKey]) -> list[tuple[str, bytes]]:
        """In one request (`batch_input`). Raises KeyServiceDown."""
        batch = [{"plaintext": base64.b64encode(data_key).decode(), **_bound(key_id)} for key_id, data_key in keys]
        sealed = [result["ciphertext"] for result in await self._batch(f"encrypt/{self._key}", batch)]
        return [(f"{self._key}:{ciphertext.split(':')[1]}", ciphertext.encode()) for ciphertext in sealed]

    async def unwrap(self, keys: Sequence[WrappedKey]) -> list[bytes]:
        """All in one request for each key of the service (`batch_input`). Raises KeyServiceDown."""
        found: dict[UUID, bytes] = {}
        for name in dict.fromkeys(master.rpartition(":")[0] for _, master, _ in keys):
            asked = [(key_id, wrapped) for key_id, master, wrapped in keys if master.rpartition(":")[0] == name]
            batch = [{"ciphertext": wrapped.decode(), **_bound(key_id)} for key_id, wrapped in asked]
            results = await self._batch(f"decrypt/{name}", batch)
            for (key_id, _), result in zip(asked, results, strict=True):
                found[key_id] = base64.b64decode(result["plaintext"])
        return [found[key_id] for key_id, _, _ in keys]

    async def _batch(self, path: str, batch: list[dict[str, str]]) -> list[dict[str, str]]:
        """Raises InvalidTag where the service refuses one of the batch: it answers 400 then, with all results."""
        results: list[dict[str, str]] = (await self._asked(self._http.post(path, json={"batch_input": batch})))[
            "batch_results"
        ]
        if any(result.get("error") for result in results):
            raise InvalidTag
        return results

    async def _asked(self, asking: Awaitable[httpx.Response]) -> JsonObject:
        try:
            answer = await asking
            if answer.status_code != 400:
                answer.raise_for_status()
            data: JsonObject = answer.json()["data"]
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise KeyServiceDown(type(error).__name__) from error
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
