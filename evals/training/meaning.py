"""Trains what messages want, which department a complaint belongs to and what replies mean, from the phrases of
`agents/understanding/meaning/<head>/`: writes `<head>.npz` there and prints what was held out (a fifth at a time).

`python -m evals.training.meaning [HEAD ...] [--dry]`"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from agents.screen.grams import grams
from agents.understanding.meaning.heads import BITS, FOLDER, HEADS, Line, fingerprint, read_lines, words_of
from rag.embedding.encoder import embedder_in
from rag.embedding.shared import LAYERS, _users_cache

COST, SEED = {"wants": 20.0, "departments": 30.0, "replies": 20.0, "picks": 20.0}, 1
SHARE = {"wants": 0.05, "departments": 0.03, "replies": 0.1, "picks": 0.1}  # of the vector beside the pieces
COMPLAINTS = 2  # of how many phrases about departments one is learnt as the want "complaint"


def pieces(texts: Sequence[str]) -> csr_matrix:
    found = [np.unique(grams(text) & ((1 << BITS) - 1)) for text in texts]
    values = np.repeat([len(one) ** -0.5 for one in found], [len(one) for one in found])
    return csr_matrix((values, np.concatenate(found), np.cumsum([0, *map(len, found)])), shape=(len(texts), 1 << BITS))


def vectors(texts: Sequence[str]) -> np.ndarray:
    cache = _users_cache()
    assert cache is not None
    embedder = embedder_in(cache, layers=LAYERS)
    return np.vstack([embedder.embed(texts[start : start + 64]) for start in range(0, len(texts), 64)])


def train(head: str, lines: Sequence[Line]) -> dict[str, np.ndarray]:
    texts, labels = [line.text for line in lines], np.array([line.label for line in lines])
    vector = vectors(texts)
    centre = vector.mean(axis=0)
    scale = SHARE[head] / vector.std()
    alone = pieces(texts)
    both = csr_matrix(hstack([alone, (vector - centre) * scale]))
    kept = {"labels": np.unique(labels).astype(str), "centre": centre.astype(np.float32)}
    kept["words"] = np.array(words_of(list(lines)))
    for name, matrix in (("alone", alone), ("embedded", both)):
        model = LogisticRegression(C=COST[head], max_iter=1000, class_weight="balanced")
        told = cross_val_predict(model, matrix, labels, cv=StratifiedKFold(5, shuffle=True, random_state=SEED))
        print(f"{head}, {name}: {len(texts)} phrases; held out right {(told == labels).mean():.3f}")
        model.fit(matrix, labels)
        weights = model.coef_.T
        step = np.abs(weights[: 1 << BITS]).max() / 127
        kept |= {
            f"{name}_pieces": np.round(weights[: 1 << BITS] / step).astype(np.int8), f"{name}_step": np.float32(step),
            f"{name}_bias": model.intercept_.astype(np.float32),
        }  # fmt: skip
        if name == "embedded":
            kept["vector"] = (weights[1 << BITS :] * scale).astype(np.float32)
    return kept


def lines_of(head: str) -> list[Line]:
    lines = read_lines(head)
    if head == "wants":
        chance = random.Random(SEED)
        lines += [Line(line.text, "symptom") for line in read_lines("departments") if chance.randrange(COMPLAINTS) == 0]
    return lines


def main() -> int:
    for head in [one for one in HEADS if one in sys.argv] or HEADS:
        kept = train(head, lines_of(head))
        if "--dry" not in sys.argv:
            path = Path(FOLDER) / f"{head}.npz"
            np.savez_compressed(path, phrases=np.array(fingerprint(head)), **kept)
            print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
