"""What every recogniser takes and gives. Times are seconds from the start of the recording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from voice.audio import Piece

Slot = Literal["live", "batch"]


class EngineUnavailable(Exception):
    """A recogniser that cannot be had as it is configured; the sentence says what to set."""


@dataclass(frozen=True, slots=True)
class Word:
    """`probability` is the recogniser's own, 0..1."""

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class Segment:
    """Words said without a long pause. `confidence` is 0..1; `flags` say what a reader should doubt: low_confidence,
    uncertain_language."""

    channel: int | None
    start_s: float
    end_s: float
    text: str
    words: tuple[Word, ...]
    confidence: float
    language: str
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Expect:
    """The closed set of what a speaker is expected to say next: whole phrases in small letters, and digits where
    `digits` are to be said one by one (a phone number). A recogniser may use it as a grammar or leave it."""

    phrases: tuple[str, ...] = ()
    digits: bool = False


class Recognised(list[list[Segment]]):
    """Segments for each piece, and how many were dropped as never said, by reason."""

    def __init__(self, pieces: Iterable[list[Segment]] = (), *, dropped: Counter[str] | None = None) -> None:
        super().__init__(pieces)
        self.dropped: Counter[str] = dropped if dropped is not None else Counter()


class Engine(Protocol):
    """A recogniser. Safe to call from several threads; the first call may load its weights."""

    name: str
    model: str
    device: str
    compute_type: str
    stand_in: bool

    def recognise(
        self,
        pieces: Sequence[Piece],
        *,
        language: str | None,
        hot_words: Sequence[str] = (),
        expect: Expect | None = None,
    ) -> list[list[Segment]]:
        """The segments of each piece, in order; none where nothing was said. Those of the engines here are
        `Recognised`, which also counts what was dropped. `language` is a code ("en") or None: find out."""
        ...
