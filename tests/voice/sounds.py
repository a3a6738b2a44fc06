"""Sounds made here: speech by espeak-ng (in a process of its own), and all that is not speech."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import av
import numpy as np

from voice.audio import RATE_HZ, Floats, mulaw_to_pcm, resample, to_floats

LEVELS = (0.9, 0.1, 0.01, 0.001)


@cache
def spoken(*sentences: str, language: str = "en") -> tuple[Floats, ...]:
    """Each sentence as speech at 16 kHz."""
    command = [sys.executable, "-m", "voice.speech.espeak_child"]
    requests = "".join(json.dumps({"text": text, "language": language}) + "\n" for text in sentences)
    made = io.BytesIO(subprocess.run(command, input=requests.encode(), stdout=subprocess.PIPE, check=True).stdout)
    found = []
    for _ in sentences:
        codes = b""
        while (length := struct.unpack(">I", made.read(4))[0]) not in (0, 0xFFFFFFFF):
            codes += made.read(length)
        found.append(resample(to_floats(mulaw_to_pcm(codes)), 8_000, RATE_HZ))
    return tuple(found)


def silence(length_s: float) -> Floats:
    return np.zeros(round(length_s * RATE_HZ), np.float32)


def joined(*parts: Floats) -> Floats:
    return np.concatenate(parts)


def encoded(samples: Floats, kind: str, codec: str, rate_hz: int, layout: str = "mono") -> bytes:
    """A file of samples [n] or [channels, n] that are at `rate_hz`."""
    planes = np.ascontiguousarray(samples if samples.ndim == 2 else samples[None], np.float32)
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        stream: Any = container.add_stream(codec, rate=rate_hz, layout=layout)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
        frame.sample_rate, frame.pts = rate_hz, 0
        size = stream.codec_context.frame_size or None
        resampler = av.AudioResampler(stream.codec_context.format, layout, rate_hz, frame_size=size)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return file.getvalue()


def not_speech(length_s: float = 6.0, *, seed: int = 0) -> dict[str, Floats]:
    """Silence, noises, tones of the telephone, signals and made music, each with its peak at 1."""
    at = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    sounds = {"silence": np.zeros(len(at))}
    sounds |= {name: _coloured(len(at), power, seed) for name, power in (("white", 0), ("pink", 1), ("brown", 2))}
    sounds |= {
        "hum": _tones(at, 50, 100, 150), "tone": _tones(at, 440), "dial": _tones(at, 350, 440),
        "ring": _tones(at, 440, 480) * (at % 6 < 2), "busy": _tones(at, 480, 620) * (at % 1 < 0.5),
        "hold": _tones(at, 440) * (at % 2 < 0.3), "fax": _tones(at, 1100), "dtmf": _dtmf(at, seed),
        "siren": np.sin(2 * np.pi * np.cumsum(800 + 300 * np.sin(2 * np.pi * 0.7 * at)) / RATE_HZ),
        "breath": _coloured(len(at), 1, seed + 1) * (0.5 + 0.5 * np.sin(2 * np.pi * 0.3 * at)) ** 2,
        "clicks": (np.random.default_rng(seed).random(len(at)) < 0.0005) * 1.0,
        "melody": _melody(at, seed), "vibrato": _melody(at, seed, vibrato=0.01, decay=0.5),
        "flute": _melody(at, seed, harmonics=1), "chords": _melody(at, seed, beat_s=1.0, voices=4, decay=0.5),
        "band": _melody(at, seed, voices=2) + 0.7 * _melody(at, seed + 9, beat_s=1.0, voices=4) + _drums(at, seed),
    }  # fmt: skip
    return {name: (made / max(1e-9, np.abs(made).max())).astype(np.float32) for name, made in sounds.items()}


def _tones(at: Any, *hz: float) -> Any:
    return sum(np.sin(2 * np.pi * one * at) for one in hz)


def _coloured(count: int, power: int, seed: int) -> Any:
    spectrum = np.fft.rfft(np.random.default_rng(seed + 100).standard_normal(count))
    return np.fft.irfft(spectrum / np.maximum(np.fft.rfftfreq(count, 1 / RATE_HZ), 20) ** (power / 2), count)


def _dtmf(at: Any, seed: int) -> Any:
    random, keys = np.random.default_rng(seed), at // 0.2
    low = random.choice([697, 770, 852, 941], int(keys.max()) + 1)[keys.astype(int)]
    high = random.choice([1209, 1336, 1477], int(keys.max()) + 1)[keys.astype(int)]
    return (np.sin(2 * np.pi * low * at) + np.sin(2 * np.pi * high * at)) * (at % 0.2 < 0.12)


def _melody(
    at: Any, seed: int, *, harmonics: int = 6, decay: float = 2.0, vibrato: float = 0.0, beat_s: float = 0.25,
    voices: int = 1,
) -> Any:  # fmt: skip
    random, made = np.random.default_rng(seed), np.zeros(len(at) + 3 * RATE_HZ)
    begin_s = 0.0
    while begin_s < at[-1]:
        length_s = beat_s * int(random.choice([1, 1, 2, 3]))
        for _ in range(voices):
            hz = 220 * 2 ** (random.choice([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12) * random.choice([0.5, 1, 2])
            note = _note(hz, length_s, harmonics, decay, vibrato)
            made[int(begin_s * RATE_HZ) : int(begin_s * RATE_HZ) + len(note)] += note
        begin_s += length_s
    return made[: len(at)]


def _note(hz: float, length_s: float, harmonics: int, decay: float, vibrato: float) -> Any:
    at = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * hz * at + vibrato * hz / 5.5 * np.sin(2 * np.pi * 5.5 * at)
    partials = [np.sin(number * phase) / number for number in range(1, harmonics + 1) if number * hz < 7500]
    edges = np.minimum(1, np.minimum(at / 0.01, (length_s - at) / 0.05))
    return sum(partials) * edges * np.exp(-decay * at)


def _drums(at: Any, seed: int) -> Any:
    noise = np.random.default_rng(seed).standard_normal(len(at))
    since = at % 0.25
    return np.where(
        at % 0.5 < 0.25, np.sin(2 * np.pi * 60 * since) * np.exp(-20 * since), 0.5 * noise * np.exp(-30 * since)
    )


def as_file(content: bytes) -> io.BytesIO:
    return io.BytesIO(content)


def spread(talks: Sequence[tuple[float, Floats]], length_s: float) -> Floats:
    """Silence of a length with sounds put in at their seconds."""
    made = silence(length_s)
    for at_s, sound in talks:
        begin = round(at_s * RATE_HZ)
        made[begin : begin + len(sound)] += sound[: len(made) - begin]
    return made
