"""The vault: texts under a data key per patient and per conversation, the data keys under a master key that is kept
outside the database. Destroying a data key makes every text under it unreadable, for good, in every backup that does
not hold the key.

A sealed text is: version (1 byte) | data key's id (16) | nonce (12) | AES-256-GCM ciphertext with its tag. The
additional data is the tenant and what the text is (`aad`), so that a ciphertext moved to another row does not open
there.
"""

from __future__ import annotations

import hmac
import os
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from db.engine import direct

OwnerKind = Literal["patient", "conversation", "voice", "tenant"]
_VERSION = b"\x01"
_KEPT = 10_000  # unwrapped data keys kept in memory
_INSERT = """
    INSERT INTO vault_key (id, tenant_id, owner_id, owner_kind, current, master, wrapped)
    VALUES (%s, nullif(current_setting('app.tenant', true), '')::uuid, %s, %s, true, %s, %s)
    ON CONFLICT (tenant_id, owner_id) WHERE current DO NOTHING
"""
_CURRENT = "SELECT owner_id, id, master, wrapped FROM vault_key WHERE owner_id = ANY(%s) AND current"
_BY_ID = "SELECT id, master, wrapped FROM vault_key WHERE id = ANY(%s) AND wrapped IS NOT NULL"


class Unsealable(Exception):
    """A sealed text does not open: it was changed, or it belongs elsewhere."""


class KeyEncryptionKeys(Protocol):
    """Wraps data keys. A file of keys is one (`governance.kek.KeyFile`), a key service another."""

    async def wrap(self, keys: Sequence[tuple[UUID, bytes]]) -> list[tuple[str, bytes]]:
        """(the master key's name, the wrapped key) for each (id, data key), in order."""
        ...

    async def unwrap(self, keys: Sequence[tuple[UUID, str, bytes]]) -> list[bytes]:
        """The data keys of (id, master key's name, wrapped key), in order, asked for together."""
        ...

    async def current(self) -> str:
        """The name of the master key that new data keys are wrapped by."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose key a text is sealed under."""

    id: UUID
    kind: OwnerKind


@dataclass(frozen=True, slots=True)
class DataKey:
    """One data key, unwrapped. Lives for one transaction: a destroyed one is not found in the next."""

    id: UUID
    tenant_id: UUID
    cipher: AESGCM

    def seal(self, text: str, aad: str) -> bytes:
        return self.seal_bytes(text.encode(), aad)

    def open(self, sealed: bytes, aad: str) -> str:
        """Raises Unsealable."""
        try:
            return self.open_bytes(sealed, aad).decode()
        except ValueError as error:
            raise Unsealable(aad) from error

    def seal_bytes(self, content: bytes, aad: str) -> bytes:
        nonce = os.urandom(12)
        return _VERSION + self.id.bytes + nonce + self.cipher.encrypt(nonce, content, self._with_tenant(aad))

    def open_bytes(self, sealed: bytes, aad: str) -> bytes:
        """Raises Unsealable."""
        try:
            return self.cipher.decrypt(sealed[17:29], sealed[29:], self._with_tenant(aad))
        except (InvalidTag, ValueError) as error:
            raise Unsealable(aad) from error

    def _with_tenant(self, aad: str) -> bytes:
        return self.tenant_id.bytes + aad.encode()


class Vault:
    """Unwraps data keys and remembers what it unwrapped. Rows of keys are read anew in each transaction (`Keyring`), so
    that a key destroyed by another process is gone here too."""

    def __init__(self, keks: KeyEncryptionKeys, *, pepper: bytes) -> None:
        self.keks = keks
        self._pepper = pepper
        self._unwrapped: OrderedDict[bytes, AESGCM] = OrderedDict()

    def fingerprint(self, tenant_id: UUID, value: str) -> bytes:
        """What a value is found by without being kept: its HMAC-SHA256 under a secret that is not in the database."""
        return hmac.digest(self._pepper, tenant_id.bytes + value.encode(), "sha256")

    def own_fingerprint(self) -> bytes:
        """By which two nodes tell that they find values by the same secret."""
        return hmac.digest(self._pepper, b"wardline: whose secret is this", "sha256")

    async def unwrapped(self, tenant_id: UUID, rows: Sequence[tuple[UUID, str, bytes]]) -> list[DataKey]:
        """Data keys from their rows (id, master key's name, wrapped key), in order; those not used for longest are
        forgotten first."""
        ciphers = {wrapped: self._unwrapped[wrapped] for _, _, wrapped in rows if wrapped in self._unwrapped}
        missing = list({row[2]: row for row in rows if row[2] not in ciphers}.values())
        if missing:
            for (_, _, wrapped), key in zip(missing, await self.keks.unwrap(missing), strict=True):
                ciphers[wrapped] = AESGCM(key)
        for wrapped, cipher in ciphers.items():
            self._unwrapped[wrapped] = cipher
            self._unwrapped.move_to_end(wrapped)
        while len(self._unwrapped) > _KEPT:
            self._unwrapped.popitem(last=False)
        return [DataKey(key_id, tenant_id, ciphers[wrapped]) for key_id, _, wrapped in rows]


