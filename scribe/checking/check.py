"""The faithfulness check: every sentence of a note against what was said in the visit."""

from __future__ import annotations

from collections.abc import Iterable

from scribe.checking.checked import Checked, Support
from scribe.checking.claims import Claim, read_claim
from scribe.checking.contradictions import find_contradictions
from scribe.checking.facts import find_negation
from scribe.checking.figures import find_figures
from scribe.checking.missing import find_missing, share_covered
from scribe.checking.sides import find_sides
from scribe.checking.speakers import find_speaker
from scribe.checking.support import Backing, find_backing
from scribe.checking.swapped import find_swapped
from scribe.checking.visit_index import VisitIndex, index_visit
from scribe.note import Division, Finding, FindingKind, Section, Sentence, Written
from scribe.visit import Visit

LEAST_SHARE = 0.6
"""Share of a sentence's content that must be said in one or a few places of the visit."""
_HEAVY = 2.0
"""Weight from which a single thing that nobody said makes a finding by itself: a clinical term, a drug."""
_LEAST_CLAIM = 0.8
"""Weight of a claim that is worth looking for: one plain word alone is not."""
_PENALTY = 0.25
"""What each finding takes from a sentence's share."""


def check_note(written: Written | Iterable[Section], visit: Visit) -> Checked:
    """A note against its visit: sections as they came, each sentence with the segments that support it and its
    findings; what was said and is missing; what contradicts itself. Segments that a sentence already names are kept."""
    sections = tuple(written.sections if isinstance(written, Written) else written)
    visit_index = index_visit(visit)
    supports = {
        (index, number): rate_sentence(sentence.text, visit, division=section.division, segments=sentence.segments)
        for index, section in enumerate(sections)
        for number, sentence in enumerate(section.sentences)
    }
    against = find_contradictions(sections)
    checked = tuple(
        Section(
            division=section.division,
            sentences=tuple(
                _with_findings(supports[index, number].sentence, against.get((index, number), ()))
                for number in range(len(section.sentences))
            ),
        )
        for index, section in enumerate(sections)
    )
    shares = [support.share for support in supports.values()]
    return Checked(
        sections=checked,
        missing=find_missing(sections, visit_index),
        contradictions=tuple(finding for findings in against.values() for finding in findings),
        share=sum(shares) / len(shares) if shares else None,
        covered=share_covered(sections, visit_index),
    )


def check_sentence(
    text: str, visit: Visit, *, division: Division | None = None, segments: tuple[str, ...] = ()
) -> Sentence:
    """One sentence of a note, with the segments that support it and what is wrong with it. `division`, where it stands,
    tells who must have said it. `segments`, where given, are kept as its segments and also searched first."""
    return rate_sentence(text, visit, division=division, segments=segments).sentence


def rate_sentence(
    text: str, visit: Visit, *, division: Division | None = None, segments: tuple[str, ...] = ()
) -> Support:
    """As `check_sentence`, with the share of its content that is said, less for every finding."""
    visit_index = index_visit(visit)
    claim = read_claim(text)
    backing = find_backing(claim, visit_index)
    findings = [
        *_find_unsupported(claim, backing, visit_index),
        *find_negation(claim, backing, visit_index),
        *find_sides(claim, backing, visit_index),
        *find_figures(claim, backing, visit_index),
        *find_swapped(claim, visit_index),
    ]
    findings += [] if findings else find_speaker(claim, backing, visit_index=visit_index, division=division)
    sentence = Sentence(text=text, segments=segments or visit_index.ids(set(backing.places)), findings=tuple(findings))
    return Support(share=max(0.0, backing.share - _PENALTY * len(findings)), sentence=sentence)


def _find_unsupported(claim: Claim, backing: Backing, visit_index: VisitIndex) -> list[Finding]:
    named = [item for item in backing.unsaid if item.weight >= _HEAVY and item.kind in ("term", "drug", "class")]
    if named:
        words = ", ".join(claim.text[item.start : item.end] for item in named)
        return [Finding(kind=FindingKind.UNSUPPORTED, words=words)]
    if backing.share >= LEAST_SHARE or claim.weight < _LEAST_CLAIM:
        return []
    lost = [*backing.unsaid, *backing.far]
    if not lost:
        return []
    words = ", ".join(claim.text[item.start : item.end] for item in sorted(lost, key=lambda item: item.start))
    return [Finding(kind=FindingKind.UNSUPPORTED, words=words, segments=visit_index.ids(set(backing.places)))]


def _with_findings(sentence: Sentence, more: Iterable[Finding]) -> Sentence:
    return sentence.model_copy(update={"findings": (*sentence.findings, *more)})
