"""Live dictation: sound in as it comes, partial words while somebody speaks, final segments at each pause.

A partial text is the newest hypothesis; its stable part is what two hypotheses in a row agreed on (Liu et al. 2020,
"Low-Latency Sequence-to-Sequence Speech Recognition": local agreement). Final segments come with their sound and with
the sample up to which everything is taken: whoever sends again from there loses nothing and repeats nothing.

An object serves one stream. `push` may take as long as the recogniser does: call it in a thread, one call at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import av
import numpy as np

from voice.activity import STEP_S, Probabilities, Thresholds, spans_of
from voice.audio import RATE_HZ, Floats, Piece, to_shorts
from voice.recognition.engine import Engine, Segment

DICTATION = Thresholds(start=0.4, stop=0.25, speech_s=0.1, silence_s=0.3, padding_s=0.2)
PAUSE_S = 0.7
LONGEST_S = 28.0  # of sound that is held; a recogniser takes 30
QUIET_S = 5.0  # of silence that is held before it is let go
_KEPT_S = 0.5  # of silence that is held back: speech begins softly
_PARTIAL_EACH_S = 1.0
_SLOWEST_PARTIAL_S = 1.5
_STEP = round(STEP_S * RATE_HZ)


@dataclass(frozen=True, slots=True)
class LiveResult:
    """Partial: `text` may change, `stable` is the beginning of it that will not (before the pause). Final: `segments`
    (none where nothing was said), and `pcm`, the 16-bit sound at 16 kHz up to the sample `until`."""

    final: bool
    start_s: float
    text: str
    stable: str = ""
    segments: tuple[Segment, ...] = ()
    pcm: bytes = b""
    until: int = 0


class LiveRecognition:
    """One stream of 16-bit mono sound. `from_sample` (16 kHz) is where it begins in the recording."""

    def __init__(
        self, engine: Engine, *, rate_hz: int, language: str | None, hot_words: Sequence[str], from_sample: int = 0
    ) -> None:
        self._engine, self._language, self._hot_words = engine, language, tuple(hot_words)
        self._rate_hz = rate_hz
        self._resampler = None if rate_hz == RATE_HZ else av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
        self._taken = from_sample
        self._held: Floats = np.zeros(0, np.float32)  # from sample `_taken` on
        self._activity = Probabilities()
        self._values: Floats = np.zeros(0, np.float32)  # one for each step that is held
        self._odd = b""
        self._words: list[str] = []  # the last hypothesis
        self._stable = 0  # of its words
        self._tried_s = 0.0  # sound that was held at the last hypothesis
        self._cost = 0.0  # seconds of work for a second of sound

    @property
    def taken_samples(self) -> int:
        """Samples (16 kHz) of the recording that were given out in final segments, or found silent."""
        return self._taken

    def push(self, pcm: bytes) -> list[LiveResult]:
        """Take sound; what was heard with it, in order. At most one partial text, the last of all."""
        found: list[LiveResult] = []
        for block in self._blocks(pcm):
            self._hold(block)
            found += self._finals()
        partial = self._partial()
        return [*found, partial] if partial else found

    def finish(self) -> list[LiveResult]:
        """The stream is over: what is left, as final."""
        found: list[LiveResult] = []
        if self._resampler is not None:
            for made in self._resampler.resample(None):
                self._hold(made.to_ndarray()[0].astype(np.float32))
        self._values = np.concatenate([self._values, self._activity.finish()])
        found += self._finals()
        if len(self._held):
            found.append(self._final(len(self._held)))
        return found

    def _blocks(self, pcm: bytes) -> Iterator[Floats]:
        """Sound at 16 kHz in blocks of half a second."""
        joined = self._odd + pcm
        whole = len(joined) // 2 * 2
        self._odd = joined[whole:]
        shorts = np.frombuffer(joined[:whole], "<i2")
        for first in range(0, len(shorts), self._rate_hz // 2):
            block = shorts[first : first + self._rate_hz // 2]
            if self._resampler is None:
                yield (block / np.float32(32768)).astype(np.float32)
                continue
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block)[None], format="s16", layout="mono")
            frame.sample_rate = self._rate_hz
            for made in self._resampler.resample(frame):
                yield made.to_ndarray()[0].astype(np.float32)

    def _hold(self, block: Floats) -> None:
        self._held = np.concatenate([self._held, block])
        self._values = np.concatenate([self._values, self._activity.push(block)])

    def _finals(self) -> list[LiveResult]:
        """What is final now: everything before a pause; before a cut, where there is too much; long silence."""
        found: list[LiveResult] = []
        while (cut := self._cut()) is not None:
            found.append(self._final(cut))
        return found

    def _cut(self) -> int | None:
        steps = len(self._values)
        spans = spans_of(self._values, DICTATION)
        if not spans:
            return (steps - round(_KEPT_S / STEP_S)) * _STEP if steps * STEP_S >= QUIET_S else None
        for span, after_s in zip(spans, [*(span.start_s for span in spans[1:]), steps * STEP_S], strict=True):
            silence_s = after_s - span.end_s + DICTATION.padding_s
            if silence_s >= PAUSE_S:
                return self._at(span.end_s + min(silence_s - DICTATION.padding_s, PAUSE_S) / 2)
        if len(self._held) < LONGEST_S * RATE_HZ:
            return None
        first = steps // 2
        smooth = np.convolve(self._values[first:], np.ones(5) / 5, mode="same")
        return (first + 2 + int(np.argmin(smooth[2:-2]))) * _STEP

    def _at(self, time_s: float) -> int:
        return max(_STEP, min(round(time_s / STEP_S), len(self._values)) * _STEP)

    def _final(self, cut: int) -> LiveResult:
        """Give out the sound before a cut, a number of samples."""
        cut = min(cut, len(self._held))
        start, pcm = self._taken, to_shorts(self._held[:cut]).tobytes()
        piece = self._piece(cut)
        segments = self._recognised(piece) if piece is not None else []
        self._held, self._taken = self._held[cut:], self._taken + cut
        self._values = self._values[-(-cut // _STEP) :]
        self._words, self._stable, self._tried_s = [], 0, 0.0
        text = " ".join(segment.text for segment in segments)
        return LiveResult(True, start / RATE_HZ, text, text, tuple(segments), pcm, self._taken)

    def _partial(self) -> LiveResult | None:
        """The newest hypothesis about what is being said, where it is time for one and it can be had soon."""
        held_s = len(self._held) / RATE_HZ
        if held_s - self._tried_s < max(_PARTIAL_EACH_S, 2 * self._cost * held_s):
            return None
        if self._cost * held_s > _SLOWEST_PARTIAL_S:
            return None
        piece = self._piece(len(self._held))
        if piece is None:
            return None
        self._tried_s = held_s
        words = [word for segment in self._recognised(piece) for word in segment.text.split()]
        agreed = 0
        while agreed < min(len(words), len(self._words)) and _same(words[agreed], self._words[agreed]):
            agreed += 1
        kept = self._words[: self._stable]
        self._stable = max(self._stable, agreed)
        self._words = [*kept, *words[len(kept) :]]
        if not self._words:
            return None
        return LiveResult(False, piece.start_s, " ".join(self._words), " ".join(self._words[: self._stable]))

    def _piece(self, count: int) -> Piece | None:
        """The speech in the first samples that are held; None where there is none."""
        spans = spans_of(self._values[: -(-count // _STEP)], DICTATION)
        if not spans:
            return None
        begin, end = round(spans[0].start_s * RATE_HZ), min(round(spans[-1].end_s * RATE_HZ), count)
        return Piece(None, (self._taken + begin) / RATE_HZ, self._held[begin:end]) if end > begin else None

    def _recognised(self, piece: Piece) -> list[Segment]:
        started = time.perf_counter()
        [segments] = self._engine.recognise([piece], language=self._language, hot_words=self._hot_words)
        self._cost = (time.perf_counter() - started) / max(piece.duration_s, 1.0)
        return segments


def _same(one: object, other: object) -> bool:
    return str(one).strip(".,;:!?।").lower() == str(other).strip(".,;:!?।").lower()
