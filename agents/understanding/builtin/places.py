"""Places in a message: the hospital's own, and any that is named after "in" or "near"."""

from __future__ import annotations

import re
from functools import lru_cache

from agents.understanding.builtin.found import Piece, overlaps
from agents.understanding.resolve.name_words import NOT_NAMES
from agents.understanding.resolve.names import name_words
from agents.understanding.resolve.spelling import Plain, plain
from agents.understanding.utterance import Known
from governance.redaction.sounds import likeness
from lexicon import beside

_WORDS = beside(__file__)

_WORD = re.compile(r"[a-z][a-z'-]*")
_CUE = _WORDS.pattern("cue")
_STRONG = ("in", "near", "around", "within")
_AFTER = re.compile(r"^ (?:branch|clinic|hospital|area|campus|centre|center|location|city|mein|side)(?!\w)")
_BEFORE_KIND = _WORDS.pattern("before_kind")
_NEVER = NOT_NAMES | _WORDS.words("everyday")
_NOT_ENDING = frozenset(["itself", "only", "too", "also", "anyway", "right", "now", "then", "them", "him", "her"])
_VAGUE = re.compile(
    r"(?<!\w)(?:near me|nearby|near my (?:home|house|place|office)|around me|close by|closest|nearest)(?!\w)"
)


@lru_cache(maxsize=64)
def _index(known: tuple[Known, ...]) -> tuple[str, ...]:
    words = {word for item in known for name in (item.name, *item.aliases) for word in name_words(name)}
    return tuple(
        word
        for word in words
        if len(word) > 3
        and word not in _NEVER
        and word
        not in (
            "clinic",
            "centre",
            "center",
            "campus",
            "branch",
            "main",
            "road",
            "street",
            "west",
            "east",
            "north",
            "south",
        )
    )


@lru_cache(maxsize=64)
def _wholes(known: tuple[Known, ...]) -> tuple[str, ...]:
    """Whole names in plain spelling, the longest first."""
    names = {plain(name).text.strip() for item in known for name in (item.name, *item.aliases)}
    return tuple(sorted((name for name in names if len(name) > 3), key=len, reverse=True))


_TALE = 14  # words
_ASKED = re.compile(
    r"(?<!\w)(?:branch(?:es)?|clinics?|centres?|centers?|locations?|campus|near|close to|closest|nearby)(?!\w)"
)


def whole_place(message: Plain, known: tuple[Known, ...]) -> Piece | None:
    """A place of the hospital's, by its whole name or another of its names."""
    for whole in _wholes(known):
        match = re.search(rf"(?<!\w){re.escape(whole)}(?!\w)", message.text)
        if match is not None:
            return Piece("location", *match.span())
    return None


def _same_place(word: str, known: str) -> bool:
    """A short word must be the place's own: "like" is no "lake"."""
    return word == known if len(word) < 6 else likeness(word, known) >= 90


def find_places(
    message: Plain, known: tuple[Known, ...], claimed: list[tuple[int, int]], *, awaited: bool
) -> list[Piece]:
    """Places said, the first one only; none where nothing looks like one. Of a long message only the hospital's own: it
    tells of many others."""
    text = message.text
    tale = len(text.split()) > _TALE and not _ASKED.search(text)
    for match in _WORD.finditer(text):
        if not overlaps(*match.span(), claimed) and any(_same_place(match.group(), word) for word in _index(known)):
            return [Piece("location", match.start(), _extended(message, match.end(), claimed))]
    for cue in _CUE.finditer(text) if not tale else ():
        strong = cue.group().split()[-1] in _STRONG or " in " in f" {cue.group()}"
        end = _place_end(message, cue.end(), claimed, lower=strong and not _mixed_case(message))
        if end > cue.end() and (strong or awaited):
            return [Piece("location", cue.end(), end)]
    return (_adjective(message, claimed) if not tale else []) or (_bare(message, claimed) if awaited else [])


def _mixed_case(message: Plain) -> bool:
    """Whether the patient uses capital letters, so that a place would have one."""
    return (
        any(char.isupper() for char in message.original[1:]) and not message.original.isupper() and not _only_i(message)
    )


def _only_i(message: Plain) -> bool:
    words = re.findall(r"\w+", message.original)
    return all(word == "I" or not word[0].isupper() for word in words[1:])


def _place_end(message: Plain, start: int, claimed: list[tuple[int, int]], *, lower: bool) -> int:
    end, count = start, 0
    for match in _WORD.finditer(message.text, start):
        between = message.text[end : match.start()]
        short = (
            between == ". " and match.start() - start <= 4 and message.words(*match.span())[:1].isupper()
        )  # "St. Andrews"
        if (between not in ("", " ") and not short) or overlaps(*match.span(), claimed) or match.group() in _NEVER:
            break
        if count == 0 and match.group() == "city":
            break
        if not lower and not message.words(*match.span())[:1].isupper():
            ends_here = count == 1 and re.match(r" ?(?:[.?!,]|$)", message.text[match.end() :])
            return match.end() if ends_here and match.group() not in _NOT_ENDING else end
        end, count = match.end(), count + 1
        if count >= (2 if lower else 4):
            break
    return end


def _extended(message: Plain, end: int, claimed: list[tuple[int, int]]) -> int:
    further = _place_end(message, end + 1, claimed, lower=False) if message.text[end : end + 1] == " " else end
    return max(end, further) if further > end + 1 else end


def _adjective(message: Plain, claimed: list[tuple[int, int]]) -> list[Piece]:
    """A capitalised name right before a kind of doctor ("a Sunnyvale dentist")."""
    if message.original.isupper() or not _mixed_case(message):
        return []
    for match in _WORD.finditer(message.text):
        if match.start() == 0 or overlaps(*match.span(), claimed) or match.group() in _NEVER:
            continue
        end = _place_end(message, match.start(), claimed, lower=False)
        follows = _BEFORE_KIND.match(message.text[end:]) or _AFTER.match(message.text[end:])
        if end > match.start() and follows and len(message.words(*match.span())) > 2:
            return [Piece("location", match.start(), end, sure=False)]
    return []


def _bare(message: Plain, claimed: list[tuple[int, int]]) -> list[Piece]:
    """The name alone, where a place was asked for: capitalised words, or all of a short message."""
    text = message.text
    found: list[tuple[int, int]] = []
    for match in _WORD.finditer(text):
        if overlaps(*match.span(), claimed) or match.group() in _NEVER or (found and match.start() < found[-1][1]):
            continue
        end = _place_end(message, match.start(), claimed, lower=not _mixed_case(message))
        if end > match.start():
            found.append((match.start(), end))
    if not found:
        return []
    start, end = found[-1] if _mixed_case(message) else found[0]
    short = len(text.split()) <= 6
    return [Piece("location", start, end)] if short or _mixed_case(message) else []
