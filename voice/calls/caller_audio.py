"""The caller's sound as it comes: kept for the recogniser, cut for the measuring of speech, and the call's clock."""

from __future__ import annotations

from voice.audio import PHONE_RATE_HZ, RATE_HZ, Floats, mulaw_to_pcm, resample, to_floats
from voice.calls.measuring import CHUNK

KEPT_S = 40.0  # of sound: an utterance has 30 s at most


class CallerAudio:
    """u-law in, chunks of 32 ms out. `now_s` counts the sound that has come, so that a late frame moves no clock."""

    def __init__(self) -> None:
        self._sound = bytearray()
        self._first = 0  # samples that are no longer kept
        self._given = 0

    @property
    def samples(self) -> int:
        return self._first + len(self._sound)

    @property
    def now_s(self) -> float:
        return self.samples / PHONE_RATE_HZ

    def push(self, sound: bytes) -> list[tuple[float, bytes]]:
        """(time of its end, sound) of each chunk that is whole with this sound."""
        self._sound += sound
        out = []
        while self.samples - self._given >= CHUNK:
            start = self._given - self._first
            self._given += CHUNK
            out.append((self._given / PHONE_RATE_HZ, bytes(self._sound[start : start + CHUNK])))
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
