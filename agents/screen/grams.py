"""A message as pieces of its words, hashed: what likeness reads beside the embedder, and alone where there is none.

Words are taken from plain spelling (Devanagari in Latin letters), and ways of writing the same sound in romanised Hindi
become one (`saans`, `sans`; `chhaati`, `chati`)."""

from __future__ import annotations

import re
import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agents.understanding.resolve.spelling import plain

BITS = 15
_MASK = (1 << BITS) - 1
_WORD = re.compile(r"[a-z]+|\d+")
_TWICE = re.compile(r"(.)\1+")
_SOUNDS = (
    ("aa", "a"), ("ee", "i"), ("oo", "u"), ("ii", "i"), ("uu", "u"), ("w", "v"), ("ph", "f"), ("z", "j"), ("q", "k"),
    ("chh", "ch"), ("sh", "s"), ("ai", "e"), ("au", "o"), ("y", "i"),
)  # fmt: skip
_LENGTHS = (3, 4, 5)
_LONG = 12


@lru_cache(maxsize=64)  # a message is read by several heads
def grams(text: str) -> NDArray[np.int64]:
    """Places of the message's pieces among 2 ** BITS, each once, in order: words, pairs (also over a gap of one),
    threes, and runs of three to five letters."""
    words = [f"#{len(word)}" if word.isdigit() else _sound(word) for word in _WORD.findall(plain(text).text)]
    pieces = {f"len{min(len(words), _LONG)}"}
    for at, word in enumerate(words):
        pieces.add("w" + word)
        if at:
            pieces.add(f"b{words[at - 1]} {word}")
        if at > 1:
            pieces.add(f"s{words[at - 2]} {word}")
            pieces.add(f"t{words[at - 2]} {words[at - 1]} {word}")
        within = f" {word} "
        pieces.update(
            within[start : start + length] for length in _LENGTHS for start in range(len(within) - length + 1)
        )
    return np.array(sorted({zlib.crc32(piece.encode()) & _MASK for piece in pieces}), dtype=np.int64)


def _sound(word: str) -> str:
    for written, sound in _SOUNDS:
        word = word.replace(written, sound)
    return _TWICE.sub(r"\1", word)
