"""Whether a piece of sound has speech in it, before a recogniser is asked: recognisers find words in anything.

Silero takes a melody for speech now and then. Music and signals hold a pitch where speech glides, so the share of the
time for which the strongest partial stays where it is tells them apart: 0.03 in the median of 155 stretches of real
speech and 0.45 at most (`data/voice`), over 0.6 in the median of the made melodies that Silero took for speech. And
speech has moments of noise, its s and f, where an instrument has none: at the noisiest twentieth of its time its
spectrum is flatter than 0.012, that of those melodies never was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voice.activity import STEP_S, Probabilities
from voice.audio import RATE_HZ, Floats, audible, resample

_HALF_HZ = RATE_HZ // 2
_FRAME, _HOP, _BINS = 512, 128, 4096  # at 8 kHz: 64 ms each 16 ms; a bin is 2 Hz
_LOWEST_HZ, _HIGHEST_HZ = 80, 3800
_LATER = (4, 8)  # frames: 64 and 128 ms
_SAME = 0.012  # of the frequency
_AUDIBLE = 10 ** (-75 / 20)
_LEAST_SPEECH = 0.2
_HELD, _HELD_AND_WEAK, _HELD_AND_PURE = 0.48, 0.22, 0.25
_PURE = 0.01


@dataclass(frozen=True, slots=True)
class Evidence:
    """`strongest`: mean probability of speech of the eight strongest steps (0.26 s); `usual`: of the steps over 0.2;
    `speech_s`: the time over 0.5; `held`: the share of the time in which a pitch is held; `noisy`: the
    flatness of the spectrum, 0..1, that a twentieth of the time exceeds; `peak`: the loudest sample."""

    strongest: float
    usual: float
    speech_s: float
    held: float
    noisy: float
    peak: float

    def against(self, *, among_tones: bool = False) -> str | None:
        """Why there can be no words in it: silence, no_speech, tones. None where there can. `among_tones`: most of what
        came with it is tones."""
        if self.peak < _AUDIBLE:
            return "silence"
        if self.strongest < _LEAST_SPEECH:
            return "no_speech"
        allowed = max(_HELD_AND_WEAK, _HELD - 1.6 * max(0.0, 0.88 - self.usual))
        if among_tones:
            allowed = _HELD_AND_WEAK
        if self.noisy < _PURE:
            allowed = _HELD_AND_PURE
        return "tones" if self.held >= allowed else None


def weigh(samples: Floats) -> Evidence:
    """The evidence for speech in a piece at 16 kHz."""
    if not len(samples):
        return Evidence(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    stream = Probabilities()
    values = np.concatenate([stream.push(audible(samples)), stream.finish()])
    likely, halved = values[values > 0.2], resample(samples, RATE_HZ, _HALF_HZ)
    return Evidence(
        strongest=float(np.sort(values)[-8:].mean()),
        usual=float(likely.mean()) if len(likely) else 0.0,
        speech_s=STEP_S * float(np.sum(values > 0.5)),
        held=held_pitch(halved),
        noisy=noisiest(halved),
        peak=float(np.abs(samples).max()),
    )


def held_pitch(samples: Floats) -> float:
    """The share of the frames with sound whose strongest partial is still there 64 and 128 ms later. 8 kHz."""
    frames = _frames(samples, _FRAME, _FRAME + _LATER[-1] * _HOP)
    step_hz = _HALF_HZ / _BINS
    low, high = round(_LOWEST_HZ / step_hz), round(_HIGHEST_HZ / step_hz)
    window = np.hanning(_FRAME).astype(np.float32)
    sizes = [np.abs(np.fft.rfft(part * window, _BINS))[:, low:high] for part in _parts(frames)]
    level = (20 * np.log10(np.concatenate(sizes) + 1e-9)).astype(np.float32)
    loudest = level.max(axis=1)
    sounding = loudest > loudest.max() - 30
    partial = np.zeros(level.shape, bool)
    partial[:, 1:-1] = (level[:, 1:-1] > level[:, :-2]) & (level[:, 1:-1] >= level[:, 2:])
    partial &= level > loudest[:, None] - 15
    strongest = np.where(partial, level, -np.inf).argmax(axis=1)
    reach = np.maximum(1, np.rint(_SAME * (strongest + low))).astype(int)
    counts = np.pad(np.cumsum(partial, axis=1, dtype=np.int32), ((0, 0), (1, 0)))
    count = len(level) - _LATER[-1]
    both = sounding[:count] & sounding[_LATER[-1] :]
    still = np.asarray(partial.any(axis=1))[:count]
    for later in _LATER:
        rows = np.arange(count) + later
        upper = np.minimum(strongest[:count] + reach[:count] + 1, level.shape[1])
        still = still & (counts[rows, upper] > counts[rows, np.maximum(strongest[:count] - reach[:count], 0)])
    return float((still & both).sum() / max(1, both.sum()))


def noisiest(samples: Floats) -> float:
    """The 95th percentile of the flatness of the spectrum from 300 Hz to 3.7 kHz, of the frames with sound. 8 kHz."""
    frames = _frames(samples, 256, 1024)
    window = np.hanning(256).astype(np.float32)
    power = (
        np.concatenate([np.square(np.abs(np.fft.rfft(part * window))[:, 10:120]) for part in _parts(frames)]) + 1e-12
    )
    level = 10 * np.log10(power.sum(axis=1))
    flatness = np.exp(np.log(power).mean(axis=1)) / power.mean(axis=1)
    return float(np.percentile(flatness[level > level.max() - 35], 95))


def _frames(samples: Floats, length: int, least: int) -> Floats:
    """Frames of a length, each 16 ms; of at least so many samples."""
    padded = np.pad(samples, (0, max(0, least - len(samples))))
    return np.lib.stride_tricks.sliding_window_view(padded, length)[::_HOP]


def _parts(frames: Floats) -> list[Floats]:
    return [frames[at : at + 512] for at in range(0, len(frames), 512)]
