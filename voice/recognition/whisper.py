"""Whisper by faster-whisper, on the processor in 8 bits or on a GPU in 16.

Pieces are put together to sound of 30 s, since Whisper's encoder always takes 30, and several such chunks go through at
once. Memory does not depend on the length of a recording. Nothing is downloaded unless that was asked for.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from voice.audio import RATE_HZ, Floats, Piece
from voice.recognition.engine import EngineUnavailable, Expect, Slot, Word
from voice.recognition.guards import COMPRESSED, Guarded, Guess, compression
from voice.recognition.hot_words import choose_hot_words
from voice.recognition.phrases import segments_of

CHUNK_S = 30.0
_PREPEND, _APPEND = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、।"
_SURE = 0.5  # probability of a language


@dataclass(frozen=True, slots=True)
class Settings:
    """How a slot decodes; `chunks` go through at once."""

    beam: int
    chunks: int
    chunks_on_gpu: int


SETTINGS: dict[Slot, Settings] = {"live": Settings(1, 1, 8), "batch": Settings(5, 4, 16)}


@dataclass(slots=True)
class _Chunk:
    """Sound of pieces one after the other: (number of the piece, where the part begins in the chunk, and in the piece,
    in seconds)."""

    parts: list[tuple[int, float, float]] = field(default_factory=list)
    samples: list[Floats] = field(default_factory=list)
    length_s: float = 0.0


@dataclass(slots=True)
class _Decoded:
    """What Whisper made of a chunk."""

    tokens: list[int]
    logprob: float
    no_speech: float
    text: str
    words: list[Word] = field(default_factory=list)


class Whisper(Guarded):
    """Whisper of a model's folder or name. The weights are loaded by the first piece."""

    name = "faster-whisper"
    stand_in = False

    def __init__(
        self, model: str, *, slot: Slot, device: str = "auto", compute_type: str | None = None, download: bool = False
    ) -> None:
        self.model = model
        self.device = device_of(device)
        self.compute_type = compute_type or ("float16" if self.device == "cuda" else "int8")
        self._settings, self._download = SETTINGS[slot], download
        self._lock = threading.Lock()
        self._loaded: Any = None

    def load(self) -> None:
        """Load the weights now. Raises EngineUnavailable."""
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self.model, self.device, self.compute_type, download=self._download)

    def _understands(self, language: str | None) -> bool:
        self.load()
        return bool(self._loaded.model.is_multilingual) or _code(language) in (None, "en")

    def _recognise_pieces(
        self, pieces: Sequence[Piece], *, language: str | None, hot_words: Sequence[str], expect: Expect | None
    ) -> list[list[Guess]]:
        self.load()
        found: list[list[Guess]] = [[] for _ in pieces]
        chunks = list(_chunks(pieces))
        size = self._settings.chunks_on_gpu if self.device == "cuda" else self._settings.chunks
        languages = _Languages(_code(language))
        for first in range(0, len(chunks), size):
            several = chunks[first : first + size]
            for chunk, decoded, spoken in self._decode(several, languages, hot_words):
                for number, guesses in _placed(chunk, decoded, pieces=pieces, spoken=spoken):
                    found[number] += guesses
        return found

    def _decode(
        self, chunks: Sequence[_Chunk], languages: _Languages, hot_words: Sequence[str]
    ) -> Iterator[tuple[_Chunk, _Decoded, tuple[str, bool]]]:
        model = self._loaded
        features = np.stack([_features(model, chunk) for chunk in chunks])
        encoded = model.encode(features)
        spoken = languages.of(model, encoded, len(chunks))
        for code in dict.fromkeys(code for code, _ in spoken):
            mine = [number for number, (found, _) in enumerate(spoken) if found == code]
            some = encoded if len(mine) == len(chunks) else model.encode(features[mine])
            tokenizer = _tokenizer(model, code)
            decoded = self._generate(some, len(mine), tokenizer=tokenizer, hot_words=hot_words)
            self._again(features[mine], tokenizer, decoded)
            _time_words(model, tokenizer, encoded=some, chunks=[chunks[number] for number in mine], decoded=decoded)
            for place, number in enumerate(mine):
                yield chunks[number], decoded[place], spoken[number]

    def _again(self, features: Any, tokenizer: Any, decoded: list[_Decoded]) -> None:
        """Chunks that repeat themselves, once more: without hints, and with repetition made dear."""
        places = [place for place, one in enumerate(decoded) if compression(one.text) > COMPRESSED]
        if not places:
            return
        encoded = self._loaded.encode(features[places])
        after = self._generate(encoded, len(places), tokenizer=tokenizer, hot_words=(), repetition_penalty=1.2)
        for place, one in zip(places, after, strict=True):
            if compression(one.text) < compression(decoded[place].text):
                decoded[place] = one

    def _generate(
        self, encoded: Any, count: int, *, tokenizer: Any, hot_words: Sequence[str], repetition_penalty: float = 1.0
    ) -> list[_Decoded]:
        from faster_whisper.transcribe import get_suppressed_tokens

        model = self._loaded
        prompt = model.get_prompt(
            tokenizer, [], without_timestamps=True, hotwords=_hint(tokenizer, hot_words, model.max_length)
        )
        results = model.model.generate(
            encoded,
            [prompt.copy() for _ in range(count)],
            beam_size=self._settings.beam,
            max_length=model.max_length,
            suppress_blank=True,
            suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
            repetition_penalty=repetition_penalty,
            return_scores=True,
            return_no_speech_prob=True,
        )
        made = []
        for result in results:
            tokens = [token for token in result.sequences_ids[0] if token < tokenizer.eot]
            length = len(result.sequences_ids[0])
            logprob = float(result.scores[0]) * length / (length + 1)
            made.append(_Decoded(tokens, logprob, float(result.no_speech_prob), tokenizer.decode(tokens)))
        return made


