"""Who is who: speaker vectors in groups, one a speaker, with an estimated number of speakers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice.speakers.vectors import HOP_S, Array, Voices

# Chosen on two- and three-party conversations put together from recordings of eleven speakers
# (evals/voice_speakers.py).
APART = 0.40  # cosine distance at which groups of vectors are two speakers
LEAST_S = 6.0  # of speech that make a speaker where their number is not known
LEAST_GIVEN_S = 2.0  # and where it is known
ALIKE = 0.84  # cosine of two groups' centres from which they are one speaker
_FURTHER = 12
_MOST = 1500  # vectors that are grouped; the rest join the nearest group
# Verification on single-speaker stretches: equal error rate near .73 (VOICE.md); a match must also stand out.
SAME = 0.73
STANDS_OUT = 0.05

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grouped:
    """`labels` [n] of the vectors, 0 for who speaks first; `centres` [speakers, 256]; `closeness` [n, speakers]."""

    labels: Labels
    centres: Array
    closeness: Array

    def confidence(self, index: Any) -> float:
        """How clearly vectors belong to the speaker they were given to: 0.5 is a guess between two, 1 is sure."""
        if len(self.centres) < 2:
            return 1.0
        ordered = np.sort(self.closeness[index].reshape(-1, len(self.centres)), axis=1)
        return float(np.clip(0.5 + 2.0 * np.mean(ordered[:, -1] - ordered[:, -2]), 0.0, 1.0))


def group(voices: Voices, *, speakers: int | None = None) -> Grouped:
    """Group vectors by speaker; `speakers` where their number is known."""
    count = len(voices)
    if count == 0:
        return Grouped(np.zeros(0, np.int64), voices.vectors, np.zeros((0, 0), np.float32))
    step = -(-count // _MOST)
    least = (LEAST_S if speakers is None else LEAST_GIVEN_S) / HOP_S / step
    labels = _grouped(voices.vectors[::step], speakers, least=least)
    return assign(voices, _centres(voices.vectors[::step], labels))


def assign(voices: Voices, centres: Array) -> Grouped:
    """Give each vector to the nearest centre; speakers are numbered in the order in which they first speak."""
    closeness = voices.vectors @ centres.T
    nearest = np.argmax(closeness, axis=1)
    _, first = np.unique(nearest, return_index=True)
    order = nearest[np.sort(first)]
    return Grouped(np.argmax(nearest[:, None] == order, axis=1), centres[order], closeness[:, order])


def enrolled_as(grouped: Grouped, enrolled: Mapping[str, Array]) -> dict[int, tuple[str, float]]:
    """Which speakers are people whose voices are known: label -> (name, cosine). Nobody is two speakers, and a match
    that another speaker nearly has too is none."""
    found: dict[int, tuple[str, float]] = {}
    for name, vector in enrolled.items():
        if not len(grouped.centres):
            break
        cosines = grouped.centres @ (vector / np.linalg.norm(vector))
        best = int(np.argmax(cosines))
        others = np.delete(cosines, best)
        if cosines[best] < SAME or (others.size and cosines[best] - others.max() < STANDS_OUT):
            continue
        if best not in found or found[best][1] < cosines[best]:
            found[best] = (name, float(cosines[best]))
    return found


def _grouped(vectors: Array, speakers: int | None, *, least: float) -> Labels:
    """Groups of at least `least` vectors: as many as are apart, or as `speakers` says."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), np.int64)
    from scipy.cluster.hierarchy import fcluster, linkage  # late: the start need not wait for it

    tree = linkage(vectors, "average", metric="cosine")
    if speakers is None:
        return _joined(vectors, fcluster(tree, APART, "distance"), least=least, most=len(vectors))
    labels = np.ones(len(vectors), np.int64)
    for cut in range(speakers, speakers + _FURTHER):  # the first cuts may part a few odd vectors from the rest
        labels = fcluster(tree, cut, "maxclust")
        if np.sum(np.unique(labels, return_counts=True)[1] >= least) >= speakers:
            return _joined(vectors, labels, least=least, most=speakers)
    return _joined(vectors, fcluster(tree, speakers, "maxclust"), least=0, most=speakers)


def _joined(vectors: Array, labels: Labels, *, least: float, most: int) -> Labels:
    """Groups too small to be a speaker join the nearest one; groups that are alike, or too many, become one."""
    labels = labels.copy()
    while True:
        names, counts = np.unique(labels, return_counts=True)
        if len(names) == 1:
            return labels
        centres = _centres(vectors, labels)
        closeness = centres @ centres.T
        np.fill_diagonal(closeness, -1.0)
        smallest = int(np.argmin(counts))
        if counts[smallest] < least:
            one, other = smallest, int(np.argmax(closeness[smallest]))
        else:
            one, other = divmod(int(np.argmax(closeness)), len(names))
            if len(names) <= most and (closeness[one, other] < ALIKE or most < len(vectors)):
                return labels
        labels[labels == names[one]] = names[other]


def _centres(vectors: Array, labels: Labels) -> Array:
    means = np.stack([vectors[labels == name].mean(axis=0) for name in np.unique(labels)])
    centres: Array = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    return centres
