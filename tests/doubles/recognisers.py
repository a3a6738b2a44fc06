"""An instant recogniser: says of each piece of speech when it began. For what is about everything but recognition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tools.voice.recognizers import Recognizers
from voice.audio import Piece
from voice.recognition.engine import Expect, Segment, Word


class InstantEngine:
    name, model, device, compute_type = "instant", "none", "cpu", None

    def __init__(self, *, stand_in: bool = False, before: Callable[[int], None] | None = None) -> None:
        self.stand_in = stand_in
        self.heard: list[tuple[int | None, float]] = []
        self.asked: list[dict[str, Any]] = []
        self._before = before

    def recognise(
        self,
        pieces: Sequence[Piece],
        *,
        language: str | None,
        hot_words: Sequence[str] = (),
        expect: Expect | None = None,
    ) -> list[list[Segment]]:
        if self._before is not None:
            self._before(len(self.asked))
        self.asked.append({"language": language, "hot_words": list(hot_words)})
        self.heard += [(piece.channel, round(piece.start_s, 2)) for piece in pieces]
        return [[_segment(piece)] for piece in pieces]


def _segment(piece: Piece) -> Segment:
    end = piece.start_s + len(piece.samples) / 16_000
    texts = ("speech", "from", f"{piece.start_s:.2f}", "seconds")
    step = (end - piece.start_s) / len(texts)
    words = tuple(
        Word(text, piece.start_s + step * number, piece.start_s + step * (number + 1), 0.9)
        for number, text in enumerate(texts)
    )
    return Segment(piece.channel, piece.start_s, end, " ".join(texts), words, 0.9, "en", frozenset())


def instant(**changes: Any) -> Recognizers:
    engine = InstantEngine(**changes)
    return Recognizers(batch=engine, live=engine)
