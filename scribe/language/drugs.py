"""Drug names, brand to generic, from the dictionary of the drug-named-entity-recognition wheel (MIT licence).

Only the wheel's data is read: `drug_variant_to_canonical`, a pickled dictionary of plain strings. It holds chemicals,
proteins, foods and remains of markup besides drugs, so what is an everyday word, an element or no name is left out.
"""

from __future__ import annotations

import bz2
import io
import pickle
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import distribution

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from scribe.language.phrases import Phrases, read_list
from scribe.language.words import Token, tokenize

_WHEEL, _FILE = "drug-named-entity-recognition", "drug_ner_dictionary.pkl.bz2"
_NAME = re.compile(r"[a-z][a-z0-9-]{4,}(?:[ -][a-z][a-z0-9-]*){0,2}")
_LONG = 8
"""Letters from which one wrong letter is forgiven: a shorter name is too near to ordinary words and to other drugs."""


@dataclass(frozen=True, slots=True)
class Mention:
    """`name` as in the text, in lower case; `generic` the substance, or for a class its name. `kind` tells them apart:
    "blood thinner" is a class."""

    name: str
    generic: str
    start: int
    end: int
    kind: str = "drug"


class _PlainPickle(pickle.Unpickler):
    """Reads dictionaries, lists and strings; refuses to import anything."""

    def find_class(self, module_name: str, global_name: str, /) -> object:
        raise pickle.UnpicklingError(f"unexpected {module_name}.{global_name} in the drug dictionary")


@cache
def generics() -> dict[str, str]:
    """Name in lower case -> generic, of one to three words. Read once, in about half a second."""
    path = distribution(_WHEEL).locate_file(f"{_WHEEL.replace('-', '_')}/{_FILE}")
    with bz2.open(str(path)) as packed:
        data = _PlainPickle(io.BytesIO(packed.read())).load()
    excluded = frozenset(read_list("not_drugs"))
    names = {
        name: canonical[0]
        for name, canonical in data["drug_variant_to_canonical"].items()
        if canonical and name not in excluded and _NAME.fullmatch(name) and _is_name(name, canonical[0], excluded)
    }
    own = {
        str(name): str(generic)
        for generic, many in read_list("drug_names").items()
        for name in (generic, *(many or ()))
    }
    chains = {name: own.get(generic, generic) for name, generic in names.items()}
    return chains | own


def _is_name(name: str, canonical: str, excluded: frozenset[str]) -> bool:
    words = name.split()
    return canonical not in excluded and len(canonical) > 3 and "&" not in canonical and words[0] not in excluded


@cache
def _starts() -> frozenset[str]:
    """First words of the names of several words."""
    return frozenset(re.split("[ -]", name)[0] for name in generics() if " " in name or "-" in name)


@cache
def _long_names() -> dict[str, list[str]]:
    """Names that may be misheard: well-known ones only (a generic, or a brand listed by us), by first letter."""
    own = read_list("drug_names")
    known = {str(name) for generic, brands in own.items() for name in (generic, *(brands or ()))}
    by_letter: dict[str, list[str]] = {}
    for name in known:
        if len(name) >= _LONG and " " not in name:
            by_letter.setdefault(name[0], []).append(name)
    return by_letter


@cache
def _classes() -> Phrases:
    return Phrases(
        (name, group) for group, names in read_list("drug_classes").items() for name in (group, *(names or ()))
    )


def drugs(text: str) -> list[Mention]:
    """Drugs and classes of drugs in order of place, not overlapping."""
    return drugs_of(tokenize(text), text)


def drugs_of(tokens: Sequence[Token], text: str) -> list[Mention]:
    """As `drugs`, for a text that is already in tokens."""
    found = []
    place = 0
    while place < len(tokens):
        name, generic, length = _at(tokens, place)
        if generic:
            found.append(Mention(name, generic, tokens[place].start, tokens[place + length - 1].end))
        place += length
    class_starts = {mention.start for mention in found}
    for group, first, last in _classes().find(tokens):
        if tokens[first].start not in class_starts and not any(
            mention.start < tokens[last - 1].end and tokens[first].start < mention.end for mention in found
        ):
            start, end = tokens[first].start, tokens[last - 1].end
            found.append(Mention(text[start:end].lower(), group, start, end, "class"))
    return sorted(found, key=lambda mention: mention.start)


def _at(tokens: Sequence[Token], place: int) -> tuple[str, str | None, int]:
    """(name, generic or None, how many tokens)."""
    word, names = tokens[place].word, generics()
    if not word[0].isalpha():
        return word, None, 1
    if word in _starts():
        for length in (4, 3, 2):
            joined = " ".join(token.word for token in tokens[place : place + length]).replace(" - ", "-")
            if place + length <= len(tokens) and joined in names:
                return joined, names[joined], length
    generic = names.get(word)
    if generic is None and word.endswith("s") and len(word) > 6:
        generic = names.get(word[:-1])
    return (word, generic, 1) if generic else (word, _misheard(word), 1)


@lru_cache(maxsize=20_000)
def _misheard(word: str) -> str | None:
    """The generic of the one well-known long name that is one letter away, if the word is no everyday word."""
    if not _LONG <= len(word) <= 25 or word in everyday_words():
        return None
    near = process.extract(
        word, _long_names().get(word[0], ()), scorer=DamerauLevenshtein.distance, score_cutoff=1, limit=2
    )
    meanings = {generics()[name] for name, _, _ in near}
    return meanings.pop() if len(meanings) == 1 else None


@cache
def everyday_words() -> frozenset[str]:
    """Words that are never drug names here."""
    return frozenset(str(word) for word in read_list("not_drugs"))
