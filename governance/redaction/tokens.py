"""The words and numbers of a text with their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

MARKS = "\u0300-\u036f\u0900-\u0963\u200c\u200d"  # combining accents, Devanagari's signs and joiners
_TOKEN = re.compile(
    rf"[^\W\d_](?:[^\W\d_]|[{MARKS}]|['’\-](?=[^\W\d_]))*|\d+[A-Za-z]?(?![^\W\d_])|\d+|[^\W_]",
)


@dataclass(frozen=True, slots=True)
class Token:
    """`lower` is the word in lower case; `title` says that it begins with a capital, `upper` that it has only
    capitals."""

    start: int
    end: int
    text: str
    lower: str
    title: bool
    upper: bool
    number: bool


@lru_cache(maxsize=16)
def tokens(text: str) -> tuple[Token, ...]:
    """Words (hyphens and apostrophes inside kept) and numbers."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        number = word[0].isdigit()
        title = not number and word[0].isupper()
        upper = title and len(word) > 1 and word.isupper()
        found.append(Token(match.start(), match.end(), word, word.lower(), title, upper, number))
    return tuple(found)


_CAPITALS = re.compile(r"[^\W\d_a-z]['’\-]?[^\W\d_a-z]")  # where there are none beside each other, nobody shouts


@lru_cache(maxsize=16)
def is_shouted(text: str) -> bool:
    """Whether capitals say nothing in this text: it has hardly any small letters, or every word begins with a
    capital."""
    if _CAPITALS.search(text) is None:
        return False
    words = [token for token in tokens(text) if not token.number]
    if len(words) < 4:
        return False
    return sum(token.upper for token in words) > 0.6 * len(words)
