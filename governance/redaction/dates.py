"""Dates in their written forms, and ages.

HIPAA Safe Harbor, 45 CFR 164.514(b)(2)(i)(C): every element of a date except the year, and every age over 89, is an
identifier. A year, a day of the week and an age of 89 or less are none: they are found under types of their own, so
that a use can keep them.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache

from governance.redaction.found import Found
from governance.redaction.near import NearWords
from lexicon import beside

_WORDS = beside(__file__)

_MONTH_NUMBERS = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
}
_MONTH_NUMBERS["sept"] = 9
_DIGIT = re.compile(r"\d")
_PIECE = re.compile(r"\d+|[^\W\d_]+")

_WRITTEN = _WORDS.pattern("written", re.IGNORECASE)
_NUMERIC = _WORDS.pattern("numeric")
_ALONE = _WORDS.pattern("alone")
_WEEKDAY = _WORDS.pattern("weekday", re.IGNORECASE)
_AGE = _WORDS.pattern("age", re.IGNORECASE)
_OLD = _WORDS.pattern("old", re.IGNORECASE)
_I_AM = _WORDS.pattern("i_am", re.IGNORECASE)


@lru_cache(maxsize=16)
def _matches(text: str) -> tuple[tuple[re.Match[str], ...], tuple[re.Match[str], ...]]:
    """Where written and numeric dates may stand; asked twice of a text, by the rule and by the index of known
    people."""
    if not _DIGIT.search(text):
        return (), ()
    return tuple(_WRITTEN.finditer(text)), tuple(_NUMERIC.finditer(text))


@lru_cache(maxsize=16)
def date_spans(text: str) -> tuple[tuple[int, int, float], ...]:
    """Where dates stand and how sure each is."""
    written, numeric = _matches(text)
    return (
        *((*match.span(), 0.85) for match in written if _DIGIT.search(match.group())),
        *((*match.span(), 0.7) for match in numeric if _is_numeric(match.group())),
        *((start, end, 0.6) for start, end in _misspelt(text)),
    )


def dates(text: str) -> Iterator[Found]:
    """DATE_TIME, and YEAR and WEEKDAY outside of one."""
    spans = date_spans(text)
    for start, end, score in spans:
        yield Found(start, end, "DATE_TIME", score)
    for match in _ALONE.finditer(text):
        if not any(start <= match.start() < end for start, end, _ in spans):
            yield Found(*match.span(), "YEAR", 0.4)
    for match in _WEEKDAY.finditer(text):
        yield Found(*match.span(), "WEEKDAY", 0.4)


def _is_numeric(said: str) -> bool:
    """Whether three numbers may be a date: not a dose ("1-0-1"), a time span ("10-11.30"), a version or a code."""
    day = said.split(":")[0] if ":" in said else said
    letters, digits = sum(map(str.isalpha, day)) - ("T" in day and ":" in said), sum(map(str.isdigit, day))
    marks = {char for char in day if char in "/.-\\"}
    if letters > 1 or (digits < 4 and not (digits == 3 and marks == {"/"})):
        return False
    four = re.search(r"(?<!\d)\d{4}(?!\d)|\d \d{3}|\d\d \d\d|\d{3} \d", day) is not None
    return four or (len(marks) == 1 and (digits > 4 or marks == {"/"}) and (letters == 0 or digits > 5))


def _month_number(word: str) -> int:
    """1 to 12, or 0 where the word is no month."""
    return _MONTH_NUMBERS.get(word.lower(), 0)


def _misspelt(text: str) -> Iterator[tuple[int, int]]:
    """Dates with a slip: a month as it is or an edit away from one, and beside it the digits of a day and a year."""
    pieces = list(_PIECE.finditer(text)) if _DIGIT.search(text) else []
    numbered = [piece.group().isdigit() for piece in pieces]
    for place, piece in enumerate(pieces):
        if numbered[place] or not any(numbered[max(0, place - 2) : place + 4]):
            continue
        joined = (
            place + 1 < len(pieces)
            and pieces[place + 1].start() - piece.end() == 1
            and pieces[place + 1].group().isalpha()
        )
        for last in (place, place + 1) if joined else (place,):
            word = (piece.group() + (pieces[last].group() if last > place else "")).lower()
            if len(word) < 2 or not word.isalpha() or not (_month_number(word) or _near_months().near(word)):
                continue
            first, final = _reach(text, pieces, place, -1, 2), _reach(text, pieces, last, 1, 4)
            numbers = [
                part.group() for part in (*pieces[first:place], *pieces[last + 1 : final + 1]) if part.group().isdigit()
            ]
            slips = sum(len(part.group()) == 1 and part.group().isalpha() for part in pieces[first : final + 1])
            digits = sum(map(len, numbers))
            year = any(len(number) > 2 for number in numbers) or (first < place and digits == 4 and len(word) > 4)
            if (
                len(word) < 4
                and not _month_number(word)
                and not (digits > 4 and any(number[:2] in ("19", "20") for number in numbers if len(number) == 4))
            ):
                continue
            if slips < 2 and year and 4 <= digits <= 7:
                yield pieces[first].start(), pieces[final].end()


def _reach(text: str, pieces: list[re.Match[str]], place: int, step: int, most: int) -> int:
    """How far numbers, endings ("th") and stray letters stand close beside a piece, in one direction."""
    last = place
    for _ in range(most):
        following = last + step
        if not 0 <= following < len(pieces):
            break
        word = pieces[following].group().lower()
        one, other = (pieces[last], pieces[following]) if step > 0 else (pieces[following], pieces[last])
        if not (len(word) == 1 or (word.isdigit() and len(word) < 6) or word in ("st", "nd", "rd", "th", "of")):
            break
        if not _close(text, one, other):
            break
        last = following
    while last != place and not pieces[last].group().isdigit():
        last -= step
    return last


def _close(text: str, one: re.Match[str], other: re.Match[str]) -> bool:
    return re.fullmatch(r"[ ,./\-'’]{0,3}", text[one.end() : other.start()]) is not None


@cache
def _near_months() -> NearWords:
    return NearWords(word for word in _MONTH_NUMBERS if len(word) > 2)


def written_dates(text: str) -> Iterator[tuple[int, int, set[date]]]:
    """Places that hold a whole date, and the days it may mean (day or month first; a year of two digits in two
    centuries)."""
    for match in _matches(text)[0]:
        parts = [
            part
            for part in re.findall(r"\d+|[a-z]+", match.group().lower())
            if part not in ("st", "nd", "rd", "th", "of")
        ]
        month = next((number for part in parts if (number := _month_number(part[:3] if part.isalpha() else ""))), 0)
        digits = [part for part in parts if part.isdigit()]
        if month and len(digits) == 2:
            yield *match.span(), set(_days((digits[0], str(month), digits[1])))
    for match in _matches(text)[1]:
        parts = re.findall(r"\d+", match.group().split(":")[0])[:3]
        if len(parts) == 3:
            yield *match.span(), {*_days((parts[0], parts[1], parts[2])), *_days((parts[1], parts[0], parts[2]))}


def _days(parts: tuple[str, str, str]) -> Iterator[date]:
    """Day, month, year; or year, month, day."""
    day, month, year = (parts[2], parts[1], parts[0]) if len(parts[0]) == 4 else parts
    if len(year) not in (2, 4) or len(day) > 2 or len(month) > 2:
        return
    for century in ("19", "20") if len(year) == 2 else ("",):
        try:
            yield date(int(century + year), int(month), int(day))
        except ValueError:
            continue


def ages(text: str) -> Iterator[Found]:
    """AGE_OVER_89 and AGE (of a person who is younger)."""
    for match in _AGE.finditer(text):
        group = "before" if match["before"] else "after"
        said = match[group].lower()
        over = not said.isdigit() or int(said) > 89
        start, end = match.span(group)
        if over:
            yield Found(start, end, "AGE_OVER_89", 0.8)
        elif group == "after" or _OLD.match(text, end):
            yield Found(start, end, "AGE", 0.6)
    for match in _I_AM.finditer(text):
        yield Found(*match.span(1), "AGE_OVER_89", 0.5)
