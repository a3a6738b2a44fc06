"""What a message wants (`wants`), which department a complaint belongs to (`departments`), what a reply to something
read back means (`replies`), and one to a list of times (`picks`), by likeness to phrases: for each a small logistic
regression over hashed pieces of words and, where this machine has the embedder, the message's vector.

Phrases stand in `<head>/<language>.yaml`, a label with a phrase a line; a hospital adds its own lines, and a language
is a file. `python -m evals.training.meaning` trains; the weights stand in `<head>.npz`."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import yaml
from numpy.typing import NDArray

from agents.screen.grams import grams
from agents.understanding.resolve.spelling import plain

FOLDER = Path(__file__).parent
HeadName = Literal["wants", "departments", "replies", "picks"]
HEADS: tuple[HeadName, ...] = ("wants", "departments", "replies", "picks")
BITS = 15
_MASK = (1 << BITS) - 1
Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Line:
    """A phrase that is learnt, and what it is."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Likely:
    """A label and its probability, as far as the phrases go."""

    label: str
    share: float


@dataclass(frozen=True, slots=True)
class Head:
    labels: tuple[str, ...]
    centre: Vector
    vector: Vector  # (dimensions, labels)
    pieces: dict[str, Vector]  # of `alone` and `embedded`: (pieces, labels)
    bias: dict[str, Vector]
    words: frozenset[str]  # of the phrases

    def of(self, text: str, vector: Vector | None) -> list[Likely]:
        """All labels, the likeliest first."""
        found = np.unique(grams(text) & _MASK)
        name = "alone" if vector is None else "embedded"
        odds = self.bias[name] + self.pieces[name][found].sum(axis=0) / max(len(found), 1) ** 0.5
        if vector is not None:
            odds = odds + (vector - self.centre) @ self.vector
        shares = np.exp(odds - odds.max())
        shares /= shares.sum()
        return [Likely(self.labels[at], float(shares[at])) for at in np.argsort(shares)[::-1]]


@cache
def read_head(name: HeadName) -> Head:
    """Raises OSError, and KeyError for a file of another shape."""
    with np.load(FOLDER / f"{name}.npz") as kept:
        kinds = ("alone", "embedded")
        return Head(
            tuple(kept["labels"].tolist()), kept["centre"], kept["vector"],
            {kind: (kept[f"{kind}_pieces"] * kept[f"{kind}_step"]).astype(np.float32) for kind in kinds},
            {kind: kept[f"{kind}_bias"] for kind in kinds},
            frozenset(kept["words"].tolist()),
        )  # fmt: skip


def read_lines(name: str, folder: Path = FOLDER) -> list[Line]:
    """The phrases of a head, of all languages."""
    found = []
    for path in sorted((folder / name).glob("*.yaml")):
        for label, block in yaml.safe_load(path.read_text("utf-8")).items():
            found += [Line(line.strip(), label) for line in block.splitlines() if line.strip()]
    return found


@cache
def words_seen() -> frozenset[str]:
    """Of all phrases: a message that shares none of them ("asdf qwer") is like nothing."""
    return frozenset[str]().union(*(read_head(head).words for head in HEADS))


def words_of(lines: list[Line]) -> list[str]:
    """The words of phrases in plain spelling, in order."""
    return sorted({word for line in lines for word in re.findall(r"\w+", plain(line.text).text)})


def fingerprint(name: str) -> str:
    """Of the phrases as they stand."""
    phrases = sorted((line.label, line.text) for line in read_lines(name))
    return hashlib.sha256(repr(phrases).encode()).hexdigest()[:16]