class _Languages:
    """The language of each chunk: the one given, or the likeliest; of an unsure chunk that of the others."""

    def __init__(self, given: str | None) -> None:
        self._given = given
        self._language_shares: dict[str, float] = {}

    def of(self, model: Any, encoded: Any, count: int) -> list[tuple[str, bool]]:
        """(language, whether it is sure) of chunks."""
        if not model.model.is_multilingual:
            return [("en", True)] * count
        if self._given is not None:
            return [(self._given, True)] * count
        likeliest = [
            [(token[2:-2], chance) for token, chance in found] for found in model.model.detect_language(encoded)
        ]
        for found in likeliest:
            for code, chance in found[:5]:
                self._language_shares[code] = self._language_shares.get(code, 0.0) + chance
        usual = max(self._language_shares, key=lambda code: self._language_shares[code])
        return [(found[0][0], True) if found[0][1] >= _SURE else (usual, False) for found in likeliest]


def device_of(device: str) -> str:
    """cpu or cuda; "auto" takes a GPU where there is one."""
    if device != "auto":
        return device
    import ctranslate2

    return "cuda" if ctranslate2.get_cuda_device_count() else "cpu"


def find_model(model: str, *, download: bool) -> str:
    """The folder of a model's files. Raises EngineUnavailable."""
    folder = Path(model).expanduser()
    if not folder.is_dir() and (folder.is_absolute() or model.startswith(".")):
        raise EngineUnavailable(f"WARDLINE_WHISPER_MODEL: there is no folder {model}.")
    if not folder.is_dir():
        folder = _known(model, download=download)
    missing = [name for name in ("model.bin", "tokenizer.json") if not (folder / name).is_file()]
    if missing:
        raise EngineUnavailable(
            f"WARDLINE_WHISPER_MODEL: {model} has no {' and no '.join(missing)}. It must be a Whisper in CTranslate2's "
            "format (ct2-transformers-converter --model openai/whisper-small --copy_files tokenizer.json)."
        )
    return str(folder)


def _known(model: str, *, download: bool) -> Path:
    """The folder of a model given by name, from the cache, or from the network where that is allowed."""
    from faster_whisper.utils import download_model

    try:
        return Path(download_model(model, local_files_only=not download))
    except Exception as error:  # the hub raises errors of four libraries; all mean: no model
        reason = "could not be downloaded" if download else "is not on this machine, and downloading is not allowed"
        raise EngineUnavailable(
            f"WARDLINE_WHISPER_MODEL: {model} {reason}. Set it to a folder with a Whisper in CTranslate2's format, or "
            "to a model's name with WARDLINE_WHISPER_DOWNLOAD=true."
        ) from error


