"""Who said which words. Recognised segments can hold two speakers: they are cut where the speaker changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from voice.recognition.engine import Segment, Word
from voice.speakers.clustering import Grouped
from voice.speakers.vectors import Voices

_SHORTEST_S = 0.6  # a change of speaker for less is taken for noise of the vectors
_REACH_S = 1.0  # words further than this from any vector are nobody's


@dataclass(frozen=True, slots=True)
class Attributed:
    """A segment of one speaker: `speaker` is the group's number, None where it cannot be told."""

    segment: Segment
    speaker: int | None
    confidence: float


def attribute(segments: Sequence[Segment], voices: Voices, grouped: Grouped) -> list[Attributed]:
    """Cut segments at changes of speaker, and say whose each part is."""
    return [part for segment in segments for part in _parts(segment, voices, grouped)]


def _parts(segment: Segment, voices: Voices, grouped: Grouped) -> list[Attributed]:
    if not segment.words or not len(voices):
        return [_whole(segment, voices, grouped)]
    middles = voices.times.mean(axis=1)
    labelled = [(word, _label(word, middles, grouped)) for word in segment.words]
    runs = [(label, [word for word, _ in run]) for label, run in groupby(labelled, key=lambda pair: pair[1])]
    runs = _smoothed(runs)
    if len(runs) == 1:
        return [_whole(segment, voices, grouped)]
    parts = [
        replace(
            segment, start_s=words[0].start_s, end_s=words[-1].end_s, words=tuple(words),
            text="".join(_spaced(words)).strip(),
        )
        for _, words in runs
    ]  # fmt: skip
    return [_whole(part, voices, grouped) for part in parts]


def _spaced(words: Sequence[Word]) -> list[str]:
    """Whisper's words carry their own spaces, others' do not."""
    carried = any(word.text.startswith(" ") for word in words)
    return [word.text if carried else f" {word.text}" for word in words]


def _label(word: Word, middles: np.ndarray, grouped: Grouped) -> int | None:
    nearest = int(np.argmin(np.abs(middles - (word.start_s + word.end_s) / 2)))
    return int(grouped.labels[nearest])


def _smoothed(runs: list[tuple[int | None, list[Word]]]) -> list[tuple[int | None, list[Word]]]:
    """Runs too short to be a turn join the one before (the first: the one after)."""
    kept: list[tuple[int | None, list[Word]]] = []
    for label, words in runs:
        short = words[-1].end_s - words[0].start_s < _SHORTEST_S
        if kept and (short or kept[-1][0] == label):
            kept[-1][1].extend(words)
        elif kept and len(kept) == 1 and kept[0][1][-1].end_s - kept[0][1][0].start_s < _SHORTEST_S:
            kept[0] = (label, kept[0][1] + words)
        else:
            kept.append((label, list(words)))
    return kept


def _whole(segment: Segment, voices: Voices, grouped: Grouped) -> Attributed:
    near = (voices.times[:, 0] < segment.end_s) & (voices.times[:, 1] > segment.start_s)
    if not near.any():
        if not len(voices):
            return Attributed(segment, None, 0.0)
        distance = np.abs(voices.times.mean(axis=1) - (segment.start_s + segment.end_s) / 2)
        if distance.min() > _REACH_S:
            return Attributed(segment, None, 0.0)
        near = distance == distance.min()
    middle = (voices.times.mean(axis=1) >= segment.start_s) & (voices.times.mean(axis=1) <= segment.end_s)
    chosen = near & middle if (near & middle).any() else near
    speaker = int(np.bincount(grouped.labels[chosen]).argmax())
    return Attributed(segment, speaker, grouped.confidence(chosen))
