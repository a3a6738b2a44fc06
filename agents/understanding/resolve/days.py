"""Days in the patient's words.

How a day without a date is read, `today` being the day at the hospital:

- "tuesday", "on tuesday", "coming tuesday": the next Tuesday after today. "this tuesday" may be today.
- "next tuesday", "tuesday next week": the Tuesday of next week, weeks beginning on Monday; that is, the first Tuesday
  after the coming Sunday.
- "the 14th", "14 nov", "24/11": the next such day, today included; a year is taken as said.
- "next week": Monday to Sunday of it. "weekend": the coming Saturday and Sunday, or what is left of them.
- "in two weeks": the week that begins that many weeks from today. "in 3 days": that day.
- "after the 20th": the fortnight that begins on the day after. "before friday": from today to the day before.
- "kal" is tomorrow and "parso" the day after, for a visit lies ahead.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from agents.understanding.resolve.feasts import FEAST, next_feast
from agents.understanding.resolve.numbers import CARDINALS, HINDI_NUMBERS, NEVER, ORDINALS, either, number
from lexicon import beside

_WORDS = beside(__file__)

AHEAD = timedelta(days=21)  # how far "any day" and "as soon as possible" look
OPEN_END = timedelta(days=14)  # how far "after the 20th" looks


@dataclass(frozen=True, slots=True)
class DayRange:
    """Days from `start` to `end`, both included. `asap`: the earliest there is."""

    start: date
    end: date
    asap: bool = False


@dataclass(frozen=True, slots=True)
class DayFound:
    """Where in the plain text a day is said, and which."""

    start: int
    end: int
    days: DayRange


_WEEKDAY_FORMS = {
    "monday": 0, "mon": 0, "somvar": 0, "tuesday": 1, "tues": 1, "tue": 1, "mangalvar": 1, "wednesday": 2, "wed": 2,
    "budhvar": 2, "thursday": 3, "thurs": 3, "thur": 3, "thu": 3, "guruvar": 3, "friday": 4, "fri": 4,
    "shukravar": 4, "saturday": 5, "sat": 5, "shanivar": 5, "sunday": 6, "sun": 6, "ravivar": 6,
}  # fmt: skip
_MONTH_NAMES = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTHS = {name: place for place, name in enumerate(_MONTH_NAMES, 1)}
MONTHS |= {name[:3]: place for place, name in enumerate(_MONTH_NAMES, 1)} | {"sept": 9}

_WEEKDAY = rf"(?P<weekday>{either(_WEEKDAY_FORMS)})(?:'?s)?"
_MONTH = rf"(?P<month>{either(MONTHS)})\.?"
_ORDINAL = rf"(?:\d{{1,2}} ?(?:st|nd|rd|th)|{either(ORDINALS)})"
_DAY_NUMBER = rf"(?P<day>{_ORDINAL}|\d{{1,2}})"
_YEAR = r"(?:,? ?(?P<year>(?:19|20)\d\d|'\d\d))?"
_COUNT = rf"(?P<count>a couple of|couple of|a few|few|an?|\d{{1,2}}|{either([*CARDINALS, *HINDI_NUMBERS])})"


@dataclass(frozen=True, slots=True)
class _Context:
    today: date
    month_first: bool


_Reader = Callable[[re.Match[str], _Context], DayRange | None]


def _one(day: date) -> DayRange:
    return DayRange(day, day)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _soonest(match: re.Match[str], context: _Context) -> DayRange:
    return DayRange(context.today, context.today + AHEAD, asap=True)


def _any(match: re.Match[str], context: _Context) -> DayRange:
    return DayRange(context.today, context.today + AHEAD)


def _shifted(days: int) -> _Reader:
    return lambda match, context: _one(context.today + timedelta(days=days))


def _iso(match: re.Match[str], context: _Context) -> DayRange | None:
    day = _made(int(match["year"]), int(match["month"]), int(match["day"]))
    return _one(day) if day else None


def _numeric(match: re.Match[str], context: _Context) -> DayRange | None:
    first, second = int(match["a"]), int(match["b"])
    readings = [(first, second), (second, first)] if context.month_first else [(second, first), (first, second)]
    month, day = next(((month, day) for month, day in readings if 1 <= month <= 12 and 1 <= day <= 31), (0, 0))
    if not month:
        return None
    found = _with_year(month, day, year=match["year"], context=context)
    return _one(found) if found else None


def _with_year(month: int, day: int, *, year: str | None, context: _Context) -> date | None:
    if year:
        digits = year.lstrip("'")
        return _made(int(digits) + (2000 if len(digits) == 2 else 0), month, day)
    for candidate in range(context.today.year, context.today.year + 5):
        found = _made(candidate, month, day)
        if found is not None and found >= context.today:
            return found
    return None


def _named_date(match: re.Match[str], context: _Context) -> DayRange | None:
    found = _with_year(MONTHS[match["month"]], number(match["day"]) or 0, year=match["year"], context=context)
    return _one(found) if found else None


def _feast(match: re.Match[str], context: _Context) -> DayRange | None:
    found = next_feast(match["feast"], context.today)
    return _one(found) if found else None


def _of_month(match: re.Match[str], context: _Context) -> DayRange | None:
    """The 14th: of this month, of next month, or the next there is."""
    day, today = number(match["day"]) or 0, context.today
    first = 1 if match.groupdict().get("which") in ("next", "agle") else 0
    for ahead in range(first, first + 4):
        year, month = _month_ahead(today, ahead)
        found = _made(year, month, day)
        if found is not None and found >= today:
            return _one(found)
    return None


def _month_ahead(today: date, months: int) -> tuple[int, int]:
    place = today.year * 12 + today.month - 1 + months
    return place // 12, place % 12 + 1


def _weekday(match: re.Match[str], context: _Context) -> DayRange:
    """A weekday; see the rules at the head of this file."""
    groups = match.groupdict()
    wanted, today = _WEEKDAY_FORMS[groups["weekday"]], context.today
    which = groups.get("which") or groups.get("week") or ""
    if which in ("next", "agle"):
        monday = today + timedelta(days=7 - today.weekday())
        return _one(monday + timedelta(days=wanted))
    ahead = (wanted - today.weekday()) % 7
    if ahead == 0 and which not in ("this", "is"):
        ahead = 7
    return _one(today + timedelta(days=ahead))


def _week_from_weekday(match: re.Match[str], context: _Context) -> DayRange:
    return _one(_weekday(match, context).start + timedelta(days=7))


def _week(match: re.Match[str], context: _Context) -> DayRange:
    today, which = context.today, match["which"]
    monday = today - timedelta(days=today.weekday())
    if which in ("this", "is", "the", "rest of the", "rest of this", "later this", "within the", "within this"):
        start, end = today, monday + timedelta(days=6)
    else:
        start, end = monday + timedelta(days=7), monday + timedelta(days=13)
    part = (match["part"] or "").removesuffix("the ").strip()
    if part and which not in ("this", "is"):
        start, end = _third(start, end, part)
    return DayRange(max(start, today), end)


def _third(start: date, end: date, part: str) -> tuple[date, date]:
    third = (end - start).days // 3
    if part in ("early", "beginning of", "start of", "first half of"):
        return start, start + timedelta(days=third)
    if part in ("mid", "middle of", "mid-", "mid of"):
        return start + timedelta(days=third), end - timedelta(days=third)
    return end - timedelta(days=third), end


def _week_of_month(match: re.Match[str], context: _Context) -> DayRange:
    """ "The first week of December": seven days from the 1st, the 8th, the 15th; the last week the last seven."""
    month = _month(match, context)
    first = month.start.replace(day=1)
    if match["nth"] == "last":
        return DayRange(max(context.today, month.end - timedelta(days=6)), month.end)
    start = first + timedelta(weeks=(number(match["nth"]) or 1) - 1)
    return DayRange(max(context.today, start), max(context.today, start + timedelta(days=6)))


def _week_after_next(match: re.Match[str], context: _Context) -> DayRange:
    monday = context.today + timedelta(days=14 - context.today.weekday())
    return DayRange(monday, monday + timedelta(days=6))


def _weekend(match: re.Match[str], context: _Context) -> DayRange:
    today = context.today
    saturday = today + timedelta(days=5 - today.weekday())
    if match["which"] in ("next", "agle"):
        return DayRange(saturday + timedelta(days=7), saturday + timedelta(days=8))
    return DayRange(max(today, saturday), saturday + timedelta(days=1))


def _in_units(match: re.Match[str], context: _Context) -> DayRange | None:
    said, unit = match["count"], match["unit"]
    count = 2 if "couple" in said else 3 if "few" in said else 1 if said in ("a", "an") else number(said)
    if count is None:
        return None
    if unit.startswith(("din", "day")):
        return _one(context.today + timedelta(days=count))
    if unit.startswith(("week", "haft")):
        start = context.today + timedelta(weeks=count)
    else:
        year, month = _month_ahead(context.today, count)
        start = date(year, month, min(context.today.day, monthrange(year, month)[1]))
    return DayRange(start, start + timedelta(days=6))


def _within_units(match: re.Match[str], context: _Context) -> DayRange | None:
    until = _in_units(match, context)
    return DayRange(context.today, until.start) if until else None


def _month(match: re.Match[str], context: _Context) -> DayRange:
    """A month or a part of it, named or counted from this one."""
    groups, today = match.groupdict(), context.today
    if groups.get("month"):
        month = MONTHS[groups["month"]]
        year = today.year + (month < today.month)
    else:
        year, month = _month_ahead(today, 1 if groups.get("which") in ("next", "agle") else 0)
    start, end = date(year, month, 1), date(year, month, monthrange(year, month)[1])
    part = groups.get("part")
    if part in ("end of", "late", "later in"):
        start = end - timedelta(days=6)
    elif part:
        start, end = _third(start, end, part)
    return DayRange(max(today, start), max(today, end))


def _weekdays(match: re.Match[str], context: _Context) -> DayRange:
    return DayRange(context.today, context.today + OPEN_END)


_THE_PART = r"(?:the )?(?P<part>early|late|mid-?|beginning of|start of|end of|middle of|later in|first half of|mid of)"
_LATER_DAY = _WORDS.part("later_day")
_BEYOND_THIRD = either(word for word in ORDINALS if word not in ("first", "second", "third"))
_RULES: tuple[tuple[re.Pattern[str], _Reader], ...] = tuple(
    (re.compile(rf"(?<![\w/]){pattern}(?![\w/])"), reader)
    for pattern, reader in (
        (r"(?P<year>20\d\d)-(?P<month>\d{1,2})-(?P<day>\d{1,2})", _iso),
        (_WORDS.text("in_numbers"), _numeric),
        (r"(?P<a>\d{1,2})\.(?P<b>\d{1,2})\.(?P<year>(?:20)?\d\d)", _numeric),
        (r"(?P<a>(?:2[4-9]|3[01]))\.(?P<b>0?[1-9]|1[0-2])(?P<year>(?!))?\.?", _numeric),
        (rf"(?:the )?{_DAY_NUMBER} ?(?:of |-)?{_MONTH}{_YEAR}", _named_date),
        (rf"{_MONTH} ?(?:the )?{_DAY_NUMBER}(?!:|\.\d| ?(?:am|pm|oclock|baje)){_YEAR}", _named_date),
        (_WORDS.text("of_month", day_number=_DAY_NUMBER), _of_month),
        (rf"(?P<which>agle|is) mahine (?:ki )?{_DAY_NUMBER}(?: tarikh)?", _of_month),
        (rf"(?:the )?{_DAY_NUMBER} (?:tarikh|ko)", _of_month),
        (_WORDS.text("bare_of_month"), _of_month),
        (rf"the (?P<day>{_BEYOND_THIRD})(?! (?:one|option|slot|time))", _of_month),
        (_WORDS.text("ordinal_of_month"), _of_month),
        (rf"(?:a )?week (?:from|after|on) (?:this |next |coming )?{_WEEKDAY}", _week_from_weekday),
        (rf"{_WEEKDAY} week(?!s)", _week_from_weekday),
        (rf"{_WEEKDAY} (?:of |in )?(?:the )?(?P<week>next|this|coming|following) week", _weekday),
        (rf"(?P<week>next|this|coming|agle|is) (?:week|hafte)(?:'s)? (?:on )?{_WEEKDAY}", _weekday),
        (_WORDS.text("which_weekday", weekday=_WEEKDAY), _weekday),
        (_WORDS.text("bare_weekday", weekday=_WEEKDAY), _weekday),
        (rf"the {_WEEKDAY}", _weekday),
        (_WORDS.text("same_time_in_week"), _week),
        (_WORDS.text("week_of_month", month=_MONTH), _week_of_month),
        (r"(?:the )?week after next|next to next week", _week_after_next),
        (_WORDS.text("which_week"), _week),
        (r"(?:(?:the|on) )?(?P<which>next|this|coming|agle|upcoming|the|is)? ?weekends?", _weekend),
        (_WORDS.text("weekdays"), _weekdays),
        (_WORDS.text("within_units", count=_COUNT), _within_units),
        (rf"(?:in|after) {_COUNT}(?: more)? (?P<unit>days?|weeks?|months?)(?:'? time)?", _in_units),
        (_WORDS.text("moved_by_units", count=_COUNT), _in_units),
        (rf"{_COUNT} (?P<unit>days?|weeks?|months?) (?:from (?:now|today)|later|hence|time)", _in_units),
        (rf"{_COUNT} (?P<unit>din|hafte|mahine) (?:ke )?(?:baa?d|mein)", _in_units),
        (_WORDS.text("fortnight"), lambda m, c: DayRange(c.today + timedelta(14), c.today + timedelta(20))),
        (rf"{_THE_PART} (?:the |this )?(?P<which>next |agle )?(?:month|mahine)", _month),
        (rf"{_THE_PART} {_MONTH}", _month),
        (r"(?:sometime )?(?P<which>next|this|agle|is) (?:month|mahine)", _month),
        (FEAST, _feast),
        (_WORDS.text("today"), _shifted(0)),
        (_LATER_DAY, _shifted(2)),
        (r"(?:the )?day before yesterday", _shifted(-2)),
        (r"(?:yesterday|beeta kal|kal tha)", _shifted(-1)),
        (r"(?:tomorrow|tomorrow's|kal)", _shifted(1)),
        (rf"in {_MONTH}", _month),
        (_WORDS.text("soonest"), _soonest),
        (_WORDS.text("any_day"), _any),
    )
)  # fmt: skip
_OR = re.compile(r"^,? ?(?:or|and|to|till|until|through|-|/|,|ya|se|aur|&) ?(?:on |maybe )?$")
_NOT_BEFORE = re.compile(rf"(?<!\w){NEVER} (?:before|earlier than|prior to|until|till) (?:the )?$")
_NOT_AFTER = re.compile(rf"(?<!\w){NEVER} (?:after|later than|beyond) (?:the )?$")
_AFTER = re.compile(r"(?<!\w)(?:(?:any ?(?:time|day) )?(?:after|post|later than|past) (?:the )?)$")
_FROM = re.compile(r"(?<!\w)(?:(?:starting|any ?(?:time|day)) )?(?:from|since|starting|beginning) (?:on )?$")
_BEFORE = re.compile(r"(?<!\w)(?:(?:any ?(?:time|day) )?(?:before|earlier than|prior to) )(?:the )?$")
_UNTIL = re.compile(r"(?<!\w)(?:by|until|till|up to|no later than|latest by) $")
# "Not tuesday, wednesday is good".
_DENIED = re.compile(r"(?<!\w)(?:not|no|never|except|nahi) (?:on )?$")
_SUITS = re.compile(r" (?:is|works|will|would|suits|ok|okay|please|better|theek|chalega|sahi)(?!\w)")
_NEVER_AFTER = re.compile(r"(?: (?!ho|baat|kar)\w+){0,2} (?:nahi|mat)(?!\w)")
_ONWARD = re.compile(r"^ (?:onwards?|or later|or after|ke baa?d|se pehle|tak|se)(?!\w)")
_BARE = re.compile(rf"(?:on |for |date )?{_DAY_NUMBER}")


def find_days(text: str, today: date, *, month_first: bool, joined: bool = True) -> list[DayFound]:
    """All days said in a plain text, in order; a span with its modifiers ("after the 20th", "friday or saturday").

    `joined` False: "from monday to wednesday" are two days, as where a visit is moved.
    """
    context = _Context(today, month_first)
    atoms: list[DayFound] = []
    for pattern, reader in _RULES:
        for match in pattern.finditer(text):
            if any(atom.start < match.end() and match.start() < atom.end for atom in atoms):
                continue
            days = reader(match, context)
            if days is not None:
                atoms.append(DayFound(match.start(), match.end(), days))
    atoms.sort(key=lambda atom: atom.start)
    return [_bounded(text, atom, today) for atom in _joined(text, atoms, ranges=joined)]


def _joined(text: str, atoms: list[DayFound], *, ranges: bool) -> Iterator[DayFound]:
    """Put together "friday or saturday", "friday the 13th", "5th to 8th"."""
    held: DayFound | None = None
    for atom in atoms:
        if held is None:
            held = atom
            continue
        between = text[held.end : atom.start]
        if between == ", " and _DENIED.search(text[: held.start]) and _SUITS.match(text[atom.end :]):
            yield held
            held = atom
        elif between in (" ", ", ", " the ", "(", " (") and held.days.start == held.days.end:
            held = DayFound(
                held.start, atom.end, atom.days if atom.end - atom.start > 3 and not _any_day(atom.days) else held.days
            )
        elif between == " " and _any_day(atom.days):
            held = DayFound(held.start, atom.end, held.days)
        elif ranges and _OR.match(between) and not (held.days.asap or atom.days.asap):
            low, high = min(held.days.start, atom.days.start), max(held.days.end, atom.days.end)
            held = DayFound(held.start, atom.end, DayRange(low, high))
        else:
            yield held
            held = atom
    if held is not None:
        yield held


def _any_day(days: DayRange) -> bool:
    """Whether it only says that the day does not matter, or that it is to be soon: "tomorrow, anytime"."""
    return days.asap or days == DayRange(days.start, days.start + AHEAD)


def _bounded(text: str, found: DayFound, today: date) -> DayFound:
    """Widen a day to what "after", "before", "from" and "by" make of it."""
    before, after, days = text[: found.start], text[found.end :], found.days
    onward = _ONWARD.match(after)
    said = onward.group().strip() if onward else ""
    one_day = timedelta(days=1)
    if match := _NOT_BEFORE.search(before):
        return replace(found, start=match.start(), days=DayRange(days.start, days.start + OPEN_END))
    if match := _NOT_AFTER.search(before):
        return replace(found, start=match.start(), days=DayRange(today, max(today, days.end)))
    if match := _AFTER.search(before):
        return replace(found, start=match.start(), days=DayRange(days.end + one_day, days.end + OPEN_END))
    if said.endswith(("baad", "bad")) and onward:
        return replace(found, end=found.end + onward.end(), days=DayRange(days.end + one_day, days.end + OPEN_END))
    if match := _BEFORE.search(before):
        return replace(found, start=match.start(), days=DayRange(today, max(today, days.start - one_day)))
    if said in ("se pehle", "tak") and onward and (never := _NEVER_AFTER.match(after[onward.end() :])):
        end = found.end + onward.end() + never.end()
        return replace(found, end=end, days=DayRange(days.start, days.start + OPEN_END))
    if said == "se pehle" and onward:
        return replace(found, end=found.end + onward.end(), days=DayRange(today, max(today, days.start - one_day)))
    if match := _UNTIL.search(before):
        return replace(found, start=match.start(), days=DayRange(today, max(today, days.end)))
    if said.startswith(("onward", "or ")) and onward:
        return replace(found, end=found.end + onward.end(), days=DayRange(days.start, days.start + OPEN_END))
    if (match := _FROM.search(before)) and not days.asap:
        return replace(found, days=DayRange(days.start, max(days.end, days.start + OPEN_END)))
    return found


def weekday_of(text: str) -> int | None:
    """The weekday (Monday is 0) that a text is and nothing more: "on thursday"."""
    words = text.strip(" .!?,").removeprefix("on ").removeprefix("the ").removeprefix("this ")
    return _WEEKDAY_FORMS.get(words)


def bare_day(text: str, today: date) -> DayRange | None:
    """A text that is a day of the month and nothing else ("14", "on 14")."""
    match = _BARE.fullmatch(text.strip(" .!?"))
    return _of_month(match, _Context(today, month_first=False)) if match else None
