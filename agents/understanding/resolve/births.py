"""Birth dates in the patient's words."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

from agents.understanding.resolve.days import MONTHS
from agents.understanding.resolve.numbers import CARDINALS, ORDINALS, either, number
from agents.understanding.resolve.spelling import plain

OLDEST = 120  # years
_MONTH = rf"(?P<month>{either(MONTHS)})\.?"
_DAY = rf"(?P<day>\d{{1,2}}(?: ?(?:st|nd|rd|th))?|{either(ORDINALS)})"
_UP_TO_99 = {**CARDINALS} | {
    f"{tens}{unit and ' ' + unit}": value + CARDINALS.get(unit, 0)
    for tens, value in (("sixty", 60), ("seventy", 70), ("eighty", 80), ("ninety", 90))
    for unit in ("", *(word for word, value in CARDINALS.items() if 1 <= value <= 9))
}
_SPOKEN = (  # "nineteen fifty eight", "nineteen oh four", "two thousand and two"
    rf"(?:nineteen|twenty)(?: hundred)?(?: and)? (?:oh? )?(?:{either(_UP_TO_99)})"
    rf"|two thousand(?:(?: and)? (?:{either(_UP_TO_99)}))?"
)
_YEAR = rf"'?(?P<year>(?:19|20)\d\d|\d\d|{_SPOKEN})"
_NAMED = (
    re.compile(rf"(?<!\w){_DAY} ?(?:of |-|/|,)? ?{_MONTH} ?(?:of |-|/|,)? ?{_YEAR}(?!\w)"),
    re.compile(rf"(?<!\w){_MONTH} ?(?:-|/|,)? ?(?:the )?{_DAY} ?(?:-|/|,)? ?{_YEAR}(?!\w)"),
)
_YEAR_FIRST = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)[-/. ](?P<month>\d{1,2})[-/. ](?P<day>\d{1,2})(?!\d)")
_NUMERIC = re.compile(r"(?<!\d)(?P<a>\d{1,2}) ?[-/. ] ?(?P<b>\d{1,2}) ?[-/. ] ?(?P<year>(?:19|20)\d\d|\d\d)(?!\d)")
_SOLID = re.compile(r"(?<!\d)(?P<a>\d\d)(?P<b>\d\d)(?P<year>(?:19|20)\d\d|\d\d)(?!\d)")

# Whose date it is, by what stands before it.
_OWN = re.compile(
    r"(?<!\w)(?:mine|my|i|i'm|i am|main|mera|meri|mere|myself|me)(?!\w)"
    r"(?! (?:son|daughter|mother|father|wife|husband|child|baby|kid|beti|beta|bete))[^.;\d]{0,40}$"
)
_OTHERS = re.compile(
    r"(?<!\w)(?:his|her|he|she|uska|uski|son|daughter|mother|father|wife|husband|child|baby|kid|beti|beta|bete|mom|dad|papa"
    r"|mummy|brother|sister)(?:'s)?(?!\w)[^.;\d]{0,40}$"
)


def find_birth_date(text: str, *, of: Literal["writer", "other"] = "writer") -> tuple[int, int] | None:
    """Where a whole date with a year stands in a plain text; of several ("his is 8 june 2017, mine is 1 may 1990") the
    one that is said to be of whom is meant."""
    spans: list[tuple[int, int]] = []
    for pattern in (_YEAR_FIRST, *_NAMED, _NUMERIC, _SOLID):
        for one in pattern.finditer(text):
            if all(one.end() <= start or end <= one.start() for start, end in spans):
                spans.append(one.span())
    if len(spans) < 2:
        return spans[0] if spans else None
    spans.sort()
    own, others = ([span for span in spans if cue.search(text[: span[0]])] for cue in (_OWN, _OTHERS))
    if of == "other":
        return (others or spans[-1:])[0]
    return (own or [span for span in spans if span not in others] or spans)[0]


def read_birth_date(words: str, *, month_first: bool, today: date | None = None) -> tuple[date, ...]:
    """All sensible readings of a birth date, the likelier first; empty where there is none."""
    text, today = plain(words).text, today or date.today()
    if match := _YEAR_FIRST.search(text):
        return _readings([(int(match["month"]), int(match["day"]))], match["year"], today)
    for pattern in _NAMED:
        if match := pattern.search(text):
            return _readings([(MONTHS[match["month"]], number(match["day"]) or 0)], match["year"], today)
    match = _NUMERIC.search(text) or _SOLID.search(text)
    if match is None:
        return ()
    first, second = int(match["a"]), int(match["b"])
    pairs = [(first, second), (second, first)] if month_first else [(second, first), (first, second)]
    return _readings(pairs, match["year"], today)


def _readings(pairs: list[tuple[int, int]], year: str, today: date) -> tuple[date, ...]:
    if not year.isdigit():
        century, _, rest = year.replace("two thousand", "twenty").partition(" ")
        words = re.sub(r"^(?:hundred )?(?:and )?(?:oh? )?", "", rest)
        year = f"{'19' if century == 'nineteen' else '20'}{_UP_TO_99.get(words, 0):02}"
    years = [int(year)] if len(year) == 4 else [2000 + int(year), 1900 + int(year)]
    found: list[date] = []
    for full_year in years:
        for month, day in pairs:
            try:
                born = date(full_year, month, day)
            except ValueError:
                continue
            if born <= today and today.year - born.year <= OLDEST and born not in found:
                found.append(born)
    return tuple(found)
