"""Trains how like a message is to emergencies, from the phrases of `agents/screen/phrases/`: writes
`agents/screen/likeness.npz` and prints what was held out (a fifth of the lines at a time), and the open half of
`data/red_flags`.

`python -m evals.training.red_flags [--layers 4] [--dry] [--quick]`: with `--quick` nothing is held out."""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from agents.screen.grams import BITS, grams
from agents.screen.likeness import WEIGHTS
from evals.training.phrase_files import Phrase, fingerprint, read_phrases
from rag.embedding.encoder import embedder_in
from rag.embedding.shared import LAYERS

OPEN = Path(__file__).parents[1] / "data" / "red_flags" / "open.yaml"
OF_A_LINE, SEED = 10, 1
COST = 10.0
SHARE = 0.1  # of the vector beside the pieces
SLIPS = 0.4  # share of phrases that are learnt once more with slips of the finger and words around
CODE_BITS = 13
# Share of harmless phrases of the open half that may be above the level.
SUSPECTED, SURE = 0.018, 0.005
AROUND = {
    "en": (("hi, ", "hello ", "please help ", "sir ", "doctor ", "urgent ", "pls ", "good evening, "),
           (" please", " pls help", " what to do", " thanks", "??", " sir", " !!", " asap")),
    "hi-Latn": (("ji ", "namaste ", "doctor sahab ", "sir ", "jaldi ", "suniye "),
                (" kya karu", " please", " ji", " batao", " h", " jaldi batao")),
    "ta": (("வணக்கம் ", "டாக்டர் ", "சார் "), (" என்ன செய்யணும்", " சீக்கிரம்", " சொல்லுங்க")),
    "hi": (("नमस्ते ", "डॉक्टर साहब ", "जी ", "सर "), (" क्या करूँ", " कृपया", " जी", " बताइए")),
}  # fmt: skip


def slip(text: str, chance: random.Random) -> str:
    """One or two letters left out, twice, or in the other order."""
    letters = list(text)
    for _ in range(chance.choice((1, 1, 2))):
        at = chance.randrange(len(letters))
        if not ("a" <= letters[at].lower() <= "z"):
            continue
        how = chance.random()
        if how < 0.4 or at + 1 == len(letters):
            letters[at] = "" if how < 0.4 else letters[at] * 2
        elif how < 0.7:
            letters[at : at + 2] = letters[at + 1], letters[at]
        else:
            letters[at] *= 2
        letters = list("".join(letters)) or [" "]
    return "".join(letters)


def with_slips(phrases: Sequence[Phrase]) -> list[Phrase]:
    """The phrases, and some of them once more as people in a hurry write them."""
    chance = random.Random(SEED)
    more = []
    for phrase in phrases:
        if chance.random() > SLIPS or len(phrase.text) < 9:
            continue
        slips = phrase.language not in ("hi", "ta") and chance.random() < 0.5
        text = slip(phrase.text, chance) if slips else phrase.text
        before, after = AROUND[phrase.language]
        text = (chance.choice(before) if chance.random() < 0.5 else "") + text
        text += chance.choice(after) if chance.random() < 0.5 else ""
        more.append(Phrase(text, phrase.language, phrase.emergency, phrase.kind, phrase.line))
    return [*phrases, *more]


def pieces(texts: Sequence[str], *, bits: int = BITS) -> csr_matrix:
    found = [np.unique(grams(text) & ((1 << bits) - 1)) for text in texts]
    size = [0.0 if not len(one) else 1 / len(one) ** 0.5 for one in found]
    values = np.repeat(size if bits == BITS else [1.0] * len(found), [len(one) for one in found])
    starts = np.cumsum([0, *(len(one) for one in found)])
    return csr_matrix((values, np.concatenate(found), starts), shape=(len(texts), 1 << bits))


def vectors(texts: Sequence[str], *, layers: int):
    embedder = embedder_in(Path.home() / ".cache" / "wardline", layers=layers)
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    made = np.empty((len(texts), 384), dtype=np.float32)
    for start in range(0, len(order), 64):
        batch = order[start : start + 64]
        made[batch] = embedder.embed([texts[at] for at in batch])
    return made


