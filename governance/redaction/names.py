"""Names of people, places and organisations by the words around them and by their shape.

A name is told by a cue ("my name is", "Dr", "for my father", "ji" behind it), in any letter case, or by its capital: a
word with a capital that is no everyday word is a name of something, and the words beside it say of what. No list of
names is needed for that, so a name from anywhere is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.redaction.found import Found
from governance.redaction.ordinary import is_ordinary, is_people, is_place, word_set
from governance.redaction.tokens import MARKS, Token, is_shouted, tokens
from lexicon import beside

_WORDS = beside(__file__)

_W = rf"[^\W\d_](?:[^\W\d_]|[{MARKS}]|['’\-](?=[^\W\d_]))*"
TITLES = word_set("titles")
_STRONG = _WORDS.pattern("strong", re.IGNORECASE)
_WEAK = _WORDS.pattern("weak", re.IGNORECASE)
_SPEAKING = _WORDS.pattern("speaking", re.IGNORECASE)
_TITLE = _WORDS.pattern("title", re.IGNORECASE)
_HONOUR = _WORDS.pattern("honour", re.IGNORECASE, word=_W)
_GLUED = _WORDS.pattern("glued", re.IGNORECASE)
_GIVEN = word_set("given names that are words")
_PARTICLES = word_set("particles of names")
_ORGANISATION = word_set("organisations")
_COMPANY = _WORDS.pattern("company")
_EMPLOYER = _WORDS.pattern("employer")
_NOT_SHAPED = word_set("never names")
_TOWARDS = word_set("before places")
_AT_WORK = word_set("before employers")


def cued_names(text: str) -> Iterator[Found]:
    """PERSON after a title or an introduction, or before an honorific; in any letter case."""
    shouted = is_shouted(text)
    for pattern, strong in ((_STRONG, True), (_TITLE, True), (_WEAK, False)):
        for match in pattern.finditer(text):
            start, end = _name_at(text, match.end(), strong=strong, shouted=shouted)
            if end > start and (strong or _introduced(text, match, start, end, shouted=shouted)):
                yield Found(start, end, "PERSON", 0.75)
                if pattern is _TITLE:
                    yield Found(match.start(), match.start() + len(match.group().rstrip()), "TITLE", 0.5)
    for pattern in (_HONOUR, _GLUED):
        for match in pattern.finditer(text):
            word = match[1].lower()
            if len(word) > 2 and not is_ordinary(word) and word not in TITLES:
                yield Found(*match.span(1), "PERSON", 0.6)


def _name_at(text: str, place: int, *, strong: bool, shouted: bool) -> tuple[int, int]:
    """The name that begins here: up to four words, none an everyday word unless it has a capital that says
    something."""
    start, end, count = place, place, 0
    for token in _following(text, place):
        gap = text[end : token.start]
        if token.number or (not count and gap.strip("\"'“ ") != ""):
            break
        if count and gap not in (" ", "  ", "-") and not (gap == ". " and len(text[:end].rsplit(None, 1)[-1]) == 1):
            break
        small = not token.title or shouted
        initial = len(token.text) == 1 and not small
        if token.lower in _NOT_SHAPED and not initial and (small or count or token.lower not in _GIVEN):
            break
        if small and (is_ordinary(token.lower) or token.lower in TITLES):
            break
        if not small and count == 0 and not strong and is_ordinary(token.lower) and token.lower not in _GIVEN:
            break
        if not small and token.lower in TITLES:
            if count:
                break
            start = end = token.end + 1
            continue
        if small and count >= 2:
            break
        start = start if count else token.start
        end, count = token.end, count + 1
        if count == 4:
            break
    return start, min(end, len(text)) if count else start


def _following(text: str, place: int) -> Iterator[Token]:
    words = tokens(text)
    low, high = 0, len(words)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if words[middle].start < place else (low, middle)
    yield from words[low : low + 8]


def _introduced(text: str, cue: re.Match[str], start: int, end: int, *, shouted: bool) -> bool:
    """Whether a word behind a weak cue is a name: it has a capital, or it is said who speaks or of whom."""
    if text[start].isupper() and not shouted:
        return True
    said = cue.group().lower()
    return _SPEAKING.match(text, end) is not None or (
        said.split()[0] in ("my", "our", "his", "her", "meri", "mera", "mere") and len(text[start:end]) > 2
    )


def organisations(text: str) -> Iterator[Found]:
    """ORGANIZATION by its last word ("Aunt Bertha Inc") or by a cue ("works for Rapid Cycle")."""
    for match in _COMPANY.finditer(text):
        yield Found(*match.span(), "ORGANIZATION", 0.6)
    for match in _EMPLOYER.finditer(text):
        yield Found(*match.span(1), "ORGANIZATION", 0.5)


def shaped_names(text: str) -> Iterator[Found]:
    """PERSON, LOCATION, NRP and ORGANIZATION by capitals."""
    words = tokens(text)
    shouted = is_shouted(text)
    place = 0
    while place < len(words):
        if not _may_begin(words, place, shouted=shouted):
            place += 1
            continue
        last = _run_end(text, words, place)
        yield from _kinds(text, words, place - 1 if _leads(text, words, place) else place, last)
        place = last + 1


def _leads(text: str, words: tuple[Token, ...], place: int) -> bool:
    """Whether the everyday word before has a capital that is not its sentence's: it is a name here ("says Jana
    Novak")."""
    if not place or words[place].start != words[place - 1].end + 1 or text[words[place - 1].end] != " ":
        return False
    before = words[place - 1]
    if (
        not before.title
        or len(before.text) < 2
        or before.upper
        or before.lower in TITLES
        or before.lower in _NOT_SHAPED
    ):
        return False
    return place > 1 and words[place - 2].text.islower() and text[words[place - 2].end : before.start] == " "


