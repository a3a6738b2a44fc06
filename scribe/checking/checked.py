"""What the check of a draft gives back."""

from __future__ import annotations

from typing import Literal

from scribe.note import Division, Finding, FindingKind, Part, Section, Sentence


class Missing(Part):
    """Something that was said and is not in the note. `text` names it; `segments` are where it was said."""

    kind: Literal["symptom", "medication", "allergy", "plan"]
    text: str
    segments: tuple[str, ...] = ()


class Support(Part):
    """How well one sentence holds. `share` from 0 to 1: the part of its content that its segments say, by weight."""

    share: float
    sentence: Sentence


class Checked(Part):
    """A note held against its visit. `sections` are as they came in, each sentence with the segments that support it
    and its findings. `share`: the mean of the sentences' shares, None for an empty note. `covered`: the part, by
    weight, of what the visit says that the note says too, None where the visit says nothing of weight."""

    sections: tuple[Section, ...]
    missing: tuple[Missing, ...] = ()
    contradictions: tuple[Finding, ...] = ()
    share: float | None = None
    covered: float | None = None

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        return tuple(sentence for section in self.sections for sentence in section.sentences)

    @property
    def supported(self) -> bool:
        """Whether no sentence has a finding. What is missing does not count here."""
        return all(sentence.supported for sentence in self.sentences)

    def of_kind(self, kind: FindingKind) -> tuple[Finding, ...]:
        return tuple(finding for sentence in self.sentences for finding in sentence.findings if finding.kind is kind)

    def division(self, division: Division) -> tuple[Sentence, ...]:
        return tuple(
            sentence for section in self.sections if section.division is division for sentence in section.sentences
        )
