"""All that the other modules find in one text, read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from scribe.language import drugs as drug_names
from scribe.language.doses import Dose, doses_of
from scribe.language.negation import Reading, asked_places, is_question
from scribe.language.quantities import Found, quantities_of
from scribe.language.sides import Side, sides_of
from scribe.language.terms import Mention, concepts_of
from scribe.language.words import Token, tokenize


@dataclass(frozen=True)
class Read:
    """One text and what is in it. Each part is worked out when first asked for."""

    text: str

    @cached_property
    def tokens(self) -> list[Token]:
        return tokenize(self.text)

    @cached_property
    def concepts(self) -> list[Mention]:
        return concepts_of(self.tokens)

    @cached_property
    def drugs(self) -> list[drug_names.Mention]:
        return drug_names.drugs_of(self.tokens, self.text)

    @cached_property
    def quantities(self) -> list[Found]:
        return quantities_of(self.tokens, self.text)

    @cached_property
    def doses(self) -> list[Dose]:
        return doses_of(self.tokens, self.text, named=self.drugs, found=self.quantities)

    @cached_property
    def sides(self) -> list[Side]:
        return sides_of(self.tokens, self.concepts)

    @cached_property
    def cues(self) -> Reading:
        return Reading(self.tokens)

    @cached_property
    def questions(self) -> Sequence[bool]:
        """One bool a token: whether its sentence asks."""
        return _questions(self.text, self.tokens)


_ASKED_TOKENS = 40
"""Tokens before the end of unmarked speech in which its question is looked for."""


def _questions(text: str, tokens: Sequence[Token]) -> list[bool]:
    asked: list[bool] = []
    first = 0
    for place, token in enumerate(tokens):
        if token.word in (".", "?", "!") or place == len(tokens) - 1:
            asks = is_question(text[tokens[first].start : token.end])
            tail = max(first, place + 1 - _ASKED_TOKENS)
            open_end = set() if asks or token.word in (".", "!") else asked_places(tokens[tail : place + 1])
            asked += [asks or number - tail in open_end for number in range(first, place + 1)]
            first = place + 1
    return asked


@lru_cache(maxsize=4096)
def read(text: str) -> Read:
    """The reading of a text. Readings of the last few thousand texts are kept."""
    return Read(text)
