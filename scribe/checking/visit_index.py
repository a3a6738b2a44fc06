"""A visit, indexed for the check: which terms, words, figures, drugs and sides were said where, by whom, and whether
they were affirmed or denied, questions read together with their answers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from scribe.checking.units import Unit, cut
from scribe.checking.vocabulary import keys, weight
from scribe.language.doses import Dose
from scribe.language.negation import read_answer
from scribe.language.quantities import Found
from scribe.language.reading import Read, read
from scribe.language.sides import Side
from scribe.language.words import Token
from scribe.visit import Role, Visit

YES, NO, OPEN = 1, 2, 4
"""Affirmed, denied, asked and not clearly answered: bits, so that a unit can hold several."""
_NEXT = 2
"""Units after a question in which its answer is looked for."""
_WITHIN = 14
"""Tokens after a term in which its answer may stand in the same turn."""


class Said(NamedTuple):
    """One term in one unit. `polarity`: YES, NO or OPEN. `answer`: the unit that answered, where it was asked.
    `supposed`: under an "if" or a "watch for". `family`: of a relative."""

    segment: int
    polarity: int
    asked: bool
    answer: int | None
    supposed: bool
    family: bool
    uncertain: bool
    historical: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the segment after a question answers. `says` as `read_answer`; `segment` None where nobody answered."""

    segment: int | None
    says: bool | None


class VisitIndex:
    """The index of one visit. Places are those of `units`, not ids of segments."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.units: list[Unit] = cut(visit)
        self.roles: list[Role] = [unit.role for unit in self.units]
        self.reads: list[Read] = [read(unit.text) for unit in self.units]
        self.terms: dict[str, list[Said]] = defaultdict(list)
        self.words: dict[str, dict[int, int]] = defaultdict(dict)
        self.figures: dict[Decimal, list[tuple[int, Found]]] = defaultdict(list)
        self.drugs: dict[str, list[Said]] = defaultdict(list)
        self.doses: dict[str, list[tuple[int, Dose]]] = defaultdict(list)
        self.sides: list[tuple[int, Side]] = []
        self.answers = [self._answer(place) for place in range(len(self.reads))]
        for place in range(len(self.reads)):
            self._add(place)

    def ids(self, places: set[int]) -> tuple[str, ...]:
        """Ids of segments, in the order in which they were said."""
        segments = {self.units[place].segment for place in places}
        return tuple(self.visit.segments[segment].id for segment in sorted(segments))

    def _answer(self, place: int) -> Exchange:
        """The answer to what `place` asks: from the next segment, by somebody else, unless the asker talks on at
        length."""
        if not any(self.reads[place].questions):
            return Exchange(None, None)
        asker = self.units[place]
        for following in range(place + 1, min(place + 1 + _NEXT, len(self.reads))):
            unit = self.units[following]
            if unit.segment != asker.segment and (unit.role != asker.role or asker.role == "unknown"):
                return Exchange(following, read_answer(unit.text))
            if unit.segment != asker.segment and any(self.reads[following].questions):
                break
        return Exchange(None, None)

    def _add(self, place: int) -> None:
        one = self.reads[place]
        starts = {token.start: number for number, token in enumerate(one.tokens)}
        answered = self._named_in_answer(place)
        for mention in one.concepts:
            self.terms[mention.concept].append(
                self._said(place, starts[mention.start], name=mention.concept, answered=answered)
            )
        for drug in one.drugs:
            self.drugs[drug.generic].append(self._said(place, starts[drug.start], name=drug.generic, answered=answered))
        for found in one.quantities:
            self.figures[found.value].append((place, found))
        for dose in one.doses:
            if dose.drug:
                self.doses[dose.drug.generic].append((place, dose))
        self.sides += [(place, side) for side in one.sides if self._is_told(place, starts[side.start], side)]
        for number, token in enumerate(one.tokens):
            if weight(token.stem) > 0:
                polarity = self._polarity(place, number, own_answer=False)
                if one.questions[number] and polarity == NO and not self._is_asked_for(one, token):
                    polarity = OPEN
                for key in keys(token.stem):
                    self.words[key][place] = self.words[key].get(place, 0) | polarity

    def _is_asked_for(self, one: Read, token: Token) -> bool:
        """Whether a word is what a question is about: "any pain when you walk?" "no" does not deny the walking."""
        terms = [mention for mention in one.concepts if mention.kind != "site"]
        return not terms or any(mention.start <= token.start < mention.end for mention in terms)

    def _is_told(self, place: int, token: int, side: Side) -> bool:
        """Whether a side is said, not only asked for: "left or right?" says neither."""
        one = self.reads[place]
        if not one.questions[token]:
            return True
        if self.answers[place].says is False:
            return False
        return len({other.value for other in one.sides if other.axis == side.axis}) == 1

    def _named_in_answer(self, place: int) -> set[str]:
        """Terms that the answer to this segment's question names itself."""
        answer = self.answers[place].segment
        if answer is None:
            return set()
        other = self.reads[answer]
        named = {mention.concept for mention in other.concepts} | {drug.generic for drug in other.drugs}
        one = self.reads[place]
        return named & ({mention.concept for mention in one.concepts} | {drug.generic for drug in one.drugs})

    def _said(self, place: int, token: int, *, name: str, answered: set[str]) -> Said:
        one = self.reads[place]
        cues = one.cues.at(token)
        asked = bool(one.questions[token])
        return Said(
            segment=place,
            polarity=self._polarity(place, token, own_answer=name in answered, picked=bool(answered)),
            asked=asked,
            answer=self.answers[place].segment if asked else None,
            supposed=cues.hypothetical,
            family=cues.family,
            uncertain=cues.uncertain,
            historical=cues.historical,
        )

    def _polarity(self, place: int, token: int, *, own_answer: bool, picked: bool = False) -> int:
        """`own_answer`: the answer names this term itself. `picked`: it names another of those asked about."""
        one = self.reads[place]
        negated = bool(one.cues.negated[token])
        if not one.questions[token]:
            return NO if negated else YES
        if own_answer:
            return OPEN
        if self._answered_within(one, token):
            return NO
        answer = self.answers[place]
        if negated:
            return YES if answer.says and self._insists(answer) else NO
        return OPEN if answer.says is None or (answer.says and picked) else YES if answer.says else NO

    def _answered_within(self, one: Read, token: int) -> bool:
        """ "Any chest pain or anything like that no no": question and answer in one turn, as recognisers join them."""
        words = [other.word for other in one.tokens[token + 1 : token + _WITHIN]]
        return any(pair in (("no", "no"), ("no", "not"), ("no", "nothing")) for pair in pairwise(words))

    def _insists(self, answer: Exchange) -> bool:
        """ "No chest pain?" "Yes, I do have some": against the question's own no."""
        if answer.segment is None:
            return False
        return bool({"do", "have", "some", "little"} & {token.word for token in self.reads[answer.segment].tokens[:8]})


@lru_cache(maxsize=8)
def index_visit(visit: Visit) -> VisitIndex:
    """The index of a visit, made once for the last few visits."""
    return VisitIndex(visit)
