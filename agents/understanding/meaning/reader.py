"""What messages mean by likeness, for whoever asks: the heads, and the embedder where this machine has it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from agents.understanding.meaning.heads import Likely, Vector, read_head
from agents.understanding.resolve.specialty_words import COMPLAINT_PATTERNS, INSTEAD
from agents.understanding.resolve.spelling import plain
from rag.embedding.shared import Embeddings

_RULES_WORD = 0.6  # what a department that the rules' words name has more; shared where they name several


@dataclass(frozen=True, slots=True)
class Meaning:
    """Without an embedder the words' pieces alone are read."""

    embeddings: Embeddings | None = None

    def wants(self, text: str) -> list[Likely]:
        """What the message wants, the likeliest first."""
        return read_head("wants").of(text, self._vector(text))

    def wants_by_pieces(self, text: str) -> list[Likely]:
        """The same by the words' pieces alone: less surely, and in a tenth of the time."""
        return read_head("wants").of(text, None)

    def replies(self, text: str) -> list[Likely]:
        """What a reply to something that was read back means, the likeliest first."""
        return read_head("replies").of(text, self._vector(text))

    def picks(self, text: str) -> list[Likely]:
        """What a reply to a list of times means, the likeliest first."""
        return read_head("picks").of(text, self._vector(text))

    def departments(self, text: str, among: Collection[str]) -> list[Likely]:
        """Which of the hospital's departments (by code) a complaint belongs to, the likeliest first; by likeness, and
        by the words of the rules."""
        said = plain(text).text
        named = {slug for slug, pattern in COMPLAINT_PATTERNS.items() if pattern.search(said)}
        named = {slug if slug in among else INSTEAD.get(slug, "") for slug in named} & set(among)
        weighed = [
            Likely(one.label, one.share + (_RULES_WORD / len(named) if one.label in named else 0))
            for one in read_head("departments").of(text, self._vector(text))
            if one.label in among
        ]
        total = sum(one.share for one in weighed) or 1.0
        return sorted((Likely(one.label, one.share / total) for one in weighed), key=lambda one: -one.share)

    def ahead(self, texts: Sequence[str]) -> None:
        """Look at several texts at once, before each is asked about."""
        if self.embeddings is not None:
            self.embeddings.ahead(texts)

    def _vector(self, text: str) -> Vector | None:
        return self.embeddings.of(text) if self.embeddings is not None else None