class Keyring:
    """The data keys of one transaction, inside its tenant's scope."""

    def __init__(self, vault: Vault, session: AsyncSession, tenant_id: UUID) -> None:
        self._vault, self._session, self._tenant_id = vault, session, tenant_id
        self._current: dict[UUID, DataKey] = {}
        self._keys: dict[UUID, DataKey | None] = {}
        self._made: list[UUID] = []  # owners for whom this transaction made a key

    def mark(self) -> int:
        """Where the keys made so far end, for `forget_since`."""
        return len(self._made)

    def forget_since(self, mark: int) -> None:
        """Forget the keys made since: a rollback to a savepoint took their rows away."""
        for owner_id in self._made[mark:]:
            key = self._current.pop(owner_id, None)
            if key is not None:
                self._keys.pop(key.id, None)
        del self._made[mark:]

    def fingerprint(self, value: str) -> bytes:
        return self._vault.fingerprint(self._tenant_id, value)

    async def put(self, owner_id: UUID, key_id: UUID, master: str, wrapped: bytes) -> None:
        """Take an owner's current key from its row, which was read with something else."""
        await self._remember([(owner_id, key_id, master, wrapped)])

    async def of(self, *owners: Owner) -> list[DataKey]:
        """The owners' current keys, made where there are none."""
        await self._read([owner.id for owner in owners])
        missing = {owner.id: owner for owner in owners if owner.id not in self._current}
        fresh = [(new_id(), AESGCM.generate_key(256)) for _ in missing]
        wrapped_keys = await self._vault.keks.wrap(fresh) if fresh else []
        for owner, (key_id, _), (master, wrapped) in zip(missing.values(), fresh, wrapped_keys, strict=True):
            await direct(self._session, _INSERT, (key_id, owner.id, owner.kind, master, wrapped))
            self._made.append(owner.id)
        await self._read(list(missing))  # not from here: another transaction may have been first
        return [self._current[owner.id] for owner in owners]

    async def seal(self, owner: Owner, text: str, aad: str) -> bytes:
        [key] = await self.of(owner)
        return key.seal(text, aad)

    async def open(self, sealed: dict[str, bytes]) -> dict[str, str | None]:
        """The texts of sealed values, by their associated data; None where the key was destroyed. Raises Unsealable."""
        opened = await self.open_many([(value, aad) for aad, value in sealed.items()])
        return dict(zip(sealed, opened, strict=True))

    async def by_id(self, key_ids: Iterable[UUID]) -> dict[UUID, DataKey | None]:
        """Keys by their ids; None for one that was destroyed."""
        ids = set(key_ids)
        unknown = ids - self._keys.keys()
        if unknown:
            self._keys |= dict.fromkeys(unknown)
            rows = await (await direct(self._session, _BY_ID, (list(unknown),))).fetchall()
            for key in await self._vault.unwrapped(self._tenant_id, rows):
                self._keys[key.id] = key
        return {key_id: self._keys[key_id] for key_id in ids}

    async def open_many(self, sealed: Sequence[tuple[bytes | None, str]]) -> list[str | None]:
        """The texts of (sealed value, its associated data), in order; None for none, and where the key was
        destroyed."""
        keys = await self.by_id(key_id_of(value) for value, _ in sealed if value is not None)
        return [
            None if value is None or (key := keys[key_id_of(value)]) is None else key.open(value, aad)
            for value, aad in sealed
        ]

    async def open_one(self, sealed: bytes | None, aad: str) -> str | None:
        return (await self.open_many([(sealed, aad)]))[0]

    async def _read(self, owners: list[UUID]) -> None:
        owners = [owner for owner in owners if owner not in self._current]
        if owners:
            await self._remember(await (await direct(self._session, _CURRENT, (owners,))).fetchall())

    async def _remember(self, rows: Sequence[tuple[UUID, UUID, str, bytes]]) -> None:
        keys = await self._vault.unwrapped(self._tenant_id, [row[1:] for row in rows])
        for (owner_id, *_), key in zip(rows, keys, strict=True):
            self._current[owner_id] = self._keys[key.id] = key


def key_id_of(sealed: bytes) -> UUID:
    return UUID(bytes=bytes(sealed[1:17]))
