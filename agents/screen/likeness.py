"""How like a message is to emergencies, as phrases of `phrases/` show them: one logistic regression over hashed pieces
of words and, where this machine has the embedder, its vector. `evals/training/red_flags.py` trains it; the weights
stand in `likeness.npz`. Why so: docs/adr/0020-likeness.md."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.screen.grams import BITS, grams

WEIGHTS = Path(__file__).with_name("likeness.npz")
_CODE_MASK = (1 << 13) - 1
Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Likeness:
    """`margin`: log odds of an emergency as far as the phrases go, less what makes it suspected; `sure`: it is above
    what makes it one without asking. `code`: the kind of emergency that it is most like."""

    margin: float
    sure: bool
    code: str


@dataclass(frozen=True, slots=True)
class _Head:
    """Weights of pieces and of the vector. `suspected`, `sure`: log odds from which a message is."""

    pieces: Vector
    vector: Vector | None
    bias: float
    suspected: float
    sure: float


@dataclass(frozen=True, slots=True)
class Weights:
    """`phrases`: the fingerprint of the phrases that these were trained on."""

    alone: _Head
    embedded: _Head
    centre: Vector
    codes: tuple[str, ...]
    code_pieces: NDArray[np.int8]  # (pieces, codes)
    code_bias: Vector
    phrases: str


def likeness(text: str, vector: Vector | None) -> Likeness:
    """`vector`: of the embedder that the weights were trained with; None: by pieces of words alone."""
    weights = read_weights()
    found = grams(text)
    head = weights.alone if vector is None else weights.embedded
    odds = head.bias + float(head.pieces[found].sum()) / max(len(found), 1) ** 0.5
    if vector is not None and head.vector is not None:
        odds += float((vector - weights.centre) @ head.vector)
    if odds < head.suspected:
        return Likeness(odds - head.suspected, sure=False, code="")
    told = weights.code_pieces[np.unique(found & _CODE_MASK)].astype(np.float32).sum(axis=0) + weights.code_bias
    return Likeness(odds - head.suspected, sure=odds >= head.sure, code=weights.codes[int(told.argmax())])


@cache
def read_weights(path: Path = WEIGHTS) -> Weights:
    """Raises OSError, and KeyError for a file of another shape."""
    with np.load(path) as kept:
        assert kept["alone_pieces"].size == 1 << BITS
        alone, embedded = (
            _Head(
                (kept[f"{name}_pieces"] * kept[f"{name}_scale"]).astype(np.float32),
                kept["embedded_vector"].astype(np.float32) if name == "embedded" else None,
                *(float(value) for value in kept[f"{name}_levels"]),
            )
            for name in ("alone", "embedded")
        )
        return Weights(
            alone, embedded, kept["centre"].astype(np.float32), tuple(kept["codes"].tolist()), kept["code_pieces"],
            kept["code_bias"].astype(np.float32), str(kept["phrases"]),
        )  # fmt: skip