def _may_begin(words: tuple[Token, ...], place: int, *, shouted: bool) -> bool:
    token = words[place]
    if (
        not token.title
        or shouted
        or (place + 1 < len(words) and words[place + 1].number and words[place + 1].start == token.end)
    ):
        return False
    if token.lower in TITLES or (token.lower in _NOT_SHAPED and token.lower not in _GIVEN):
        return False
    if place + 1 < len(words) and words[place + 1].title and is_place(f"{token.lower} {words[place + 1].lower}"):
        return True
    if len(token.text) == 1:
        return place + 1 < len(words) and words[place + 1].start - token.end in (1, 2) and _shaped(words[place + 1])
    if token.lower in _GIVEN:
        return place + 1 < len(words) and words[place + 1].start == token.end + 1 and _shaped(words[place + 1])
    return _shaped(token) or is_place(token.lower) or is_people(token.lower)


def _shaped(token: Token) -> bool:
    """Whether a word has a capital and is no everyday word nor an abbreviation."""
    if not token.title or token.lower in TITLES:
        return False
    if token.upper and len(token.text) < 5 and token.text.isascii():
        return is_place(token.lower)
    return not is_ordinary(token.lower.replace("’", "'").removesuffix("'s"))


def _run_end(text: str, words: tuple[Token, ...], first: int) -> int:
    """The last word of the name that begins at a word."""
    last = first
    while last + 1 < len(words):
        gap = text[words[last].end : words[last + 1].start]
        step = 1
        if (gap == ". " and len(words[last].text) > 2) or gap not in (" ", ". ", ".", "  ", " & ", ", "):
            break
        following = words[last + 1]
        if gap == ", " and following.lower not in ("inc", "ltd", "llc"):
            break
        if following.lower in _PARTICLES and not following.title and last + 2 < len(words) and words[last + 2].title:
            following, step = words[last + 2], 2
        if (
            not following.title
            or following.lower in TITLES
            or (following.lower in _NOT_SHAPED and len(following.text) > 1)
        ):
            break
        last += step
    return last


def _kinds(text: str, words: tuple[Token, ...], first: int, last: int) -> Iterator[Found]:
    """What a run of words with capitals names."""
    run = words[first : last + 1]
    start, end = run[0].start, run[-1].end
    if text[end - 2 : end] in ("'s", "’s"):
        end -= 2
    lower = text[start:end].lower()
    before = words[first - 1].lower if first and words[first - 1].end >= start - 3 else ""
    if len(run) > 1 and any(token.lower in _ORGANISATION for token in run[1:]):
        yield Found(start, end, "ORGANIZATION", 0.55)
    elif is_people(lower):
        yield Found(start, end, "NRP", 0.5)
    elif is_place(lower):
        yield Found(start, end, "LOCATION", 0.6)
    elif is_people(run[0].lower) and len(run) > 1:
        yield Found(start, run[0].end, "NRP", 0.5)
        if _shaped(run[1]):
            yield Found(run[1].start, end, "PERSON", 0.4)
    elif before in _TOWARDS:
        yield Found(start, end, "LOCATION", 0.45)
    elif before in _AT_WORK and len(run) == 1:
        yield Found(start, end, "ORGANIZATION" if before != "with" else "PERSON", 0.4)
    else:
        yield Found(start, end, "PERSON", 0.5 if len(run) > 1 else 0.4)
