"""Samples: u-law as the telephone carries it (G.711), 16-bit integers, and floats in [-1, 1] as the models take
them."""

from __future__ import annotations

import io
import math
import wave
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
PHONE_RATE_HZ = 8_000
Floats = NDArray[np.float32]
Shorts = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of speech: `samples` at 16 kHz, `start_s` in the recording, `channel` where channels are kept apart."""

    channel: int | None
    start_s: float
    samples: Floats

    @property
    def duration_s(self) -> float:
        return len(self.samples) / RATE_HZ

    @property
    def end_s(self) -> float:
        return self.start_s + self.duration_s


def _mulaw_values() -> Shorts:
    """G.711 table 2a: the sample that each code stands for."""
    code = ~np.arange(256, dtype=np.uint8)
    size = (((code & 0x0F).astype(np.int32) << 3) + 0x84) << ((code & 0x70) >> 4).astype(np.int32)
    return np.where(code & 0x80, 0x84 - size, size - 0x84).astype(np.int16)


def _mulaw_codes() -> NDArray[np.uint8]:
    """The code of each 16-bit sample, found by the sample's bits taken as an unsigned number."""
    samples = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32) >> 2
    size = np.minimum(np.abs(samples), 8159) + 33
    segment = np.floor(np.log2(size)).astype(np.int32) - 5
    code = (segment << 4) | ((size >> (segment + 1)) & 0x0F)
    whole = np.where(segment >= 8, 0x7F, code)
    return (whole ^ np.where(samples < 0, 0x7F, 0xFF)).astype(np.uint8)


_VALUES, _CODES = _mulaw_values(), _mulaw_codes()


def mulaw_to_pcm(codes: bytes) -> Shorts:
    """16-bit samples of u-law bytes."""
    return _VALUES[np.frombuffer(codes, np.uint8)]


def pcm_to_mulaw(samples: Shorts) -> bytes:
    """u-law bytes of 16-bit samples, as G.711 rounds them."""
    return _CODES[np.ascontiguousarray(samples, np.int16).view(np.uint16)].tobytes()


def to_floats(samples: Shorts) -> Floats:
    """16-bit samples as floats in [-1, 1)."""
    return samples.astype(np.float32) / np.float32(32768)


def to_shorts(samples: Floats) -> Shorts:
    """Floats as 16-bit samples; what is too loud is cut off."""
    return np.clip(np.rint(samples * 32767), -32768, 32767).astype(np.int16)


def resample(samples: Floats, from_hz: int, to_hz: int) -> Floats:
    """The same sound at another rate, along the last axis; without delay."""
    if from_hz == to_hz or not samples.size:
        return samples.astype(np.float32)
    from scipy.signal import resample_poly  # late: a second; the server loads it with its calls

    shared = math.gcd(from_hz, to_hz)
    return np.asarray(resample_poly(samples, to_hz // shared, from_hz // shared, axis=-1), np.float32)


def audible(samples: Floats) -> Floats:
    """Quiet sound made louder, up to thirty times, as the models of speech expect it; other sound as it is."""
    loud = float(np.percentile(np.abs(samples), 99.5)) if samples.size else 0.0
    if not 0 < loud < 0.05:
        return samples
    return samples * np.float32(min(0.1 / loud, 30.0))


def wav_bytes(samples: Floats | Shorts, rate_hz: int) -> bytes:
    """A 16-bit WAV file of samples [n] or [channels, n]."""
    shorts = samples if samples.dtype == np.int16 else to_shorts(samples)  # type: ignore[arg-type]
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1 if shorts.ndim == 1 else len(shorts))
        writer.setsampwidth(2)
        writer.setframerate(rate_hz)
        writer.writeframes(np.ascontiguousarray(shorts.T).tobytes())
    return file.getvalue()
