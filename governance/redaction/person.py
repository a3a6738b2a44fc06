"""A person of the hospital as redaction needs to know them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from governance.redaction.devanagari import is_devanagari, romanise
from governance.redaction.names import TITLES
from governance.redaction.tokens import MARKS


@dataclass(frozen=True, slots=True)
class Person:
    """`names` are full names ("Asha Rao", other spellings of it too), `addresses` whole addresses or lines of them."""

    id: str
    kind: Literal["patient", "practitioner", "relative"]
    names: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    mrn: str | None = None
    identifiers: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    birth_date: date | None = None
    email: str | None = None


_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{MARKS}]|['’](?=[^\W_]))*")


@lru_cache(maxsize=65536)
def plain(word: str) -> str:
    """A word in lower case and Latin letters, without accents, apostrophes and a possessive ending."""
    word = word.casefold()
    if word.isascii() and "'" not in word:
        return word
    if is_devanagari(word):
        return romanise(word) or word
    word = word.replace("’", "'").removesuffix("'s").replace("'", "")
    if word.isascii():
        return word
    return "".join(char for char in unicodedata.normalize("NFKD", word) if not "\u0300" <= char <= "\u036f") or word


class Words:
    """The words and numbers of a text: `plain` as they are compared, their places only when they are asked for."""

    __slots__ = ("_spans", "plain", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain = [plain(word) for word in _WORD.findall(text)]
        self._spans: list[tuple[int, int]] | None = None

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Start and end of each word."""
        if self._spans is None:
            self._spans = [match.span() for match in _WORD.finditer(self.text)]
        return self._spans

    def shown(self, place: int) -> str:
        """A word as it is written."""
        start, end = self.spans[place]
        return self.text[start:end]


@lru_cache(maxsize=16)
def words_of(text: str) -> Words:
    """The words of a text; they are asked for by the index of all people and by that of the conversation's."""
    return Words(text)


def plain_words(text: str) -> list[str]:
    """The words of a value of a record."""
    return [plain(match) for match in _WORD.findall(text)]


def name_words(name: str) -> list[str]:
    """The words of a name, without titles."""
    words = plain_words(name)
    return [word for word in words if word not in TITLES] or words


_TWO_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa", "Å": "Aa", "ø": "oe", "Ø": "Oe"}
)


def spellings(name: str) -> list[str]:
    """A name as it is, and as it is written where the letters with marks are missing: Müller, Mueller."""
    other = name.translate(_TWO_LETTERS)
    return [name] if other == name else [name, other]


def address_parts(address: str) -> Iterator[list[str]]:
    """An address whole, its parts between commas and line ends, and these without the house number."""
    whole = plain_words(address)
    if len(whole) > 1:
        yield whole
    for part in re.split(r"[,;\n]", address):
        words = plain_words(part)
        if 1 < len(words) < len(whole) or len(words) > 1:
            yield words
        if len(words) > 2 and words[0][0].isdigit():
            yield words[1:]
        if len(words) == 1 and len(words[0]) > 5 and not words[0].isdigit():
            yield words


def phone_forms(phone: str) -> Iterator[str]:
    """A phone number's digits as people write them, without noughts before: with the country's prefix and without."""
    digits = "".join(char for char in phone if char.isdigit()).lstrip("0")
    if len(digits) < 7:
        return
    yield digits
    if len(digits) == 10:
        yield "91" + digits
    elif len(digits) > 10 and digits.startswith(("91", "1")):
        yield digits[-10:]
    elif len(digits) > 9:  # the prefix of another country has two or three digits
        yield digits[2:]
        yield digits[3:]
