"""The last gate of a draft: a sentence that the faithfulness check finds fault with is left out rather than
written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scribe.checking.check import check_sentence
from scribe.note import Division, Finding, FindingKind, Section, Sentence
from scribe.visit import Visit


def keep_supported(sections: Iterable[Section], visit: Visit) -> tuple[Section, ...]:
    """The sections without what the transcript does not bear out; a section that this empties is dropped."""
    kept = (Section(division=section.division, sentences=tuple(_keep(section, visit))) for section in sections)
    return tuple(section for section in kept if section.sentences)


def _keep(section: Section, visit: Visit) -> Iterator[Sentence]:
    return (sentence for sentence in section.sentences if not _find_fault(sentence, section.division, visit))


def _find_fault(sentence: Sentence, division: Division, visit: Visit) -> bool:
    checked = check_sentence(sentence.text, visit, division=division, segments=sentence.segments)
    return any(not _is_spoken_decimal(finding) for finding in checked.findings)


def _is_spoken_decimal(finding: Finding) -> bool:
    """ "a hundred . four" is written 100.4, which a reading of the bare transcript does not find."""
    return finding.kind is FindingKind.NUMBER and "." in finding.words and finding.instead is None
