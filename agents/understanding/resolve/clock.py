"""Times of the day in the patient's words.

A bare hour is read by clinic hours: 1 to 7 are afternoon, 8 to 12 as they stand. "Around 4" is from half an hour before
to an hour after. Parts of the day are those of an outpatient clinic ("evening" begins at 16:00, as the evening clinic
does in India).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time

from agents.understanding.resolve.numbers import CARDINALS, HINDI_NUMBERS, NEVER, either, number
from lexicon import beside

_WORDS = beside(__file__)

_DAY_START, _DAY_END = 0, 23 * 60 + 59


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `start` up to `end`. `exact`: a time of the clock was said, and `end` equals `start`."""

    start: time
    end: time
    exact: bool


@dataclass(frozen=True, slots=True)
class TimeFound:
    """Where in the plain text a time is said, and which."""

    start: int
    end: int
    times: TimeRange


_PARTS: dict[str, tuple[int, int]] = {
    "early morning": (360, 570), "late morning": (630, 720), "first thing in the morning": (360, 600),
    "first thing": (360, 600), "early afternoon": (720, 870), "late afternoon": (900, 1080),
    "mid afternoon": (840, 960), "early evening": (960, 1110), "late evening": (1110, 1290),
    "morning": (360, 720), "mornings": (360, 720), "afternoon": (720, 1020), "afternoons": (720, 1020),
    "evening": (960, 1260), "evenings": (960, 1260), "tonight": (1080, 1380), "night": (1080, 1380),
    "after lunch": (780, 1020), "post lunch": (780, 1020), "before lunch": (360, 780), "lunch time": (720, 840),
    "lunchtime": (720, 840), "lunch break": (720, 840), "lunch hour": (720, 840), "after work": (1020, 1260),
    "after office": (1020, 1260), "after office hours": (1020, 1260), "before work": (360, 570),
    "before office": (360, 570), "office ke baad": (1020, 1260), "office ke bad": (1020, 1260),
    "after school": (870, 1080), "end of the day": (900, 1200), "end of day": (900, 1200),
    "after breakfast": (540, 720),
    "forenoon": (480, 720), "first half": (480, 780), "second half": (780, 1140),
    "subah": (360, 720), "dopahar": (720, 960), "dopahar ke baad": (780, 1020), "dopahar ke bad": (780, 1020),
    "shaam": (960, 1260), "raat": (1080, 1380), "lunch ke baad": (780, 1020), "khane ke baad": (780, 1020),
    "dopahar se pehle": (360, 720), "any time": (0, _DAY_END), "anytime": (0, _DAY_END), "koi bhi time": (0, _DAY_END),
}  # fmt: skip
_AM_WORDS, _PM_WORDS = ("morning", "am", "subah"), ("afternoon", "evening", "pm", "shaam", "dopahar", "night", "raat")
_DAYPART = _WORDS.part("daypart")
_HOUR_WORDS = either(word for word, value in CARDINALS.items() if 1 <= value <= 12)
_MINUTE_WORDS = either(
    word for word, value in CARDINALS.items() if value in (5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55)
)
_HINDI_HOURS = either(HINDI_NUMBERS)
_HALF = _WORDS.part("half")
_BODY = (
    rf"(?:(?P<hour>\d{{1,2}})"
    rf"(?:(?P<gap>[:.]|(?<=\d)h|(?<=\d) (?=(?:00|15|30|45)(?!\d))) ?(?P<minute>[0-5]\d))?(?![\d/])"
    rf"|(?P<four>[012]?\d[0-5]\d)"
    rf"|(?P<word>{_HOUR_WORDS})(?:[ -](?P<spoken>{_MINUTE_WORDS}))?)"
)
_TAIL = _WORDS.part("tail")
_CLOCK = _WORDS.pattern("clock", body=_BODY)
_HINDI_CLOCK = _WORDS.pattern("hindi_clock", hindi_hours=_HINDI_HOURS)
_FIXED = re.compile(r"(?<!\w)(?:(?:12 )?(?:noon|midday)|mid-day|midnight|(?:high )?noon ?time)(?!\w)")
_PART = re.compile(rf"(?<!\w)(?:in the |the |this )?(?P<part>{either(_PARTS)})(?!\w)")
_CUE = _WORDS.pattern("cue")
_AFTER_DAY = re.compile(r"(?<!\w)(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tomorrow|kal|parso) $")
_CASUAL = re.compile(r"(?<!\w)(?:make that|make it|do|said|meant|mean|say|try|how about|what about) $")
_CASUAL_END = re.compile(r"^(?: (?:instead|not|please|works|is better|only)|[,.?!]|$)")
_AROUND = _WORDS.pattern("around")
_LATE, _SOON = r"(?:after|past|later than|beyond|subsequent to)", r"(?:before|earlier than|prior to)"
_AFTER = re.compile(rf"(?<!\w)(?:{NEVER} (?:{_SOON}|until|till)|{_LATE}|post|from) (?:about |around )?$")
_BEFORE = re.compile(rf"(?<!\w)(?:{NEVER} {_LATE}|{_SOON}|by|until|till|latest by) (?:about |around )?$")
_ONWARD = _WORDS.pattern("onward")
_DENIED = re.compile(r"(?: (?!ho|baat|kar)\w+){0,2} (?:nahi|mat)(?!\w)")
_BOUND_AFTER = re.compile(r" ?(?:ke baa?d|se pehle)(?!\w)")
_BETWEEN = re.compile(r"(?:between|from|in between)? ?$")
_RANGE_HOUR = r"\d{1,2}(?:[:.][0-5]\d)?(?: ?[ap]m)?"
_RANGE = re.compile(
    rf"(?<![\w/.:-])(?:(?:between|from) {_RANGE_HOUR} ?(?:and|to|till|-) ?{_RANGE_HOUR}"
    rf"|{_RANGE_HOUR} ?(?:-|to|or) ?{_RANGE_HOUR}(?<=m)|\d{{1,2}} ?(?:to|-|or|se) ?\d{{1,2}} ?(?:oclock|baje)"
    rf"|^(?:between |from )?\d{{1,2}} ?(?:to|-|or|till) ?\d{{1,2}}$)(?![\w/])"
)
# "For 4 hours now" is how long, and no time of the day.
_LASTING = re.compile(
    r"(?<!\w)(?:for|since|last|past|every|in|within|after)(?: the)?(?: last| past| about| almost| over)? $"
)
_LASTED = re.compile(r" (?:now|ago|back|later|earlier|se|old|long|daily|a day|every)(?!\w)")
_TO = re.compile(r"^ ?(?:and|to|till|until|-|se|or|ya) ?$")
_NOT_TIMES = _WORDS.pattern("not_times")


