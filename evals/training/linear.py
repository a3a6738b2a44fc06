"""Fits the linear classifiers that `scribe` ships: counts of features in, a `LinearModel` of 8-bit weights out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.svm import LinearSVC

from scribe.sections.features import hash_feature
from scribe.sections.linear import LinearModel


def fit_linear(
    rows: Sequence[Counter[str]],
    labels: Sequence[str],
    *,
    least_rows: int,
    cost: float,
    row_weights: Sequence[float] | None = None,
    evenness: float = 0.0,
    groups: Sequence[int] | None = None,
) -> LinearModel:
    """One-against-rest support vectors. A feature counts that occurs in `least_rows` rows or more; with `groups` (one a
    row), in `least_rows` groups. `evenness`: 0 takes
    the labels as often as they are, 1 as if all were equally frequent."""
    keys, idf = _choose_features(rows, least_rows, groups or range(len(rows)))
    matrix = _weigh(rows, keys, idf)
    svm = LinearSVC(C=cost, random_state=0, class_weight=_even_out(labels, evenness))
    svm.fit(matrix, labels, sample_weight=row_weights)
    coefficients, bias = svm.coef_, svm.intercept_
    if len(svm.classes_) == 2:
        coefficients, bias = np.vstack([-coefficients, coefficients]), np.concatenate([-bias, bias])
    scale = np.abs(coefficients).max(axis=1) / 127
    return LinearModel(
        labels=tuple(str(label) for label in svm.classes_),
        keys=keys,
        idf=idf.astype(np.float32),
        weights=np.round(coefficients / scale[:, None]).astype(np.int8).T.copy(),
        scale=scale.astype(np.float32),
        bias=bias.astype(np.float32),
    )


def _even_out(labels: Sequence[str], evenness: float) -> dict[str, float]:
    counts = Counter(labels)
    middle = float(np.median(list(counts.values())))
    return {label: (middle / count) ** evenness for label, count in counts.items()}


def _choose_features(rows: Sequence[Counter[str]], least_rows: int, groups: Sequence[int]):
    seen = Counter(hash_feature(name) for row in rows for name in row)
    pairs = {(hash_feature(name), group) for row, group in zip(rows, groups, strict=True) for name in row}
    spread = Counter(key for key, _ in pairs)
    kept = sorted(key for key, count in spread.items() if count >= least_rows)
    idf = [np.log((1 + len(rows)) / (1 + seen[key])) + 1 for key in kept]
    return np.array(kept, dtype=np.uint32), np.array(idf)


def _weigh(rows: Sequence[Counter[str]], keys, idf):
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize

    place = {int(key): at for at, key in enumerate(keys)}
    data, columns, starts = [], [], [0]
    for row in rows:
        for name, count in row.items():
            at = place.get(hash_feature(name))
            if at is not None:
                columns.append(at)
                data.append((1 + np.log(count)) * idf[at])
        starts.append(len(columns))
    return normalize(csr_matrix((data, columns, starts), shape=(len(rows), len(keys))))
