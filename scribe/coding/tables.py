"""The billable ICD-10-CM codes with the wordings that lead to them, as an index of words."""

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

_WORD = re.compile(r"\d+[ab]\b|\d+|[a-z]+")
_ALIKE = {
    "ii": "2", "iii": "3", "iv": "4", "diabetic": "diabetes", "sacrum": "sacral", "spine": "spinal",
    "vaginal": "vagina", "cervix": "cervical", "preterm": "premature", "prematurity": "premature",
    "metastatic": "metastasis", "thrombi": "thrombus", "calculi": "calculus", "ureteral": "ureter",
    "ureteric": "ureter", "tendonitis": "tendinitis", "tendinopathy": "tendinitis", "goitre": "goiter",
    "herniated": "hernia", "insufficiency": "insufficiency", "allergies": "allergic", "allergy": "allergic",
}  # fmt: skip
"""Words that are read as others, on both sides: in what was said and in the tables."""
_ABSENT = re.compile(
    r"\b(?:without|w/o|not|no)\b(?P<what>.*?)(?=[;()\[\]]|\b(?:with|without|not|no)\b|$"
    r"|(?<!loss )(?<!mention )(?<!evidence )\bof\b"
    r"|, (?:initial|subsequent|sequela|right|left|bilateral|unspecified|first|second|third|intractable)\b)"
)
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|(?<=\w )unspecified [\w ]+?(?= of |,|$)")
_LATER = frozenset("CDEFGHJKMNPQRS")  # seventh characters: a later visit, the sequel, the worse kinds of open fracture
FREE = frozenset([
    "unspecified", "not", "elsewhere", "classified", "nos", "of", "the", "and", "with", "without", "in", "or",
    "for", "to", "by", "due", "other", "type", "specified", "encounter", "initial", "complication", "disease",
    "disorder", "current", "injury", "closed", "fracture", "uncomplicated", "a", "an", "on", "from", "as", "is",
    "at", "site", "part", "essential", "primary", "oth", "unsp", "syndrome", "nec", "level", "side", "organism",
    "cause", "status", "mellitus", "mention", "bod", "body", "left", "right", "bilateral",
])  # fmt: skip
"""Words of a description that a doctor's wording may lack without being another thing."""


@cache
def icd() -> Any:
    """The wheel with the tables, imported when first needed: it reads ten megabytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it reads its files in an old way
        import simple_icd_10_cm
    return simple_icd_10_cm


def words_of(text: str) -> list[str]:
    """Stems of the words and numbers of a text, in lower case; roman numerals from two to four as numbers."""
    return [_stem(word) for word in _WORD.findall(text.lower().replace("rrhoei", "rrhei"))]


@cache
def _stem(word: str) -> str:
    return stem(_ALIKE.get(word, word)) if word.isalpha() else word


def signed_words(text: str) -> list[str]:
    """The same, with a "~" before those that are said to be absent ("without ascites": "~ascites")."""
    found, place, lower = [], 0, text.lower()
    if "no" not in lower and "w/o" not in lower and "without" not in lower:
        return words_of(lower)
    for match in _ABSENT.finditer(lower):
        found += words_of(lower[place : match.start()])
        found += ["~" + word for word in words_of(match["what"])]
        place = match.end()
    return found + words_of(lower[place:])


@dataclass(frozen=True)
class Index:
    """Wordings, each of one code. Postings by stem; `weights` are inverse document frequencies."""

    codes: tuple[str, ...]
    wordings: tuple[str, ...]
    postings: dict[str, npt.NDArray[np.int32]]
    weights: dict[str, float]
    burden: npt.NDArray[np.float32]  # of each entry: the weight of the words that make it more special than its kind

    def weight(self, word: str) -> float:
        return self.weights.get(word, 0.0)


@cache
def index() -> Index:
    """Read once, in about three seconds. Of codes with a seventh character for the encounter, the first visit's."""
    codes: list[str] = []
    wordings: list[str] = []
    needed: list[list[str]] = []
    postings: dict[str, list[int]] = defaultdict(list)
    free = {word for one in FREE for word in words_of(one)}
    for place, (code, text) in enumerate(dict.fromkeys(_entries())):
        codes.append(code)
        wordings.append(text)
        words = set(signed_words(text))
        for word in words:
            postings[word].append(place)
        main = set(signed_words(_ASIDE.sub(" ", text))) if re.search(r"[(\[]| unsp", text) else words
        needed.append([word for word in main - free if word[0] != "~"])
    weights = {word: math.log(1 + len(codes) / len(places)) for word, places in postings.items()}
    return Index(
        codes=tuple(codes),
        wordings=tuple(wordings),
        postings={word: np.array(places, np.int32) for word, places in postings.items()},
        weights=weights,
        burden=np.array([sum(weights[word] for word in words) for words in needed], np.float32),
    )


def _entries() -> Iterator[tuple[str, str]]:
    """(code, wording): its description, its own inclusion terms, and those of the two categories above it, each with
    what the code says beyond the category."""
    for code in billable_codes():
        if _is_later(code):
            continue
        description = display_of(code)
        yield code, description
        for term in icd().get_inclusion_term(code):
            yield code, term
        for ancestor in _categories_above(icd().get_parent(code)):
            beyond = _beyond(description, display_of(ancestor)) if _terms_under(ancestor) else ""
            for term in _terms_under(ancestor):
                yield code, f"{term}, {beyond}" if beyond else term


@cache
def _categories_above(code: str) -> tuple[str, ...]:
    """The category itself and the one above it, blocks and chapters left out."""
    above = (code, icd().get_parent(code)) if code else ()
    return tuple(one for one in above if one and "-" not in one and icd().is_category_or_subcategory(one))


@cache
def _terms_under(category: str) -> tuple[str, ...]:
    return (*icd().get_inclusion_term(category), *icd().get_includes(category))


def _beyond(description: str, general: str) -> str:
    """ "Conjunctival hemorrhage, right eye" beyond "Conjunctival hemorrhage": "right eye"."""
    if description.lower().startswith(general.lower()):
        return description[len(general) :].strip(" ,")
    known = set(words_of(general))
    return " ".join(word for word in re.findall(r"[\w'-]+", description) if not set(words_of(word)) <= known)


def _is_later(code: str) -> bool:
    seventh = code.replace(".", "")[6:7]
    return seventh in _LATER if seventh.isalpha() else code[0] == "O" and seventh.isdigit() and seventh != "0"


@cache
def billable_codes() -> tuple[str, ...]:
    return tuple(code for code in icd().get_all_codes() if is_billable(code))


def is_billable(code: str) -> bool:
    """Whether a code is valid and a leaf of ICD-10-CM, which alone may be used."""
    return (
        bool(icd().is_valid_item(code)) and bool(icd().is_category_or_subcategory(code)) and bool(icd().is_leaf(code))
    )


def display_of(code: str) -> str:
    return str(icd().get_description(code))
