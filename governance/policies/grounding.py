"""Is what an answer states held by what the turn knew? Dates, times, amounts and longer numbers of the answer are
looked for among those of the tools' results, the hospital's facts, the messages and the state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan", "जनवरी"), ("february", "feb", "फरवरी", "फ़रवरी"), ("march", "mar", "मार्च"),
            ("april", "apr", "अप्रैल"),
            ("may", "मई"), ("june", "jun", "जून"), ("july", "jul", "जुलाई"), ("august", "aug", "अगस्त"),
            ("september", "sep", "sept", "सितंबर", "सितम्बर"), ("october", "oct", "अक्टूबर", "अक्तूबर"),
            ("november", "nov", "नवंबर", "नवम्बर"), ("december", "dec", "दिसंबर", "दिसम्बर"),
        ),
        1,
    )
    for name in names
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
# Each begins with a digit or a month, so that a search skips to it; what may not stand before it is looked at after.
_DAY_FIRST = re.compile(rf"(?P<day>\d(?<!\d\d)\d?)(?:st|nd|rd|th)? (?P<month>{_MONTH})(?!\w)")
_MONTH_FIRST = re.compile(rf"(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)")
_TIME = re.compile(
    r"(?P<hour>\d(?<![\d:]\d)\d?)(?::(?P<minute>\d{2}))?(?: ?(?P<half>[ap])\.?m\b\.?|(?<=:\d\d)(?![\d:]))"
)
_PART_OF_DAY = re.compile(r"(सुबह|दोपहर|शाम|रात) $")
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_NUMBER = re.compile(r"\d(?<![\w.]\d)(?:[\d, -]{1,18}\d|\d+)(?!\w)")

Fact = tuple[str, object]


def ungrounded(text: str, grounds: Callable[[], Iterable[object]], zone: ZoneInfo) -> list[tuple[str, int, int]]:
    """(kind, start, end) of each statement that no ground holds. The grounds are read as far as they are needed: give
    the likeliest first."""
    stated = list(_facts(text))
    missing = {fact for fact, _, _ in stated}
    if missing:
        for ground in grounds():
            words = ground if isinstance(ground, str) else json.dumps(ground, default=str, ensure_ascii=False)
            missing -= _held(words, zone)
            if not missing:
                break
    return [(fact[0], start, end) for fact, start, end in stated if fact in missing]


@lru_cache(maxsize=256)
def _held(words: str, zone: ZoneInfo) -> frozenset[Fact]:
    """What one ground states; remembered, since the hospital's facts and our own words are asked again and again."""
    held = {fact for fact, _, _ in _facts(_ISO.sub(" ", words))}
    for match in _ISO.finditer(words):
        held.update(_moment(match.group(), zone))
    return frozenset(held)


def _facts(text: str) -> Iterator[tuple[Fact, int, int]]:
    lower = text.lower()
    text = lower if len(lower) == len(text) else text
    begin, left = 0, []  # what is neither date nor time, at its place
    for start, end, fact in sorted((*_dates(text), *_times(text))):
        yield fact, start, end
        left += [text[begin:start], "|" * (end - max(begin, start))]
        begin = max(begin, end)
    for match in _NUMBER.finditer("".join([*left, text[begin:]])):
        yield ("number", re.sub(r"\D", "", match.group())[-10:]), *match.span()


def _dates(text: str) -> Iterator[tuple[int, int, Fact]]:
    ended = 0  # the last date's end: "5 May 6" holds one date
    found = (*_DAY_FIRST.finditer(text), *_MONTH_FIRST.finditer(text))
    for match in sorted(found, key=re.Match.start):
        start, end = match.span()
        within_a_word = match.re is _MONTH_FIRST and re.match(r"\w", text[max(0, start - 1) : start])
        if start >= ended and not within_a_word:
            ended = end
            yield start, end, ("date", (_MONTHS[match["month"]], int(match["day"])))


def _times(text: str) -> Iterator[tuple[int, int, Fact]]:
    for match in _TIME.finditer(text):
        hour, minute, start = int(match["hour"]), int(match["minute"] or 0), match.start()
        if half := match["half"]:
            hour = hour % 12 + (12 if half == "p" else 0)
        elif part := _PART_OF_DAY.search(text, max(0, start - 8), start):  # as Hindi says it
            hour = hour % 12 + (0 if part[1] == "सुबह" else 12)
            start = part.start()
        yield start, match.end(), ("time", (hour, minute))


def _moment(iso: str, zone: ZoneInfo) -> Iterator[Fact]:
    """The date and clock time that an ISO moment is at the hospital; as written, where it has no zone."""
    try:
        if len(iso) == 10:
            day: date | datetime = date.fromisoformat(iso)
        else:
            day = datetime.fromisoformat(iso)
            day = day.astimezone(zone) if day.tzinfo else day
            yield "time", (day.hour, day.minute)
    except ValueError:
        return
    yield "date", (day.month, day.day)
    yield "number", str(day.year)
