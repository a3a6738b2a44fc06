"""A recording of any length as windows of two minutes at most, each with its stretches of speech.

A window depends on nothing but the sound from its own first sample on: reading again from where a window began gives
the same windows, so that a job that died goes on with the next one. Only one window is in memory.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from voice.activity import ROOM, STEP_S, Thresholds, probabilities, spans_of
from voice.audio import RATE_HZ, Floats, Piece, audible
from voice.decoding import Layout, decode
from voice.recognition.engine import Engine, Segment

__all__ = ["AudioWindow", "Piece", "Transcribed", "read_windows", "transcribe"]

LONGEST_PIECE_S = 30.0
# One end of a call, close to the mouth.
OWN_CHANNEL = Thresholds(start=0.5, stop=0.35, speech_s=0.1, silence_s=0.3, padding_s=0.3)
_JOINED_S, _JOINED_GAP_S = 10.0, 0.3
_STEP = round(STEP_S * RATE_HZ)
_GOOD_SILENCE_S = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class AudioWindow:
    """Samples `start_sample` to `end_sample` of a recording at 16 kHz, each channel for itself. `truncated` is known in
    the last window: the recording breaks off there."""

    start_sample: int
    end_sample: int
    channels: list[Floats]
    pieces: list[Piece]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Transcribed:
    """What was said in a window, in the order of time; `dropped` counts, by reason, what was recognised but never said.
    `language` is that of most of its words, None where there are none."""

    segments: list[Segment]
    dropped: dict[str, int]
    language: str | None
    engine_s: float


def read_windows(
    source: BinaryIO, layout: Layout, *, from_sample: int = 0, longest_s: float = 120.0
) -> Iterator[AudioWindow]:
    """The windows of a recording from a window's start on: one after the other without a gap, the last one to the end.
    They end in silence where there is one. Raises BadAudio."""
    blocks = decode(source, layout, from_sample=from_sample)
    longest, start = round(longest_s * RATE_HZ), from_sample
    held: Floats = np.zeros((layout.channels, 0), np.float32)
    try:
        while True:
            held, over = _filled(held, blocks, longest + 1)
            if over and not held.shape[1]:
                return
            activity = [probabilities(audible(channel[:longest])) for channel in held]
            length = held.shape[1] if over and held.shape[1] <= longest else _cut(held[:, :longest], activity)
            yield _window(
                held[:, :length], activity, start=start, truncated=blocks.truncated and length == held.shape[1]
            )
            held, start = held[:, length:].copy(), start + length
    finally:
        blocks.close()


def transcribe(window: AudioWindow, engine: Engine, *, language: str | None, hot_words: Sequence[str]) -> Transcribed:
    """The words of a window; nothing where nothing was said."""
    started = time.perf_counter()
    recognised = engine.recognise(window.pieces, language=language, hot_words=hot_words) if window.pieces else []
    segments = sorted((segment for piece in recognised for segment in piece), key=lambda segment: segment.start_s)
    words = Counter[str]()
    for segment in segments:
        words[segment.language] += max(1, len(segment.words))
    most = words.most_common(1)
    dropped = dict(getattr(recognised, "dropped", {}))
    return Transcribed(segments, dropped, most[0][0] if most else None, time.perf_counter() - started)


def _filled(held: Floats, blocks: Iterator[Floats], wanted: int) -> tuple[Floats, bool]:
    """What is held and as many blocks as give that many samples; whether the recording is over."""
    parts, count = [held], held.shape[1]
    while count < wanted:
        block = next(blocks, None)
        if block is None:
            return np.concatenate(parts, axis=1), True
        parts.append(block)
        count += block.shape[1]
    return np.concatenate(parts, axis=1), False


def _cut(samples: Floats, activity: list[Floats]) -> int:
    """Where to end a full window, in its second half: in the last good silence, else in the longest, else where the
    sound is least like speech."""
    probability = np.max(activity, axis=0)
    first = len(probability) // 2
    quiet = np.flatnonzero(np.diff(np.concatenate([[False], probability[first:] < ROOM.stop, [False]]).astype(np.int8)))
    silences = [(int(begin) + first, int(end) + first) for begin, end in quiet.reshape(-1, 2)]
    if silences:
        good = [silence for silence in silences if silence[1] - silence[0] >= _GOOD_SILENCE_S / STEP_S]
        begin, end = good[-1] if good else max(silences, key=lambda silence: silence[1] - silence[0])
        step = (begin + end) // 2
    else:
        step = first + int(np.argmin(np.convolve(probability[first:], np.ones(5) / 5, mode="same")[2:-2])) + 2
    return min(max(step, 1) * _STEP, int(samples.shape[1]))


def _window(samples: Floats, activity: list[Floats], *, start: int, truncated: bool) -> AudioWindow:
    apart = len(samples) > 1
    steps = -(-samples.shape[1] // _STEP)
    pieces: list[Piece] = []
    for number, channel in enumerate(samples):
        values = activity[number][:steps]
        for first, last in _stretches(values, OWN_CHANNEL if apart else ROOM):
            begin, end = round(first * RATE_HZ), min(round(last * RATE_HZ), len(channel))
            if end > begin:
                pieces.append(Piece(number if apart else None, (start + begin) / RATE_HZ, channel[begin:end].copy()))
    pieces.sort(key=lambda piece: (piece.start_s, piece.channel or 0))
    return AudioWindow(start, start + samples.shape[1], [channel.copy() for channel in samples], pieces, truncated)


def _stretches(values: Floats, thresholds: Thresholds) -> list[tuple[float, float]]:
    """Speech as stretches of 30 s at most: short ones that follow each other closely joined, long ones cut where they
    are least like speech."""
    found: list[tuple[float, float]] = []
    for span in spans_of(values, thresholds):
        start_s, end_s = span.start_s, span.end_s
        if found and start_s - found[-1][1] <= _JOINED_GAP_S and end_s - found[-1][0] <= _JOINED_S:
            start_s = found.pop()[0]
        while end_s - start_s > LONGEST_PIECE_S:
            first, last = round((start_s + LONGEST_PIECE_S / 2) / STEP_S), int((start_s + LONGEST_PIECE_S) / STEP_S)
            middle_s = (first + int(np.argmin(values[first:last])) + 0.5) * STEP_S
            found.append((start_s, middle_s))
            start_s = middle_s
        found.append((start_s, end_s))
    return found
