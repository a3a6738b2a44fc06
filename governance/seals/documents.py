"""What is signed and what is kept outside: seals and leaves as bytes and as JSON.

A signature covers a purpose and the canonical JSON of what is signed, so that no signature made for one thing serves
for another.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from db.json import JsonObject
from governance.record import canonical
from governance.seals.keys import SealKeys, TrustedKeys
from governance.seals.merkle import leaf_hash

_PURPOSE = b"wardline seal 1\n"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A session's entries `after_seq` + 1 to `head_seq`, sealed by the hash of the last."""

    session_id: UUID
    after_seq: int
    head_seq: int
    head_hash: bytes

    def hash(self) -> bytes:
        numbers = b"".join(number.to_bytes(8, "big", signed=True) for number in (self.after_seq, self.head_seq))
        return leaf_hash(self.session_id.bytes + numbers + self.head_hash)

    def json(self) -> JsonObject:
        return {
            "session_id": str(self.session_id), "after_seq": self.after_seq, "head_seq": self.head_seq,
            "head_hash": self.head_hash.hex(),
        }  # fmt: skip

    @classmethod
    def read(cls, value: JsonObject) -> Leaf:
        """Raises KeyError, TypeError or ValueError where it is not one."""
        return cls(
            UUID(value["session_id"]),
            read_count(value["after_seq"]),
            read_count(value["head_seq"]),
            read_hash(value["head_hash"]),
        )


@dataclass(frozen=True, slots=True)
class Seal:
    """A signed statement: at this time, this tenant's log had this many leaves and this root."""

    tenant_id: UUID
    number: int
    at: datetime
    size: int
    root: bytes
    previous: bytes
    horizon: int
    key: str
    signature: bytes = b""

    def signed(self) -> bytes:
        return _PURPOSE + canonical(self._said()).encode()

    def hash(self) -> bytes:
        return hashlib.sha256(self.signed() + self.signature).digest()

    def fault(self, trusted: TrustedKeys) -> str | None:
        """What is wrong with the signature, in words."""
        return trusted.fault(self.key, self.signature, self.signed())

    def json(self) -> JsonObject:
        return {**self._said(), "signature": base64.b64encode(self.signature).decode()}

    def _said(self) -> JsonObject:
        return {
            "tenant_id": str(self.tenant_id), "number": self.number, "at": self.at.astimezone(UTC).isoformat(),
            "size": self.size, "root": self.root.hex(), "previous": self.previous.hex(), "horizon": self.horizon,
            "key": self.key,
        }  # fmt: skip

    @classmethod
    def read(cls, value: JsonObject) -> Seal:
        """Raises KeyError, TypeError or ValueError where it is not one."""
        previous = b"" if value["previous"] == "" else read_hash(value["previous"])
        return cls(
            UUID(value["tenant_id"]), read_count(value["number"]), datetime.fromisoformat(value["at"]),
            read_count(value["size"]),
            read_hash(value["root"]), previous, read_count(value["horizon"]), str(value["key"]),
            base64.b64decode(value["signature"], validate=True),
        )  # fmt: skip


def outside_copy(seal: Seal, leaves: Sequence[Leaf]) -> bytes:
    """The object that is kept outside the database for one seal."""
    return canonical({"seal": seal.json(), "leaves": [leaf.json() for leaf in leaves]}).encode() + b"\n"


def read_outside_copy(copy: bytes) -> tuple[Seal, list[Leaf]]:
    """Raises KeyError, TypeError or ValueError where it is not one."""
    value = json.loads(copy)
    return Seal.read(value["seal"]), [Leaf.read(leaf) for leaf in value["leaves"]]


def sign(seal: Seal, keys: SealKeys) -> bytes:
    return keys.sign(seal.signed())


def read_count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise ValueError("not a count")
    return value


def read_hash(value: Any) -> bytes:
    raw = bytes.fromhex(value)
    if len(raw) != 32:
        raise ValueError("not a SHA-256 hash")
    return raw
