"""Words with their times as segments that can be read: cut at pauses, at the ends of sentences, and where they get
long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from voice.audio import Piece
from voice.recognition.engine import Segment, Word

_PAUSE_S = 0.8
_SENTENCE_S, _LONG_S, _LONGEST_S = 3.0, 15.0, 25.0
_ENDS = (".", "?", "!", "।", "。", "？", "！", "…")


def segments_of(words: Sequence[Word], piece: Piece, *, language: str) -> list[Segment]:
    """The segments of a piece's words. A word's text keeps the space before it, where its language has one."""
    found = []
    for group in _groups([_within(word, piece) for word in words]):
        said = tuple(Word(word.text.strip(), word.start_s, word.end_s, word.probability) for word in group)
        confidence = sum(word.probability for word in said) / len(said)
        text = "".join(word.text for word in group).strip()
        found.append(Segment(piece.channel, said[0].start_s, said[-1].end_s, text, said, confidence, language))
    return found


def _within(word: Word, piece: Piece) -> Word:
    start = min(max(word.start_s, piece.start_s), piece.end_s)
    return Word(word.text, start, min(max(word.end_s, start), piece.end_s), min(max(word.probability, 0.0), 1.0))


def _groups(words: Sequence[Word]) -> Iterator[list[Word]]:
    group: list[Word] = []
    for word in words:
        if group and _parted(group, word):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _parted(group: Sequence[Word], word: Word) -> bool:
    last = group[-1]
    pause_s, length_s = word.start_s - last.end_s, word.end_s - group[0].start_s
    if pause_s >= _PAUSE_S or length_s > _LONGEST_S:
        return True
    return (last.text.rstrip().endswith(_ENDS) and length_s > _SENTENCE_S) or (length_s > _LONG_S and pause_s >= 0.2)
