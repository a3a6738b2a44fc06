"""A long visit in parts that a model can take, each with the end of the part before; and their sentences put
together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scribe.note import Division, Section, Sentence
from scribe.visit import Segment

WORDS_A_PART = 1_500  # about ten minutes of talk
_WORDS_BEFORE = 120
_SEGMENTS_BEFORE = 8  # of a second half


@dataclass(frozen=True, slots=True)
class Part:
    """Segments `first` up to `last` of a visit (counted from 0); those from `before` to `first` are for
    understanding."""

    before: int
    first: int
    last: int

    def halves(self) -> tuple[Part, Part] | None:
        """The part in two, where it has two segments."""
        middle = (self.first + self.last) // 2
        return (
            (Part(self.before, self.first, middle), Part(max(self.first, middle - _SEGMENTS_BEFORE), middle, self.last))
            if middle > self.first
            else None
        )


def parts_of(segments: Sequence[Segment], words: int = WORDS_A_PART) -> list[Part]:
    """Parts of about `words` words that together hold every segment once."""
    parts: list[Part] = []
    first = count = 0
    for place, segment in enumerate(segments):
        length = len(segment.text.split())
        if count and count + length > words:
            parts.append(Part(_back(segments, first), first, place))
            first, count = place, 0
        count += length
    if count:
        parts.append(Part(_back(segments, first), first, len(segments)))
    return parts


def _back(segments: Sequence[Segment], first: int) -> int:
    place, count = first, 0
    while place > 0 and count < _WORDS_BEFORE:
        place -= 1
        count += len(segments[place].text.split())
    return place


def joined(found: Iterable[tuple[Division, Sentence]]) -> tuple[Section, ...]:
    """One section a division, in the order of the divisions; a sentence that a later part says again is kept once,
    with the segments of both."""
    kept: dict[Division, list[Sentence]] = {}
    for division, sentence in found:
        there = kept.setdefault(division, [])
        same = next((place for place, other in enumerate(there) if other.text.lower() == sentence.text.lower()), None)
        if same is None:
            there.append(sentence)
        else:
            both = tuple(dict.fromkeys((*there[same].segments, *sentence.segments)))
            there[same] = there[same].model_copy(update={"segments": both})
    return tuple(Section(division=one, sentences=tuple(kept[one])) for one in Division if kept.get(one))
