"""Which sentences of a note a kind of fact is read from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scribe.language.reading import Read, read
from scribe.note import Division, Section, Sentence


def of_divisions(sections: Iterable[Section], *divisions: Division) -> Iterator[tuple[Division, Sentence, Read]]:
    """The supported sentences of these divisions, each with its reading, in the note's order."""
    for section in sections:
        if section.division in divisions:
            for sentence in section.sentences:
                if sentence.supported:
                    yield section.division, sentence, read(sentence.text)


def said_as_fact(one: Read, start: int, end: int) -> bool:
    """Whether what stands there is neither denied, nor another person's, nor only imagined."""
    asserted = one.cues.assess(start, end)
    return not (asserted.negated or asserted.family or asserted.hypothetical)