def weights_of_rows(phrases: Sequence[Phrase]):
    """A line counts by the root of what it says, whatever the number of its phrases."""
    lines, counts = np.unique([phrase.line for phrase in phrases], return_counts=True)
    of_line = dict(zip(lines, counts, strict=True))
    rows = np.array([of_line[phrase.line] ** -0.5 for phrase in phrases])
    return rows / rows.mean()


def fit(matrix, emergency, rows) -> LogisticRegression:
    return _model().fit(matrix, emergency, sample_weight=rows)


def _model() -> LogisticRegression:
    """Taken to its end, so that a training comes out the same wherever it is run."""
    return LogisticRegression(C=COST, max_iter=4000, tol=1e-5, class_weight="balanced")


def level(odds, emergency, share: float) -> float:
    """The log odds that this share of the harmless is above."""
    return float(np.quantile(odds[~emergency], 1 - share))


def told(name: str, odds, emergency) -> None:
    shares = {share: (odds[emergency] > level(odds, emergency, share)).mean() for share in (0.01, 0.02, 0.03, 0.05)}
    print(f"{name:28} recall at false alarms " + ", ".join(f"{at:.2f}: {got:.3f}" for at, got in shares.items()))


def main() -> int:
    layers = int(sys.argv[sys.argv.index("--layers") + 1]) if "--layers" in sys.argv else LAYERS
    phrases = with_slips(read_phrases(of_a_line=OF_A_LINE, seed=SEED))
    texts, emergency = [phrase.text for phrase in phrases], np.array([phrase.emergency for phrase in phrases])
    rows = weights_of_rows(phrases)
    held = yaml.safe_load(OPEN.read_text("utf-8"))
    said, right = [row["say"] for row in held], np.array([row["expect"] == "emergency" for row in held])
    print(f"{len(texts)} phrases, {emergency.sum()} of them emergencies; {layers} layers")
    by_pieces, vector = pieces(texts), vectors(texts, layers=layers)
    centre = vector.mean(axis=0)
    scale = SHARE / vector.std()
    matrices = {"alone": by_pieces, "embedded": csr_matrix(hstack([by_pieces, (vector - centre) * scale]))}
    of_open = {"alone": pieces(said)}
    of_open["embedded"] = csr_matrix(hstack([of_open["alone"], (vectors(said, layers=layers) - centre) * scale]))
    kept = {"centre": centre.astype(np.float16), "phrases": np.array(fingerprint())}
    for name, matrix in matrices.items():
        model = fit(matrix, emergency, rows)
        if not {"--dry", "--quick"} & set(sys.argv):
            told(f"{name}, held-out lines", _held_out(matrix, emergency, phrases, rows), emergency)
        odds = model.decision_function(of_open[name])
        told(f"{name}, open half", odds, right)
        weights, bias = model.coef_[0], float(model.intercept_[0])
        step = np.abs(weights[: 1 << BITS]).max() / 127
        kept[f"{name}_pieces"] = np.round(weights[: 1 << BITS] / step).astype(np.int8)
        kept[f"{name}_scale"] = np.float32(step)
        kept[f"{name}_levels"] = np.array([bias, level(odds, right, SUSPECTED), level(odds, right, SURE)])
        if name == "embedded":
            kept["embedded_vector"] = (weights[1 << BITS :] * scale).astype(np.float32)
    kept |= _codes([phrase for phrase in phrases if phrase.emergency])
    if "--dry" not in sys.argv:
        np.savez_compressed(WEIGHTS, **kept)
        print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size / 1e6:.2f} MB")
    return 0


def _held_out(matrix, emergency, phrases: Sequence[Phrase], rows):
    model = _model()
    lines = [phrase.line for phrase in phrases]
    return cross_val_predict(
        model, matrix, emergency, groups=lines, cv=GroupKFold(5), method="decision_function",
        params={"sample_weight": rows},
    )  # fmt: skip


def _codes(phrases: Sequence[Phrase]):
    """Which kind of emergency, by pieces alone."""
    matrix = pieces([phrase.text for phrase in phrases], bits=CODE_BITS)
    model = LogisticRegression(C=0.3, max_iter=300).fit(matrix, [phrase.kind for phrase in phrases])
    step = np.abs(model.coef_).max() / 127
    return {
        "codes": model.classes_.astype(str),
        "code_pieces": np.round(model.coef_.T / step).astype(np.int8),
        "code_bias": (model.intercept_ / step).astype(np.float32),
    }


if __name__ == "__main__":
    raise SystemExit(main())
