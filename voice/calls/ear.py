"""The caller's sound as it comes: kept for the recogniser, measured for speech, and the call's clock."""

from __future__ import annotations

from typing import Protocol

from voice.audio import PHONE_RATE_HZ, RATE_HZ, Floats, mulaw_to_pcm, resample, to_floats

CHUNK = 256  # samples at 8 kHz that are measured at once: 32 ms
KEPT_S = 40.0  # of sound: an utterance has 30 s at most


class Activity(Protocol):
    def push(self, chunk: Floats) -> float:
        """The probability of speech in 256 samples at 8 kHz."""
        ...


class Ear:
    """u-law in, probabilities of speech out. `now_s` counts the sound that has come, so that a late frame moves no clock."""

    def __init__(self, activity: Activity) -> None:
        self._activity = activity
        self._sound = bytearray()
        self._first = 0  # samples that are no longer kept
        self._measured = 0

    @property
    def samples(self) -> int:
        return self._first + len(self._sound)

    @property
    def now_s(self) -> float:
        return self.samples / PHONE_RATE_HZ

    def push(self, sound: bytes) -> list[tuple[float, float]]:
        """(time, probability of speech) of each 32 ms that are whole with this sound."""
        self._sound += sound
        out = []
        while self.samples - self._measured >= CHUNK:
            start = self._measured - self._first
            chunk = to_floats(mulaw_to_pcm(bytes(self._sound[start : start + CHUNK])))
            self._measured += CHUNK
            out.append((self._measured / PHONE_RATE_HZ, self._activity.push(chunk)))
        if len(self._sound) > 1.25 * KEPT_S * PHONE_RATE_HZ:
            drop = len(self._sound) - int(KEPT_S * PHONE_RATE_HZ)
            del self._sound[:drop]
            self._first += drop
        return out

    def cut(self, start_s: float, end_s: float) -> bytes:
        """The sound between two times as it came."""
        start = max(0, round(start_s * PHONE_RATE_HZ) - self._first)
        return bytes(self._sound[start : max(start, round(end_s * PHONE_RATE_HZ) - self._first)])


def for_models(sound: bytes) -> Floats:
    """u-law at 8 kHz as the models take it: 16 kHz, -1 to 1. Heavy: for a thread."""
    return resample(to_floats(mulaw_to_pcm(sound)), PHONE_RATE_HZ, RATE_HZ)
