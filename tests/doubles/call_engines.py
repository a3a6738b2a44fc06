"""Doubles of the engines of a call: sound that carries its own words, and a voice that takes no time."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import numpy as np

from api.telephone.parts import CallParts
from voice.audio import mulaw_to_pcm
from voice.calls.measuring import OnMeasured, Stream

_LOUD = 31  # different texts that one table of sounds can carry


class Tongue:
    """Turns texts into loud sounds that can be told apart again, through u-law and back: a square wave whose size is
    the text's number."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def sound(self, text: str, seconds: float = 0.6) -> bytes:
        if text not in self.texts:
            self.texts.append(text)
        number = self.texts.index(text) % _LOUD
        return bytes([0x80 + number] * 20 + [number] * 20) * round(seconds * 8000 / 40)

    def words(self, sound: bytes) -> str:
        loud = Counter(code & 0x7F for code in sound if code & 0x7F < _LOUD)
        if not loud or loud.most_common(1)[0][1] < 400:
            return ""
        number = loud.most_common(1)[0][0]
        return self.texts[number] if number < len(self.texts) else ""


class ToneVoice:
    """Says anything at once: a second of sound for so many letters. `said` keeps the sentences."""

    name = "tone"

    def __init__(self, letters_a_s: float = 45.0) -> None:
        self.said: list[str] = []
        self._letters_a_s = letters_a_s

    async def say(self, text: str, *, language: str) -> AsyncIterator[bytes]:
        self.said.append(text)
        length = round(len(text) / self._letters_a_s * 8000)
        for start in range(0, length, 1600):
            yield b"\x70\xf0" * (min(1600, length - start) // 2)

    async def aclose(self) -> None:
        pass


class InstantParts(CallParts):
    """Engines that take no time: what is measured is everything else."""

    def __init__(self, settings: Any, runtime: Any, *, real_activity: bool = False) -> None:
        super().__init__(settings, runtime)
        self.tongue = Tongue()
        self.voice = ToneVoice()
        self.speech = self.voice
        self._real_activity = real_activity
        self.failing = False
        self.finished_as: float | None = None

    stand_in = False

    def warm(self) -> None:
        if self._real_activity:
            super().warm()

    def measure(self, stream: Stream, at: float, chunk: bytes, on_measured: OnMeasured) -> None:
        if self._real_activity:
            super().measure(stream, at, chunk, on_measured)
        else:  # speech is what is loud
            loud = float(np.abs(mulaw_to_pcm(chunk).astype(np.int32)).mean()) > 1600
            on_measured(at, 0.95 if loud else 0.02)

    async def words(self, sound: bytes, **_: Any) -> str:
        if self.failing:
            raise RuntimeError("the recogniser is broken")
        return self.tongue.words(sound)

    async def finished(self, sound: bytes, **_: Any) -> float | None:
        return self.finished_as
