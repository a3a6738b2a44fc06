"""Picking one of the options shown, by number or by words."""

from __future__ import annotations

import re
from datetime import datetime

from rapidfuzz import fuzz

from agents.turn.conversation_state import Option
from agents.understanding.resolve.days import find_days, weekday_of
from agents.understanding.resolve.spelling import plain
from agents.understanding.resolve.when import resolve_day, resolve_time

_ORDINALS = {
    word: place
    for place, words in enumerate(
        (
            "first 1st one pehla pehli pehle pahla pahli पहला पहली top topmost upar",
            "second 2nd two doosra doosri dusra dusri दूसरा दूसरी",
            "third 3rd three teesra teesri tisra tisri तीसरा तीसरी",
            "fourth 4th four chautha chauthi चौथा चौथी", "fifth 5th five", "sixth 6th six",
        ),
        1,
    )
    for word in words.split()
}  # fmt: skip
_ANY = re.compile(
    r"(?<!\w)(?:any|anyone|anything|either|whichever|whatever|koi|you (?:choose|decide|pick)|up to you|no preference"
    r"|pehle|jaldi|same|matter|flexible|kuch bhi|farak)(?!\w)"
)
_LAST = {"last", "later", "latest", "aakhri", "akhri", "आखिरी", "bottom", "neeche", "niche", "final"}
_EARLY = {"earlier", "earliest", "soonest"}


def pick(
    words: str, options: list[Option], now: datetime, *, month_first: bool, numbered: bool = True
) -> Option | None:
    """The one option that the words point at; None where they point at none or at several. `numbered`: figures in them
    may be an option's number."""
    tokens = re.findall(r"[\w:.]+", f"{words.lower()} {plain(words).text}")
    by_number = _by_number(tokens if numbered else [one for one in tokens if not one.isdigit()], options)
    if by_number is not None:
        return by_number
    left = _by_time(words, options, now, month_first=month_first)
    if len(left) == 1:
        return left[0]
    names = [token.strip(".'") for token in _names(tokens) if len(token) > 2]
    hits = [sum(fuzz.partial_ratio(name, option.label.lower()) >= 90 for name in names) for option in left]
    best = max(hits, default=0)
    return left[hits.index(best)] if best and hits.count(best) == 1 else None


def _by_number(tokens: list[str], options: list[Option]) -> Option | None:
    numbers = [int(token.rstrip(".")) for token in tokens if token.rstrip(".").isdigit() and len(token) <= 2]
    numbers += [_ORDINALS[token] for token in tokens if token in _ORDINALS and token != "one"]
    if "one" in tokens and not numbers and (tokens[0] == "one" or tokens[:1] in (["option"], ["number"])):
        numbers = [1]
    clock = any(":" in token or token in ("am", "pm") or token.endswith(("am", "pm")) for token in tokens)
    if len(set(numbers)) == 1 and 1 <= numbers[0] <= len(options) and not clock:
        return options[numbers[0] - 1]
    if options and set(tokens) & _LAST:
        return options[-1]
    if options and (set(tokens) & _EARLY or _ANY.search(" ".join(tokens))):
        return options[0]
    return None


def _by_time(words: str, options: list[Option], now: datetime, *, month_first: bool) -> list[Option]:
    """The options that fit the day and time said; all of them where neither was."""
    left = [option for option in options if option.at is not None]
    if not left:
        return options
    hours = resolve_time(words)
    if hours is not None:
        fits = [option for option in left if option.at and _fits(option.at, hours.start, hours.end, exact=hours.exact)]
        if words.strip(" .!#").isdigit():  # "11" is an hour shown, and else a day
            if fits:
                return fits
        else:
            left = fits
    day = resolve_day(words, now, month_first=month_first)
    if day is not None and not day.asap:
        left = on_days(words, left, now, month_first=month_first)
    return left if hours is not None or day is not None else options


def on_days(words: str, options: list[Option], now: datetime, *, month_first: bool) -> list[Option]:
    """The options on the day said; a bare weekday is that of any week, as no other day was shown."""
    text = plain(words).text
    said = [text[found.start : found.end] for found in find_days(text, now.date(), month_first=month_first)]
    weekdays = {weekday for part in said if (weekday := weekday_of(part)) is not None}
    if weekdays and len(weekdays) == len(said):
        return [option for option in options if option.at and option.at.weekday() in weekdays]
    day = resolve_day(words, now, month_first=month_first)
    return [option for option in options if option.at and day and day.start <= option.at.date() <= day.end]


def _fits(at: datetime, start: object, end: object, *, exact: bool) -> bool:
    clock = at.time()
    return clock == start if exact else start <= clock < end  # type: ignore[operator]


def _names(tokens: list[str]) -> list[str]:
    common = {"the", "one", "with", "doctor", "dr", "that", "please", "want", "will", "take", "ok", "yes", "for", "and"}
    return [token for token in tokens if token.strip(".") not in common]
