"""Whispers in CTranslate2's format, made here in a moment, for faster-whisper's real code to load: nothing is
downloaded.

`make_random` has weights of any size that mean nothing; its text is noise, its arithmetic is that of a real one.
`make_scripted` says the same words about any sound: at each place of the decoder one token is certain, and the
attention on the sound is at the times that were asked for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import WhisperSpec
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from voice.recognition.hot_words import choose_hot_words

LANGUAGES = ("en", "hi", "de", "fr", "es")
_FRAMES, _PLACES, _MELS = 1500, 448, 80


@dataclass(frozen=True, slots=True)
class Size:
    layers: int = 1
    heads: int = 2
    width: int = 128
    words: int = 0  # tokens beside the bytes, so that the vocabulary has a real one's size


BASE = Size(layers=6, heads=8, width=512, words=50_000)


def make_random(
    folder: Path, *, size: Size | None = None, multilingual: bool = False, stop_after: int = 30, seed: int = 7
) -> Path:
    """A Whisper that says nothing of sense, about `stop_after` tokens of it."""
    size, random = size or Size(), np.random.default_rng(seed)
    tokens = _vocabulary([f"w{number}" for number in range(size.words)], multilingual=multilingual)
    spec = _spec(size)
    _fill(spec, size, len(tokens), lambda *shape: random.standard_normal(shape, np.float32) * np.float32(0.05))
    end = random.standard_normal(size.width, np.float32)
    end = (end - end.mean()) / np.linalg.norm(end)
    spec.decoder.position_encodings.encodings[stop_after:] += 100 * end
    spec.decoder.projection.weight[tokens.index("<|endoftext|>")] = 0.075 * size.width**0.5 * end
    return _save(spec, folder, tokens, size, int8=True)


def make_scripted(
    folder: Path,
    text: str,
    *,
    language: str | None = None,
    word_s: float = 0.36,
    first_word_s: float = 0.2,
    sure: float = 16.0,
    no_speech: float = 0.0,
    hinted_tokens: int = 0,
    with_timestamps: bool = False,
    other_languages: Sequence[str] = (),
) -> Path:
    """A Whisper that says `text` of anything, a word each `word_s` seconds of its 30. `language` makes it one of
    several languages that hears that one; without, it knows English alone. `sure`: how far its token is ahead (a
    logit). `no_speech`: the logit of "no speech". `hinted_tokens`: how many tokens the hot words will have, with their
    start. `other_languages` are heard nearly as well."""
    size, random = Size(), np.random.default_rng(3)
    said = text.split()
    tokens = _vocabulary(said, multilingual=language is not None)
    spec = _spec(size)
    _fill(spec, size, len(tokens), lambda *shape: np.zeros(shape, np.float32))
    places = random.standard_normal((_PLACES, size.width)).astype(np.float32)
    places = (places - places.mean(1, keepdims=True)) / places.std(1, keepdims=True)
    spec.decoder.position_encodings.encodings = places
    projection = spec.decoder.projection.weight
    first = (1 if language is None else 3) - (1 if with_timestamps else 0)
    wanted = [tokens.index(_piece(" " + word)) for word in said] + [tokens.index("<|endoftext|>")]
    if with_timestamps:
        start = tokens.index("<|0.00|>")
        end = start + round((first_word_s + word_s * len(said)) / 0.02)
        wanted = [start, *wanted[:-1], end, wanted[-1]]
    for shift in {0, hinted_tokens}:
        for place, token in enumerate(wanted, start=first + shift):
            projection[token] += places[place] * (sure / size.width)
    for shift in {0, hinted_tokens}:
        projection[tokens.index("<|nospeech|>")] += places[shift] * (no_speech / size.width)
        if language is not None:
            for code in (language, *other_languages):
                logit = 14.0 if code == language else 13.9
                projection[tokens.index(f"<|{code}|>")] += places[shift] * (logit / size.width)
    times = [first_word_s + word_s * number for number in range(len(said) + 1)]
    _attend(spec, places[first + with_timestamps : first + with_timestamps + len(times)], times, size)
    return _save(spec, folder, tokens, size, int8=False)


def hinted_tokens(hot_words: Sequence[str]) -> int:
    """The tokens that hot words have with a Whisper made here, with their start: a byte each, as many as fit."""
    chosen = choose_hot_words(hot_words, count=lambda text: len(text.encode()), most_tokens=_PLACES // 2 - 2)
    return 1 + len(f" {', '.join(chosen)}".encode()) if chosen else 0


def _attend(spec: Any, places: Any, times: Sequence[float], size: Size) -> None:
    """Make each place of the decoder look at its time in the sound, by the first head."""
    head = size.width // size.heads
    # positions of the sound are waves; those of a time are most like those of its own frame
    frequency = np.exp(-np.linspace(0, np.log(600), size.width // 2))
    angle = np.arange(_FRAMES)[:, None] * frequency
    waves = np.concatenate([np.sin(angle), np.cos(angle)], axis=1).astype(np.float32)
    spec.encoder.position_encodings.encodings = waves
    seen = (waves - waves.mean(1, keepdims=True)) / waves.std(1, keepdims=True)
    chosen = np.linspace(0, size.width // 2 - 1, head // 2).astype(int)
    rows = np.concatenate([chosen, chosen + size.width // 2])
    keys = np.zeros((2 * size.width, size.width), np.float32)
    keys[np.arange(head), rows] = 1.0
    frames = np.minimum(np.round(np.array(times) * 50).astype(int), _FRAMES - 1)
    query = (np.linalg.pinv(places) @ (seen[frames][:, rows] * 6.0)).T
    attention = spec.decoder.layer[0].attention
    attention.linear[0].weight[:head] = query
    attention.linear[1].weight[:] = keys


def _vocabulary(words: Sequence[str], *, multilingual: bool) -> list[str]:
    letters = list(_BYTES.values())
    spoken = list(dict.fromkeys(_piece(" " + word) for word in words))
    stamps = [f"<|{number * 0.02:.2f}|>" for number in range(1501)]
    empty = [""] if multilingual else []  # CTranslate2 knows a Whisper of several languages by its empty token
    special = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in LANGUAGES), "<|translate|>"]
    special += ["<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    return [*letters, *[word for word in spoken if word not in letters], *empty, *special, *stamps]


def _spec(size: Size) -> Any:
    return WhisperSpec(size.layers, size.heads, size.layers, size.heads)


def _fill(spec: Any, size: Size, vocabulary: int, make: Any) -> None:
    d, one, zero = size.width, np.ones(size.width, np.float32), np.zeros(size.width, np.float32)

    def linear(layer: Any, *shape: int) -> None:
        layer.weight, layer.bias = make(*shape), np.zeros(shape[0], np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = one.copy(), zero.copy()

    def block(layer: Any, *, crossed: bool) -> None:
        norm(layer.self_attention.layer_norm)
        linear(layer.self_attention.linear[0], 3 * d, d)
        linear(layer.self_attention.linear[1], d, d)
        if crossed:
            norm(layer.attention.layer_norm)
            linear(layer.attention.linear[0], d, d)
            linear(layer.attention.linear[1], 2 * d, d)
            linear(layer.attention.linear[2], d, d)
        norm(layer.ffn.layer_norm)
        linear(layer.ffn.linear_0, 4 * d, d)
        linear(layer.ffn.linear_1, d, 4 * d)

    linear(spec.encoder.conv1, d, _MELS, 3)
    linear(spec.encoder.conv2, d, d, 3)
    spec.encoder.position_encodings.encodings = make(_FRAMES, d)
    norm(spec.encoder.layer_norm)
    for layer in spec.encoder.layer:
        block(layer, crossed=False)
    spec.decoder.embeddings.weight = make(vocabulary, d)
    spec.decoder.position_encodings.encodings = make(_PLACES, d)
    spec.decoder.projection.weight = make(vocabulary, d)
    norm(spec.decoder.layer_norm)
    for layer in spec.decoder.layer:
        block(layer, crossed=True)


def _save(spec: Any, folder: Path, tokens: list[str], size: Size, *, int8: bool) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [tokens.index("<|endoftext|>")]
    spec.config.lang_ids = [tokens.index(f"<|{code}|>") for code in LANGUAGES]
    spec.config.alignment_heads = [(size.layers - 1, 0)]
    spec.validate()
    spec.optimize(quantization="int8" if int8 else None)
    spec.save(str(folder))
    _save_tokenizer(folder, tokens)
    return folder


def _save_tokenizer(folder: Path, tokens: list[str]) -> None:
    end = tokens.index("<|endoftext|>")
    plain = {token or "<|empty|>": number for number, token in enumerate(tokens[:end])}
    tokenizer = Tokenizer(models.BPE(vocab=plain, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in tokens[end:]])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": _MELS}))


def _byte_letters() -> dict[int, str]:
    """GPT-2's letters for the 256 bytes."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    rest = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + number) for number, byte in enumerate(rest)}


_BYTES = _byte_letters()


def _piece(text: str) -> str:
    return "".join(_BYTES[byte] for byte in text.encode())
