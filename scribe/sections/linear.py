"""A linear classifier over hashed features, read from a small file of weights; numpy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scribe.sections.features import hash_feature

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """`keys`: sorted 32-bit hashes of the known features. `idf`: one a feature. `weights`: features x labels, 8-bit
    steps of `scale` (one a label). `bias`: one a label."""

    labels: tuple[str, ...]
    keys: npt.NDArray[np.uint32]
    idf: Vector
    weights: npt.NDArray[np.int8]
    scale: Vector
    bias: Vector

    def score(self, features: Mapping[str, int]) -> Vector:
        """One figure a label, without unit: above 0 speaks for it."""
        at, values = self._look_up(features)
        return (values @ self.weights[at].astype(np.float32)) * self.scale + self.bias

    def choose(self, features: Mapping[str, int]) -> str:
        return self.labels[int(np.argmax(self.score(features)))]

    def _look_up(self, features: Mapping[str, int]) -> tuple[npt.NDArray[np.intp], Vector]:
        hashes = np.fromiter((hash_feature(name) for name in features), dtype=np.uint32, count=len(features))
        counts = np.fromiter(features.values(), dtype=np.float32, count=len(features))
        at = np.minimum(np.searchsorted(self.keys, hashes), len(self.keys) - 1)
        known = self.keys[at] == hashes
        at, counts = at[known], counts[known]
        values = (1 + np.log(counts)) * self.idf[at] if len(counts) else counts
        norm = float(np.sqrt((values * values).sum()))
        return at, (values / norm if norm else values).astype(np.float32)


def load_model(path: Path) -> LinearModel:
    """Reads what `save_model` wrote. Raises OSError or KeyError for another file."""
    with np.load(path, allow_pickle=False) as held:
        return LinearModel(
            labels=tuple(str(label) for label in held["labels"]),
            keys=held["keys"],
            idf=held["idf"].astype(np.float32),
            weights=held["weights"],
            scale=held["scale"].astype(np.float32),
            bias=held["bias"].astype(np.float32),
        )


def save_model(path: Path, model: LinearModel) -> None:
    np.savez_compressed(
        path,
        labels=np.array(model.labels),
        keys=model.keys,
        idf=model.idf.astype(np.float16),
        weights=model.weights,
        scale=model.scale,
        bias=model.bias,
    )
