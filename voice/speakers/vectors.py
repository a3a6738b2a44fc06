"""Speaker vectors over the speech of a recording: one for each 0.4 s, of the 1.6 s around it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice.speakers import ge2e
from voice.windows import Piece

HOP_S = 0.4
LENGTH_S = ge2e.FRAMES / 100
SHORTEST_S = 0.4  # less says nothing about who speaks
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Voices:
    """`times` [n, 2] in seconds of the recording, `vectors` [n, 256] of length one."""

    times: Array
    vectors: Array

    def __len__(self) -> int:
        return len(self.times)

    def packed(self) -> bytes:
        """For keeping: half precision is enough for a cosine."""
        return len(self).to_bytes(4, "little") + self.times.tobytes() + self.vectors.astype(np.float16).tobytes()

    @classmethod
    def unpacked(cls, content: bytes) -> Voices:
        count = int.from_bytes(content[:4], "little")
        times = np.frombuffer(content, np.float32, count * 2, 4).reshape(count, 2)
        halves = np.frombuffer(content, np.float16, count * ge2e.DIMENSIONS, 4 + times.nbytes)
        return cls(times, halves.astype(np.float32).reshape(count, ge2e.DIMENSIONS))

    @classmethod
    def joined(cls, parts: Iterable[Voices]) -> Voices:
        parts = [cls(np.zeros((0, 2), np.float32), np.zeros((0, ge2e.DIMENSIONS), np.float32)), *parts]
        return cls(np.concatenate([part.times for part in parts]), np.concatenate([part.vectors for part in parts]))


def voices_of(pieces: Iterable[Piece]) -> Voices:
    """The speaker vectors of stretches of speech."""
    windows: list[Array] = []
    times: list[tuple[float, float]] = []
    for piece in pieces:
        frames = ge2e.mel_frames(piece.samples)
        if len(frames) < SHORTEST_S * 100:
            continue
        for at in _starts(len(frames)):
            window = frames[at : at + ge2e.FRAMES]
            windows.append(np.resize(window, (ge2e.FRAMES, window.shape[1])))  # a short one is repeated to fill it
            times.append((piece.start_s + at / 100, piece.start_s + (at + len(window)) / 100))
    if not windows:
        return Voices.joined(())
    return Voices(np.array(times, np.float32), ge2e.vectors(np.stack(windows)))


def _starts(frames: int) -> Array:
    last = max(0, frames - ge2e.FRAMES)
    return np.linspace(0, last, int(np.ceil(last / (HOP_S * 100))) + 1).astype(int)
