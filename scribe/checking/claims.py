"""What a sentence of a note claims: its terms, drugs, figures and other content words, each affirmed or denied."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from scribe.checking.vocabulary import set_phrase_places, weight
from scribe.language.numbers import numbers
from scribe.language.quantities import Found
from scribe.language.reading import Read, read

ItemKind = Literal["term", "drug", "class", "word", "figure"]
TERM_WEIGHT, DRUG_WEIGHT, FIGURE_WEIGHT, SITE_WEIGHT = 2.0, 2.5, 1.2, 1.0
_LIST_NUMBER = re.compile(r"^\s*\d{1,2}[.)]\s")
_HEADING = re.compile(r"(?!.*\b(?:NO|NOT|DENIES)\b)[A-Z][A-Z /&-]{3,40}:?")
_SYSTEM = re.compile(
    r"\s*(?:constitutional|cardiovascular|respiratory|gastrointestinal|genitourinary|musculoskeletal|integumentary"
    r"|neurologic(?:al)?|psychiatric|endocrine|hematologic|heent|ears, nose, mouth and throat)\s*:",
    re.I,
)
"""The name of a body system before what was found of it: it says nothing by itself."""
_DATE = re.compile(r"\b\d{1,2}/\d{1,2}/\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}/\d{4}\b")
_ATTRIBUTED = re.compile(
    r"\b(?:she|he|they|patient|pt|mother|father|parent|mom|dad)\s+(?:also\s+|further\s+|does\s+|currently\s+)?"
    r"(?:reports?|reported|denie[sd]|states?|stated|endorse[sd]?|admits?|admitted|describe[sd]?|complain(?:s"
    r"|ed)|notes?|noted|says?)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of content. `name`: the clinical term, the generic, the stem, or the figure. Places in the sentence."""

    kind: ItemKind
    name: str
    weight: float
    start: int
    end: int
    negated: bool
    open: bool
    """Supposed: not judged for yes or no."""
    family: bool
    stems: tuple[str, ...]
    figure: Found | None = None
    site: bool = False


@dataclass(frozen=True)
class Claim:
    """A sentence taken apart. `attributed`: it says that the patient reports or denies."""

    text: str
    read: Read
    items: tuple[Item, ...]
    attributed: bool

    @property
    def weight(self) -> float:
        return sum(item.weight for item in self.items)


@lru_cache(maxsize=4096)
def read_claim(text: str) -> Claim:
    """What a sentence claims. Frames that assert nothing ("presents for evaluation of") are left out."""
    one = read(text)
    free = bytearray(len(text) + 1)
    for start, end in [*set_phrase_places(text), *[match.span() for match in _DATE.finditer(text)], *_numbering(text)]:
        free[start:end] = b"\x01" * (end - start)
    if _HEADING.fullmatch(text.strip()):
        return Claim(text, one, (), False)
    items = [*_figures(one, free), *_drugs(one, free), *_terms(one, free)]
    items += _words(one, free)
    return Claim(text, one, tuple(sorted(items, key=lambda item: item.start)), bool(_ATTRIBUTED.search(text)))


def _numbering(text: str) -> list[tuple[int, int]]:
    match = _LIST_NUMBER.match(text) or _SYSTEM.match(text)
    return [match.span()] if match else []


def _mark_claimed(free: bytearray, start: int, end: int) -> None:
    free[start:end] = b"\x01" * (end - start)


def _item(one: Read, kind: ItemKind, *, name: str, weigh: float, start: int, end: int, **more: object) -> Item:
    cues = one.cues.assess(start, end)
    first, last = (bisect_left(one.tokens, place, key=lambda token: token.start) for place in (start, end))
    stems = tuple(token.stem for token in one.tokens[first:last] if weight(token.stem) > 0)
    shape = (cues.negated, cues.hypothetical, cues.family)
    return Item(kind, name, weigh, start, end, *shape, stems, **more)  # type: ignore[arg-type]


def _figures(one: Read, free: bytearray) -> list[Item]:
    made = []
    for found in one.quantities:
        bare_one = found.value == 1 and found.spelled and not found.code
        if any(free[found.start : found.end]) or found.ordinal or bare_one or _part_of_name(one, found):
            continue
        made.append(
            _item(
                one,
                "figure",
                name=str(found.value),
                weigh=FIGURE_WEIGHT,
                start=found.start,
                end=found.end,
                figure=found,
            )
        )
        _mark_claimed(free, found.start, found.end)
    return made


def _part_of_name(one: Read, found: Found) -> bool:
    """ "type 2 diabetes", "COVID-19", "B12": a digit inside a term or a drug is no figure."""
    named = [(mention.start, mention.end) for mention in one.concepts]
    named += [(drug.start, drug.end) for drug in one.drugs]
    return any(
        (start < found.start and found.end <= end) or (start == found.start and found.end < end) for start, end in named
    )


def _drugs(one: Read, free: bytearray) -> list[Item]:
    made = []
    for drug in one.drugs:
        if any(free[drug.start : drug.end]):
            continue
        kind: ItemKind = "class" if drug.kind == "class" else "drug"
        made.append(_item(one, kind, name=drug.generic, weigh=DRUG_WEIGHT, start=drug.start, end=drug.end))
        _mark_claimed(free, drug.start, drug.end)
    return made


def _terms(one: Read, free: bytearray) -> list[Item]:
    """Terms; the ones put together from a symptom and its site stand for neither, which are there themselves."""
    made = []
    for mention in sorted(one.concepts, key=lambda mention: mention.end - mention.start):
        if any(free[mention.start : mention.end]):
            continue
        site = mention.kind == "site"
        weigh = SITE_WEIGHT if site else TERM_WEIGHT
        made.append(
            _item(one, "term", name=mention.concept, weigh=weigh, start=mention.start, end=mention.end, site=site)
        )
        _mark_claimed(free, mention.start, mention.end)
    return made


def _words(one: Read, free: bytearray) -> list[Item]:
    spelled = {place for number in numbers(one.tokens) for place in range(number.first, number.last)}
    made = []
    for place, token in enumerate(one.tokens):
        if place in spelled or any(free[token.start : token.end]) or weight(token.stem) == 0:
            continue
        made.append(_item(one, "word", name=token.stem, weigh=weight(token.stem), start=token.start, end=token.end))
    return made
