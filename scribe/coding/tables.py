"""Every billable ICD-10-CM code with the wordings that lead to it, as an index of words."""

from __future__ import annotations

import math
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from scribe.language.words import stem

_WORD = re.compile(r"[a-z]+|\d+")
FREE = frozenset(
    [
        "unspecified",
        "not",
        "elsewhere",
        "classified",
        "nos",
        "of",
        "the",
        "and",
        "with",
        "without",
        "in",
        "or",
        "for",
        "to",
        "by",
        "due",
        "other",
        "type",
        "specified",
        "encounter",
        "initial",
        "complication",
        "disease",
        "disorder",
        "current",
        "injury",
        "closed",
        "fracture",
        "uncomplicated",
        "a",
        "an",
        "on",
        "from",
        "as",
        "is",
        "at",
        "site",
        "part",
        "essential",
        "primary",
        "oth",
        "unsp",
        "syndrome",
        "nec",
        "level",
        "side",
        "organism",
        "cause",
        "status",
        "mellitus",
        "mention",
        "bod",
        "body",
        "left",
        "right",
        "bilateral",
    ]
)
"""Words of a description that a doctor's wording may lack without being another thing."""


@cache
def icd() -> Any:
    """The wheel with the tables, imported when first needed: it reads ten megabytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it reads its files in an old way
        import simple_icd_10_cm
    return simple_icd_10_cm


def words_of(text: str) -> list[str]:
    """Stems of the words and numbers of a text, in lower case."""
    return [stem(word) if word.isalpha() else word for word in _WORD.findall(text.lower())]


@dataclass(frozen=True)
class Index:
    """`entries`: wordings, each of one code. Postings by stem; `weights` are inverse document frequencies."""

    codes: tuple[str, ...]
    wordings: tuple[str, ...]
    postings: dict[str, npt.NDArray[np.int32]]
    weights: dict[str, float]
    burden: npt.NDArray[np.float32]  # of each entry: the weight of all its words that are not free

    def weight(self, word: str) -> float:
        return self.weights.get(word, 0.0)


@cache
def index() -> Index:
    """Read once, in about three seconds."""
    entries = [(code, text, tuple(dict.fromkeys(words_of(text)))) for code, text in _entries()]
    postings: dict[str, list[int]] = defaultdict(list)
    for place, (_, _, words) in enumerate(entries):
        for word in words:
            postings[word].append(place)
    weights = {word: math.log(1 + len(entries) / len(places)) for word, places in postings.items()}
    free = {stem(word) for word in FREE}
    burden = np.array([sum(weights[word] for word in words if word not in free) for _, _, words in entries], np.float32)
    return Index(
        codes=tuple(code for code, _, _ in entries),
        wordings=tuple(text for _, text, _ in entries),
        postings={word: np.array(places, np.int32) for word, places in postings.items()},
        weights=weights,
        burden=burden,
    )


def _entries() -> Iterator[tuple[str, str]]:
    """(billable code, wording): its description, its own inclusion terms, and those of the category that it is the
    unspecified member of."""
    for code in icd().get_all_codes():
        if not is_billable(code):
            continue
        description = icd().get_description(code)
        yield code, description
        for term in icd().get_inclusion_term(code):
            yield code, term
        if "nspecified" in description or code[-1] in "09":
            for ancestor in icd().get_ancestors(code)[:2]:
                if len(ancestor) >= 3 and "-" not in ancestor:
                    for term in (*icd().get_inclusion_term(ancestor), *icd().get_includes(ancestor)):
                        yield code, term


def is_billable(code: str) -> bool:
    """Whether a code is valid and a leaf of ICD-10-CM, which alone may be used."""
    return (
        bool(icd().is_valid_item(code)) and bool(icd().is_category_or_subcategory(code)) and bool(icd().is_leaf(code))
    )


def display_of(code: str) -> str:
    return str(icd().get_description(code))
