"""Voice activity: Silero VAD, as its wheel ships it, by onnxruntime on one thread; torch is not needed.

One session serves every stream, since each stream carries its own state. A step of 32 ms costs about 0.1 ms.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from voice.audio import PHONE_RATE_HZ, RATE_HZ, Floats

STEP_S = 0.032
_STEP = {RATE_HZ: (512, 64), PHONE_RATE_HZ: (256, 32)}  # samples of a step, and of the one before it that go with it
_BLOCK = 512  # steps that are run at once where the sound is all there


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in seconds."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Speech begins at a probability of `start`, and ends where it stays under `stop` for `silence_s`. Shorter speech
    than `speech_s` is none; what is left is widened by `padding_s` at both ends."""

    start: float = 0.5
    stop: float = 0.35
    speech_s: float = 0.1
    silence_s: float = 0.1
    padding_s: float = 0.03


PHONE = Thresholds()
ROOM = Thresholds(start=0.3, stop=0.2, speech_s=0.1, silence_s=0.3, padding_s=0.3)


class SpeechActivity:
    """The activity of one stream of sound at 16 or 8 kHz. Not for several threads at once; many may live side by
    side."""

    def __init__(self, rate_hz: int = RATE_HZ) -> None:
        self.step, self._context = _STEP[rate_hz]
        self._rate = np.array(rate_hz)
        self._session = _session("silero_vad.onnx")
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._state = np.zeros((2, 1, 128), np.float32)
        self._input = np.zeros((1, self._context + self.step), np.float32)

    def push(self, frame: Floats) -> float:
        """The probability of speech in a step of 32 ms: 512 samples at 16 kHz, 256 at 8 kHz. Raises ValueError."""
        if len(frame) != self.step:
            raise ValueError(f"{len(frame)} samples; a step has {self.step}")
        self._input[0, : self._context] = self._input[0, -self._context :]
        self._input[0, self._context :] = frame
        probability, self._state = self._session.run(
            None, {"input": self._input, "state": self._state, "sr": self._rate}
        )
        return float(probability[0, 0])


class Probabilities:
    """The same for sound at 16 kHz that comes in long blocks, several times faster. Keeps at most a step of sound."""

    def __init__(self) -> None:
        self._session = _session("silero_vad_16k_sequence.onnx")
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._rest = np.zeros(64, np.float32)  # the context, then what makes no whole step yet

    def push(self, samples: Floats) -> Floats:
        """The probabilities of the steps that are whole now."""
        joined = np.concatenate([self._rest, samples.astype(np.float32, copy=False)])
        count = (len(joined) - 64) // 512
        self._rest = joined[count * 512 :]
        found = [np.zeros(0, np.float32)]
        for first in range(0, count, _BLOCK):
            last = min(first + _BLOCK, count)
            steps = np.lib.stride_tricks.sliding_window_view(joined, 576)[first * 512 : (last - 1) * 512 + 1 : 512]
            made, self._h, self._c = self._session.run(
                None, {"input": np.ascontiguousarray(steps), "h": self._h, "c": self._c}
            )
            found.append(np.asarray(made, np.float32).reshape(-1))
        return np.concatenate(found)

    def finish(self) -> Floats:
        """The probability of the last step, filled up with silence."""
        missing = 512 - (len(self._rest) - 64)
        return self.push(np.zeros(missing, np.float32)) if missing < 512 else np.zeros(0, np.float32)


def probabilities(samples: Floats) -> Floats:
    """The probability of speech in each 32 ms of sound at 16 kHz; the last step is filled up with silence."""
    stream = Probabilities()
    return np.concatenate([stream.push(samples), stream.finish()])


def speech_spans(samples: Floats, thresholds: Thresholds = ROOM) -> list[Span]:
    """Where there is speech in sound at 16 kHz."""
    spans = spans_of(probabilities(samples), thresholds)
    length_s = len(samples) / RATE_HZ
    return [Span(span.start_s, min(span.end_s, length_s)) for span in spans if span.start_s < length_s]


def spans_of(values: Sequence[float] | Floats, thresholds: Thresholds, *, step_s: float = STEP_S) -> list[Span]:
    """Where there is speech, of the probabilities of steps. Spans that meet when widened share the gap between them."""
    steps = _bare(values, thresholds, step_s)
    pad, end = thresholds.padding_s, len(values) * step_s
    spans: list[Span] = []
    for place, (first, last) in enumerate(steps):
        start, stop = first * step_s, last * step_s
        before = steps[place - 1][1] * step_s if place else 0.0
        after = steps[place + 1][0] * step_s if place + 1 < len(steps) else end
        room_before = (start - before) / 2 if place else start
        room_after = (after - stop) / 2 if place + 1 < len(steps) else after - stop
        spans.append(Span(start - min(pad, room_before), stop + min(pad, room_after)))
    return spans


def _bare(values: Sequence[float] | Floats, thresholds: Thresholds, step_s: float) -> list[tuple[int, int]]:
    """[first step, step after the last] of each span of speech, before widening."""
    patience, least = round(thresholds.silence_s / step_s), thresholds.speech_s / step_s
    found: list[tuple[int, int]] = []
    first: int | None = None
    last = 0
    for step, value in enumerate(values):
        if first is None:
            if value >= thresholds.start:
                first, last = step, step + 1
        elif value >= thresholds.stop:
            last = step + 1
        elif step + 1 - last > patience:
            found.append((first, last))
            first = None
    if first is not None:
        found.append((first, last))
    return [(start, stop) for start, stop in found if stop - start >= least]


@cache
def _session(name: str) -> Any:
    found = importlib.util.find_spec("silero_vad")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("silero-vad is not installed")
    import onnxruntime  # late: the start need not wait for it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    path = Path(found.submodule_search_locations[0]) / "data" / name
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
