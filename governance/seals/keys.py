"""Keys that sign seals and exports: Ed25519, in a file outside the database, one a line: `name base64`.

The private file holds seeds; its last line signs. The trusted file, which a verifier is given apart from the record and
from any export, holds public keys in the same form; every line of it is believed.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """Public keys by name."""

    keys: Mapping[str, Ed25519PublicKey]

    @classmethod
    def load(cls, path: Path) -> TrustedKeys:
        """Raises ValueError that names the line."""
        return cls({name: Ed25519PublicKey.from_public_bytes(raw) for name, raw in _lines(path).items()})

    def fault(self, name: str, signature: bytes, signed: bytes) -> str | None:
        """What is wrong with a signature, in words; None where it is good."""
        if name not in self.keys:
            return f"its key {name!r} is not a trusted one"
        try:
            self.keys[name].verify(signature, signed)
        except InvalidSignature:
            return "its signature does not match"
        return None

    def lines(self) -> str:
        return "".join(_line(name, key.public_bytes_raw()) for name, key in self.keys.items())


@dataclass(frozen=True, slots=True)
class SealKeys:
    """Private keys by name, in order; the last one signs."""

    keys: dict[str, Ed25519PrivateKey]

    @classmethod
    def load(cls, path: Path) -> SealKeys:
        """Raises ValueError that names the line."""
        return cls({name: Ed25519PrivateKey.from_private_bytes(raw) for name, raw in _lines(path).items()})

    @classmethod
    def load_or_make(cls, path: Path) -> SealKeys:
        """For development: the file is made once, readable by its owner alone."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = _draft(path, _new_line("seal-1"))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass  # another process was first
            finally:
                draft.unlink()
        return cls.load(path)

    @property
    def signing(self) -> str:
        return next(reversed(self.keys))

    def sign(self, signed: bytes) -> bytes:
        return self.keys[self.signing].sign(signed)

    def trusted(self) -> TrustedKeys:
        return TrustedKeys({name: key.public_key() for name, key in self.keys.items()})


def public_lines(keys: SealKeys) -> list[str]:
    """ "name public-key" of each."""
    return keys.trusted().lines().splitlines()


def rotate(path: Path) -> str:
    """Add a key to the private file, which signs from then on; its name. Processes read the file when they start."""
    names = _lines(path)
    name = next(name for number in range(len(names) + 1, 2 * len(names) + 2) if (name := f"seal-{number}") not in names)
    text = path.read_text()
    os.replace(_draft(path, text + ("" if text.endswith("\n") else "\n") + _new_line(name)), path)
    return name


def _lines(path: Path) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
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
        keys[name] = raw
    if not keys:
        raise ValueError(f"{path.name} holds no key")
    return keys


def _new_line(name: str) -> str:
    return _line(name, Ed25519PrivateKey.generate().private_bytes_raw())


def _line(name: str, raw: bytes) -> str:
    return f"{name} {base64.b64encode(raw).decode()}\n"


def _draft(path: Path, text: str) -> Path:
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return draft