def _clock(minutes: int) -> time:
    minutes = max(_DAY_START, min(minutes, _DAY_END))
    return time(minutes // 60, minutes % 60)


def _exact(minutes: int) -> TimeRange:
    return TimeRange(_clock(minutes), _clock(minutes), exact=True)


def _minutes(match: re.Match[str]) -> int | None:
    """Minutes after midnight of a clock time as said."""
    said = match.groupdict()
    hour, minute = _hour_and_minute(said)
    if hour is None or hour > 23 or (said.get("ampm") and hour > 12 and hour > 23):
        return None
    minute += _half(said.get("half") or "")
    total = _half_of_day(hour, said) * 60 + minute
    return total % (24 * 60)


def _hour_and_minute(said: dict[str, str | None]) -> tuple[int | None, int]:
    if said.get("four"):
        digits = str(said["four"])
        return int(digits[:-2]), int(digits[-2:])
    if said.get("hour"):
        return int(str(said["hour"])), int(said.get("minute") or 0)
    hour = number(str(said.get("word")))
    return hour, number(said["spoken"]) or 0 if said.get("spoken") else 0  # type: ignore[arg-type]


def _half(words: str) -> int:
    if words.startswith("half") or words in ("saadhe", "saade", "saarhe", "sarhe", "sadhe", "sade"):
        return 30
    if words in ("sava", "sawa") or words in ("quarter past", "quarter after"):
        return 15
    if words == "paune" or words.startswith("quarter"):
        return -15
    if words:
        count = number(words.split()[0]) or 0
        return count if words.endswith("past") else -count
    return 0


def _half_of_day(hour: int, said: dict[str, str | None]) -> int:
    words = " ".join(filter(None, (said.get("ampm"), said.get("part"), said.get("lead"))))
    if hour > 12:
        return hour
    if any(word in words for word in _PM_WORDS) and said.get("ampm") != "am":
        night = ("night" in words or "raat" in words) and hour == 12
        return 0 if night else hour % 12 + 12
    if any(word in words for word in _AM_WORDS):
        return hour % 12 if "am" in words.split() and hour == 12 else hour % 12 if hour == 12 else hour
    leading_zero = (said.get("hour") or said.get("four") or "").startswith("0")
    return hour + 12 if 1 <= hour <= 7 and not leading_zero else hour


def find_times(text: str, *, bare: bool = False, claimed: tuple[tuple[int, int], ...] = ()) -> list[TimeFound]:
    """All times said in a plain text, in order.

    `bare`: a number alone is a time, as where a time was asked for. `claimed`: spans that something else was found in.
    """
    atoms = [atom for atom in _clocks(text, bare=bare) if not _overlaps(atom.start, atom.end, claimed)]
    spans = [*claimed, *((atom.start, atom.end) for atom in atoms)]
    for match in _PART.finditer(text):
        if not _overlaps(match.start(), match.end(), spans) and not _is_greeting(text, match):
            low, high = _PARTS[match["part"]]
            atoms.append(TimeFound(match.start(), match.end(), TimeRange(_clock(low), _clock(high), exact=False)))
    atoms.sort(key=lambda atom: atom.start)
    return _narrowed(text, _joined(text, atoms))


_NO_WISH = re.compile(r"(?<!\w)(?:good|gud|very|shubh|all|whole|entire|last|every|each|poori|puri|saari|kal) $")


def _is_greeting(text: str, match: re.Match[str]) -> bool:
    """Whether a part of the day is no time that is wished for: "good morning", "it hurt the whole night"."""
    said = _NO_WISH.search(text[: match.start()])
    return said is not None and (said.group() != "kal " or match["part"] == "raat")


def _narrowed(text: str, found: list[TimeFound]) -> list[TimeFound]:
    """Two stretches side by side are what both leave: "3:30 or later in the afternoon"; beside another time "any time"
    says nothing."""
    some = [one for one in found if one.times.end != _clock(_DAY_END) or one.times.start != time(0)]
    found = some or found
    kept: list[TimeFound] = []
    for one in found:
        last = kept[-1] if kept else None
        if last and not last.times.exact and not one.times.exact and text[last.end : one.start] in (" ", ", "):
            low, high = max(last.times.start, one.times.start), min(last.times.end, one.times.end)
            if low < high:
                kept[-1] = TimeFound(last.start, one.end, TimeRange(low, high, exact=False))
                continue
        kept.append(one)
    return kept


def _overlaps(start: int, end: int, spans: object) -> bool:
    return any(first < end and start < last for first, last in spans)  # type: ignore[attr-defined]


def _clocks(text: str, *, bare: bool) -> list[TimeFound]:
    found: list[TimeFound] = []
    for match in _FIXED.finditer(text):
        found.append(TimeFound(match.start(), match.end(), _exact(0 if "midnight" in match.group() else 720)))
    for pattern in (_HINDI_CLOCK, _CLOCK):
        for match in pattern.finditer(text):
            if _overlaps(match.start(), match.end(), [(atom.start, atom.end) for atom in found]):
                continue
            minutes = _minutes(match)
            if minutes is not None and _plausible(text, match, bare=bare):
                found.append(TimeFound(match.start(), match.end(), _exact(minutes)))
    return sorted(found, key=lambda atom: atom.start)


def _plausible(text: str, match: re.Match[str], *, bare: bool) -> bool:
    """Whether a number is a time: it says so itself, or the words around it do."""
    said = match.groupdict()
    if said.get("lead") and said.get("word") == "one" and not said.get("oclock"):
        return False
    if said.get("oclock") in ("hours", "hrs") and (
        _LASTING.search(text[: match.start()]) or _LASTED.match(text[match.end() :])
    ):
        return False
    if said.get("gap") == " " and not (said.get("ampm") or said.get("oclock") or said.get("part")):
        before = text[: match.start()]
        return bare or bool(_CUE.search(before) or _AFTER_DAY.search(before))
    if said.get("baje") or any(said.get(key) for key in ("ampm", "oclock", "part", "lead", "half", "spoken")):
        return True
    if said.get("minute"):
        return True
    if _NOT_TIMES.match(text[match.end() :]):
        return False
    if said.get("hour") and int(str(said["hour"])) > 23:
        return False
    onward = _ONWARD.match(text[match.end() :])
    if onward and not onward["around"]:  # "6 onwards"
        return True
    if said.get("hour") and 1 <= int(str(said["hour"])) <= 12 and _BOUND_AFTER.match(text[match.end() :]):
        return True
    cue = bool(_CUE.search(text[: match.start()]))
    if said.get("four"):
        return bare or (cue and not str(said["four"]).startswith(("19", "20")))
    if (
        said.get("word") == "one"
        and not bare
        and not re.search(r"(?<!\w)(?:at|by|before|after|around) $", text[: match.start()])
    ):
        return False
    if _in_range(text, match):
        return True
    if _CASUAL.search(text[: match.start()]) and _CASUAL_END.match(text[match.end() :]):
        return True
    if re.search(r"(?<!\w)(?:time|timing) (?:of \w+ )?to $", text[: match.start()]):
        return True
    if _AFTER_DAY.search(text[: match.start()]) and re.match(r"(?: please| ji)?[ .!?]*$", text[match.end() :]):
        return said.get("hour") is not None and 1 <= int(str(said["hour"])) <= 12
    weak = re.search(r"(?<!\w)(?:for|to|and|or|about|from|time) $", text[: match.start()])
    return bare or (cue and not weak)


def _in_range(text: str, match: re.Match[str]) -> bool:
    """Whether a number is an end of "2-4 pm" or of "between 2 and 4"."""
    return any(found.start() <= match.start() and match.end() <= found.end() for found in _RANGE.finditer(text))


def _joined(text: str, atoms: list[TimeFound]) -> list[TimeFound]:
    """Put together "between 2 and 4", then read "before", "after" and "around"."""
    found: list[TimeFound] = []
    place = 0
    while place < len(atoms):
        atom = atoms[place]
        following = atoms[place + 1] if place + 1 < len(atoms) else None
        if following and atom.times.exact and following.times.exact and _TO.match(text[atom.end : following.start]):
            found.append(_range(text, atom, following))
            place += 2
            continue
        if following and text[atom.end : following.start] in (" ", ", ") and atom.times.exact != following.times.exact:
            exact = atom if atom.times.exact else following
            found.append(TimeFound(atom.start, following.end, exact.times))
            place += 2
            continue
        found.append(_bounded(text, atom))
        place += 1
    return found


def _range(text: str, first: TimeFound, second: TimeFound) -> TimeFound:
    low, high = first.times.start, second.times.start
    if low > high and low.hour >= 12:
        low = time(low.hour - 12, low.minute)
    match = _BETWEEN.search(text[: first.start])
    start = match.start() if match and match.group().strip() else first.start
    if re.match(r"^ ?(?:or|ya) ?$", text[first.end : second.start]):
        high = _clock(high.hour * 60 + high.minute + 1)
    return TimeFound(start, second.end, TimeRange(low, high, exact=False))


def _bounded(text: str, atom: TimeFound) -> TimeFound:
    if not atom.times.exact:
        return atom
    before, after = text[: atom.start], text[atom.end :]
    said = text[atom.start : atom.end]
    minutes = atom.times.start.hour * 60 + atom.times.start.minute
    onward = _ONWARD.match(after)
    end = atom.end + (onward.end() if onward else 0)
    readings: tuple[tuple[re.Match[str] | None, Callable[[], tuple[int, int]]], ...] = (
        (_AROUND.search(before), lambda: (minutes - 30, minutes + 60)),
        (_AFTER.search(before), lambda: (minutes, _DAY_END)),
        (_BEFORE.search(before), lambda: (_DAY_START, minutes)),
    )
    found = [(match.start(), bounds) for match, bounds in readings if match is not None]
    if found:  # "not later than 3" has "later than 3" in it: the longer one counts
        start, bounds = min(found, key=lambda one: one[0])
        low, high = bounds()
        return TimeFound(start, atom.end, TimeRange(_clock(low), _clock(high), exact=False))
    if onward or said.endswith("ish"):
        around = said.endswith("ish") or (onward is not None and onward["around"] is not None)
        earlier = onward is not None and onward["before"] is not None
        if onward is not None and (denied := _DENIED.match(text[end:])):  # "11 se pehle nikal nahi sakte"
            earlier, end = not earlier, end + denied.end()
        low, high = (minutes - 30, minutes + 60) if around else (0, minutes) if earlier else (minutes, _DAY_END)
        return TimeFound(atom.start, end, TimeRange(_clock(low), _clock(high), exact=False))
    return atom
