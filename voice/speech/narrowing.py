"""From an engine's samples to a phone line's: 8 kHz u-law, piece by piece, without clicks where the pieces meet."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from voice.audio import Shorts, pcm_to_mulaw

_TAPS = 24  # either side, in samples of the slower rate


class Narrower:
    """Resamples a stream of 16-bit samples to 8 kHz and encodes it."""

    def __init__(self, from_hz: int, to_hz: int = 8000) -> None:
        ratio = Fraction(to_hz, from_hz)
        self._up, self._down = ratio.numerator, ratio.denominator
        wide = max(self._up, self._down)
        reach = _TAPS * wide // self._up  # samples of the input that an output sample needs on either side
        self._offsets = np.arange(-reach, reach + 1)
        self._cutoff = min(1.0, self._up / self._down) * 0.94
        self._kernels: dict[int, NDArray[np.float32]] = {}
        self._rest = np.zeros(reach, np.float32)
        self._reach, self._at = reach, 0  # the place of the next output sample, in input samples * up

    def push(self, samples: Shorts) -> bytes:
        """The sound that is ready once these samples are known."""
        have = np.concatenate([self._rest, samples.astype(np.float32)])
        usable = len(have) - 2 * self._reach  # places whose surroundings are all here
        if usable <= 0:
            self._rest = have
            return b""
        places = np.arange(self._at, usable * self._up, self._down)
        out = np.empty(len(places), np.float32)
        whole, phases = np.divmod(places, self._up)
        for phase in np.unique(phases):
            chosen = phases == phase
            windows = have[whole[chosen][:, None] + self._offsets + self._reach]
            out[chosen] = windows @ self._kernel(int(phase))
        self._at = (int(places[-1]) + self._down if len(places) else self._at) - usable * self._up
        self._rest = have[usable:]
        return pcm_to_mulaw(np.clip(np.round(out), -32768, 32767).astype(np.int16))

    def finish(self) -> bytes:
        """The end of the sound."""
        return self.push(np.zeros(self._reach, np.int16))

    def _kernel(self, phase: int) -> NDArray[np.float32]:
        """A windowed sinc for output samples that lie `phase`/up after an input sample."""
        known = self._kernels.get(phase)
        if known is None:
            away = self._offsets - phase / self._up
            window = 0.5 + 0.5 * np.cos(np.pi * away / (self._reach + 1))
            kernel = self._cutoff * np.sinc(self._cutoff * away) * window
            known = self._kernels[phase] = (kernel / kernel.sum()).astype(np.float32)
        return known
