"""Street addresses of the United States, Europe and India."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.redaction.dates import date_spans
from governance.redaction.found import Found
from governance.redaction.names import TITLES
from governance.redaction.ordinary import is_ordinary, is_place, word_set
from governance.redaction.tokens import Token, is_shouted, tokens
from lexicon import beside

_WORDS = beside(__file__)

STREET = word_set("streets")
_UNIT = word_set("units")
_OWN_UNIT = _UNIT - {
    "room",
    "floor",
    "wing",
    "block",
    "tower",
    "no",
    "building",
    "po",
    "p.o",
    "box",
}  # a hospital has those too
_LONG = _WORDS.pattern("long")
_GAP = re.compile(r"[ \t,.#\-/'’)(\\>?|]*(?:\n[ \t,.#\-/'’)(\\>?|]*){0,3}")
_NUMBER = re.compile(r"\d{1,6}[a-z]?")
_PARTICLES = word_set("particles of addresses")
_BEFORE = word_set("before addresses")
_MILITARY = _WORDS.pattern("military")
_BOX = re.compile(r"(?<!\w)P\.? ?O\.? ?Box \d+(?!\w)", re.IGNORECASE)
_STATE_ZIP = re.compile(r"(?<!\w)[A-Z]{2},? \d{5}(?:-\d{4})?(?!\w)")
_LINE = _WORDS.pattern("line", re.IGNORECASE)
_SMALL = _WORDS.pattern("small", re.IGNORECASE)


def addresses(text: str) -> Iterator[Found]:
    """STREET_ADDRESS, with what follows of it (house, town, postal code) as far as it can be told."""
    days = date_spans(text)
    words = tuple(
        word
        for word in (() if is_shouted(text) else tokens(text))
        if not any(start <= word.start < end for start, end, _ in days)
    )
    place = 0
    while place < len(words):
        last, sure = _walk(text, words, place)
        if sure:
            yield Found(words[place].start, words[last].end, "STREET_ADDRESS", sure)
            place = last
        place += 1
    for pattern, score in ((_MILITARY, 0.8), (_BOX, 0.7), (_LINE, 0.65), (_STATE_ZIP, 0.6)):
        for match in pattern.finditer(text):
            yield Found(*match.span(), "STREET_ADDRESS", score)
    for match in _SMALL.finditer(text):
        words_of_it = re.findall(r"[A-Za-z']+", match.group()[match.group().find(" ") :])
        if all(word.istitle() for word in words_of_it) or not all(
            is_ordinary(word.lower()) for word in words_of_it[:-1]
        ):
            yield Found(*match.span(), "STREET_ADDRESS", 0.6)


def _walk(text: str, words: tuple[Token, ...], first: int) -> tuple[int, float]:
    """The last word of the address that begins at a word, and how sure it is one (0: it is none)."""
    begin = words[first]
    unit = begin.lower in _OWN_UNIT and begin.title and first + 1 < len(words) and words[first + 1].number
    named = begin.title and (begin.lower in STREET or not is_ordinary(begin.lower)) and begin.lower not in TITLES
    if not (begin.number and _NUMBER.fullmatch(begin.lower)) and not unit and not named:
        return first, 0.0
    if begin.number and text[begin.end : begin.end + 2] == ". ":
        return first, 0.0
    if first and begin.number and text[begin.start - 1] in "$₹€£:/.-+":
        return first, 0.0
    last, street, units, capitals, digits, broken = first, False, unit, 0, int(begin.number), False
    street = (
        named
        and _is_street(begin.lower)
        and not begin.number
        and begin.lower in ("calle", "rue", "via", "c", "ul", "avenida", "rua")
    )
    capitals = int(named)
    for at in range(first + 1, min(first + 24, len(words))):
        token, gap = words[at], text[words[at - 1].end : words[at].start]
        if "\n" in gap and token.number and text[token.end : token.end + 2] == ". ":
            break  # the next item of a list
        if _GAP.fullmatch(gap) is None or _is_end(gap, words[at - 1]):
            break
        broken = broken or "\n" in gap
        if named and "\n" in gap and not (street or digits):
            break
        kind = _element(words, at)
        if kind == "" and token.title and (broken or is_place(f"{token.lower} {_next(words, at)}")):
            kind = "" if text[token.end : token.end + 1] == ":" or token.lower in TITLES else "capital"
        if kind == "":
            break
        if kind == "link":
            continue
        last = at
        street, units = street or kind == "street", units or kind == "unit"
        capitals, digits = capitals + (kind == "capital"), digits + (kind == "number")
    if named:
        cued = digits and first > 0 and words[first - 1].lower in _BEFORE
        return (last, 0.5) if last > first and (street or cued) else (first, 0.0)
    if unit or street or (units and capitals):
        return last, 0.6
    return (last, 0.45) if capitals and begin.number else (first, 0.0)


def _is_end(gap: str, before: Token) -> bool:
    """Whether a sentence ends in a gap between words."""
    return (gap.startswith(". ") and not _abbreviated(before)) or ("?" in gap and "\n" not in gap)


def _next(words: tuple[Token, ...], at: int) -> str:
    return words[at + 1].lower if at + 1 < len(words) else ""


def _is_street(word: str) -> bool:
    return word in STREET or _LONG.search(word) is not None


def _abbreviated(token: Token) -> bool:
    return (
        token.lower
        in ("apt", "st", "ul", "no", "str", "ave", "rd", "blvd", "h", "ste", "dr", "c", "av", "bldg", "p", "o")
        or len(token.text) == 1
    )


def _element(words: tuple[Token, ...], at: int) -> str:
    """What a word is in an address: number, street, unit, capital, link, or nothing."""
    token = words[at]
    if token.number:
        return "number"
    if token.lower in ("am", "pm"):
        return ""
    if token.lower in _UNIT and (token.title or token.upper):
        return "unit"
    if _is_street(token.lower) and (token.title or len(token.lower) > 2):
        return "street"
    if len(token.text) == 1 and token.title:
        return "link"
    if (
        token.title
        and token.lower not in TITLES
        and (not is_ordinary(token.lower) or token.upper or is_place(token.lower))
    ):
        return "capital"
    if token.title and at and words[at - 1].number and not is_ordinary(token.lower):
        return "capital"
    if token.lower in _PARTICLES and at + 1 < len(words) and (words[at + 1].title or words[at + 1].number):
        return "link"
    return ""
