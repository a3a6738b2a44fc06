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
_DATE = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)? ({_MONTH})(?!\w)|(?<!\w)({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?(?!\d)", re.I
)
_TIME = re.compile(
    r"(?<![\d:])(\d{1,2})(?::(\d{2}))? ?([ap])\.?m\b\.?|(?:(सुबह|दोपहर|शाम|रात) )?(?<![\d:])(\d{1,2}):(\d{2})(?![\d:])",
    re.IGNORECASE,
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_NUMBER = re.compile(r"(?<![\w.])\+?\d[\d, -]{1,18}\d(?![\w])|(?<![\w.])\d{2,}(?![\w])")

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
    begin, left = 0, []  # what is neither date nor time, at its place
    for match in sorted((*_DATE.finditer(text), *_TIME.finditer(text)), key=re.Match.start):
        if match.re is _DATE:
            day, month = (match[1], match[2]) if match[1] else (match[4], match[3])
            yield ("date", (_MONTHS[month.lower()], int(day))), *match.span()
        else:
            yield ("time", _clock(match)), *match.span()
        left += [text[begin : match.start()], "|" * (match.end() - max(begin, match.start()))]
        begin = max(begin, match.end())
    for match in _NUMBER.finditer("".join([*left, text[begin:]])):
        digits = re.sub(r"\D", "", match.group())
        if len(digits) > 1:
            yield ("number", digits[-10:]), *match.span()


def _clock(match: re.Match[str]) -> tuple[int, int]:
    if match[3]:
        return int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0), int(match[2] or 0)
    hour = int(match[5])
    if match[4]:  # the part of the day before it, as Hindi says it
        hour = hour % 12 + (0 if match[4] == "सुबह" else 12)
    return hour, int(match[6])


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