def _load(model: str, device: str, compute_type: str, *, download: bool) -> Any:
    from faster_whisper import WhisperModel

    folder = find_model(model, download=download)
    threads = min(8, len(os.sched_getaffinity(0))) if device == "cpu" else 0
    try:
        return WhisperModel(
            folder, device=device, compute_type=compute_type, cpu_threads=threads, local_files_only=True
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise EngineUnavailable(f"WARDLINE_WHISPER_MODEL: {model} cannot be used on {device}: {error}") from error


def _code(language: str | None) -> str | None:
    """Whisper's code of a language ("en-IN": "en"); None where it has none, so that it is found out."""
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    code = (language or "").split("-")[0].lower()
    return code if code in _LANGUAGE_CODES else None


def _tokenizer(model: Any, code: str) -> Any:
    from faster_whisper.tokenizer import Tokenizer

    multilingual = bool(model.model.is_multilingual)
    return Tokenizer(model.hf_tokenizer, multilingual, task="transcribe", language=code if multilingual else "en")


def _hint(tokenizer: Any, hot_words: Sequence[str], context: int) -> str | None:
    chosen = choose_hot_words(hot_words, count=lambda text: len(tokenizer.encode(text)), most_tokens=context // 2 - 2)
    return ", ".join(chosen) or None


def _chunks(pieces: Sequence[Piece]) -> Iterator[_Chunk]:
    """Pieces of one channel, in their order, put together to 30 s at most."""
    longest = round(CHUNK_S * RATE_HZ)
    for channel in dict.fromkeys(piece.channel for piece in pieces):
        chunk = _Chunk()
        for number, piece in enumerate(pieces):
            if piece.channel != channel:
                continue
            for first in range(0, len(piece.samples), longest):  # pieces have 30 s; a longer one goes in parts
                samples = piece.samples[first : first + longest]
                if chunk.parts and chunk.length_s + len(samples) / RATE_HZ > CHUNK_S:
                    yield chunk
                    chunk = _Chunk()
                chunk.parts.append((number, chunk.length_s, first / RATE_HZ))
                chunk.samples.append(samples)
                chunk.length_s += len(samples) / RATE_HZ
        if chunk.parts:
            yield chunk


def _features(model: Any, chunk: _Chunk) -> Any:
    from faster_whisper.audio import pad_or_trim

    return pad_or_trim(model.feature_extractor(np.concatenate(chunk.samples))[..., :-1])


def _time_words(
    model: Any, tokenizer: Any, *, encoded: Any, chunks: Sequence[_Chunk], decoded: Sequence[_Decoded]
) -> None:
    """Give the words of chunks their times within the chunk."""
    sizes = [max(2, int(np.ceil(chunk.length_s * model.frames_per_second))) for chunk in chunks]
    lines = [
        [{"seek": 0, "start": 0.0, "end": chunk.length_s, "tokens": one.tokens}]
        for chunk, one in zip(chunks, decoded, strict=True)
    ]
    model.add_word_timestamps(lines, tokenizer, encoded, sizes, _PREPEND, _APPEND, 0.0)
    for [line], one in zip(lines, decoded, strict=True):
        one.words = [
            Word(word["word"], float(word["start"]), float(word["end"]), float(word["probability"]))
            for word in line["words"]  # type: ignore[attr-defined]
        ]


def _placed(
    chunk: _Chunk, decoded: _Decoded, *, pieces: Sequence[Piece], spoken: tuple[str, bool]
) -> Iterator[tuple[int, list[Guess]]]:
    """The words of a chunk as guesses about its pieces; a word belongs where its middle is."""
    code, sure = spoken
    starts = [start for _, start, _ in chunk.parts]
    for place, (number, start, offset) in enumerate(chunk.parts):
        piece = pieces[number]
        shift = piece.start_s + offset - start
        words = [
            Word(word.text, word.start_s + shift, word.end_s + shift, word.probability)
            for word in decoded.words
            if max(0, int(np.searchsorted(starts, (word.start_s + word.end_s) / 2, side="right")) - 1) == place
        ]
        segments = segments_of(words, piece, language=code)
        yield number, [Guess(segment, decoded.logprob, decoded.no_speech, unsure_of_language=not sure)
                       for segment in segments]  # fmt: skip
