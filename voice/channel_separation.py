"""Whether the two channels of a recording are the two ends of a telephone call, or one room through two microphones."""

from __future__ import annotations

import numpy as np

from voice.audio import RATE_HZ, Floats

_FRAME = RATE_HZ // 20
_APART_DB = 9.0  # in a room, a talker is not that much louder in one microphone than in the other
_FLOOR_DB = -65.0
_BELOW_LOUD_DB = 35.0
_LEAST_OF_EACH, _LEAST_IN_ALL = 0.05, 0.5  # shares of the frames with sound
_LEAST_FRAMES = 4


class ChannelSeparation:
    """Takes blocks [2, n] at 16 kHz."""

    def __init__(self) -> None:
        self._rest: Floats = np.zeros((2, 0), np.float32)
        self._levels: list[Floats] = []

    def push(self, block: Floats) -> None:
        joined = np.concatenate([self._rest, block], axis=1)
        whole = joined.shape[1] // _FRAME * _FRAME
        self._rest = joined[:, whole:]
        if whole:
            power = np.square(joined[:, :whole].reshape(2, -1, _FRAME)).mean(axis=2)
            self._levels.append((10 * np.log10(power + 1e-12)).astype(np.float32))

    def apart(self) -> bool:
        """Whether each channel is the only one with sound for a good part of the time."""
        if not self._levels:
            return False
        levels = np.concatenate(self._levels, axis=1)
        louder = levels.max(axis=0)
        with_sound = louder > max(_FLOOR_DB, float(np.percentile(louder, 95)) - _BELOW_LOUD_DB)
        difference = (levels[0] - levels[1])[with_sound]
        if len(difference) < _LEAST_FRAMES:
            return False
        left, right = float(np.mean(difference > _APART_DB)), float(np.mean(difference < -_APART_DB))
        return min(left, right) >= _LEAST_OF_EACH and left + right >= _LEAST_IN_ALL
