"""Answers to what was asked: yes, no, one of the options, others."""

from __future__ import annotations

import re
from datetime import date

from agents.commands import Choose, More
from agents.understanding.builtin.found import Intent, Piece
from agents.understanding.resolve.births import find_birth_date
from agents.understanding.resolve.clock import find_times
from agents.understanding.resolve.days import find_days, weekday_of
from agents.understanding.resolve.names import name_words
from agents.understanding.resolve.spelling import Plain, plain
from agents.understanding.resolve.when import is_bound
from agents.understanding.utterance import Utterance
from governance.redaction.sounds import likeness
from lexicon import beside

_WORDS = beside(__file__)

_YES_LEAD = _WORDS.pattern("yes_lead")
_YES_WITHIN = _WORDS.pattern("yes_within")
_NO_LEAD = _WORDS.pattern("no_lead")
_NO_WITHIN = _WORDS.pattern("no_within")
_REFUSES = _WORDS.pattern("refuses")
_ANOTHER_TIME = re.compile(r"\d|(?<!\w)(?:\w+day|tomorrow|kal|parso|instead|next)(?!\w)")
_BUT = re.compile(r"(?<!\w)(?:but|except|however|instead|lekin|magar|par|only if|make it|change it)(?!\w)")
_ANY_ONE = _WORDS.pattern("any_one")
_NUMBER = re.compile(
    r"(?<![\w:./-])\d{1,2}(?![\w:/-])(?!\.\d)(?! ?(?:am|pm|baje|oclock|days?|weeks?|hours?|mins?|minutes?))"
)
_ALL = re.compile(r"(?<!\w)(?:both|all|dono|saare|sab|everything)(?!\w)")
_BOUND = re.compile(r"(?<!\w)(?:after|before|by|till|until|past|post|from|than|around|about|between|not) $")
_ORDINAL = _WORDS.part("ordinal")
_PICKED = re.compile(rf"(?<!\w){_ORDINAL}(?!\w)")
_PICK = _WORDS.pattern("pick")
# A number or place at the start, said to be it: what follows ("3 hi theek hai, subah chai hoti hai") is beside it.
_AT_ONCE = re.compile(
    rf"[ .#(]*(?:(?:the|yes|ok|okay|haan|number|no\.?|option|slot) )*(?:(?P<number>\d{{1,2}})|{_ORDINAL})(?!\w)"
    r"(?: (?:one|slot|option|wala|wali|time|choice))* (?:hi|is|wala|wali|please|theek|sahi|chalega|would|will|works|"
    r"looks|sounds|suits|number|best|good|fine|one|slot|option)(?!\w)"
)
_OTHER_ONE = re.compile(r"(?<!\w)(?:the other|other one|d(?:u|oo)sr[ae]|baaki)(?!\w)")
_KEPT = re.compile(r"(?<!\w)(?:keep|not|nahi|rakh\w*|retain|except|leave)(?!\w)(?! (?:the )?other)")
_MORE: tuple[tuple[str, str], ...] = tuple(_WORDS.table("more").items())
_NO_MORE = re.compile(
    r"(?<!\w)(?:don't|do not|not|no|won't|isn't|nothing)(?: (?:need|want|have|require|be|needing|there|any))* $"
)
MORE = tuple((direction, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")) for direction, pattern in _MORE)


_ONE_OF_US = re.compile(
    r"(?<!\w)(?:i|i'm|me|my|mine|myself|self|our|main|mai|mera|meri|mere|mujhe|khud|apn[aei]|hamar[aei])(?!\w)"
)


def find_yes(text: str) -> tuple[int, int] | None:
    """Where the message says yes."""
    match = _YES_LEAD.match(text) or _YES_WITHIN.search(text)
    if match is None or re.search(
        r"(?<!\w)(?:not|isn't|doesn't|don't|if|whether|is|does|would|are|will|do you think|what) (?:\w+ )?$",
        text[: match.start()],
    ):
        return None
    return match.span()


def find_no(text: str) -> tuple[int, int] | None:
    """Where the message says no."""
    match = _NO_LEAD.match(text) or _NO_WITHIN.search(text)
    return match.span() if match else None


def refuses(text: str) -> bool:
    """Whether what was read back is refused, and no other day or time named."""
    return bool(_REFUSES.match(text)) and not _ANOTHER_TIME.search(text)


def changes(text: str) -> bool:
    """Whether a "but" or "make it" turns a yes into a change."""
    return bool(_BUT.search(text))


def gives_what_was_asked(text: str, awaiting: str | None) -> bool:
    """Whether a message answers a question of ours: a birth date, for whom, a yes or no, one of a list."""
    said = plain(text).text
    if awaiting == "birth_date":
        return find_birth_date(said) is not None
    if awaiting == "for_whom":
        return bool(_ONE_OF_US.search(said))
    if awaiting == "choice":
        return bool(_NUMBER.search(said) or _PICKED.search(said))
    return awaiting == "confirm" and (find_yes(said) or find_no(said)) is not None


def find_more(text: str) -> Intent | None:
    """Others than those shown."""
    for direction, pattern in MORE:
        match = pattern.search(text)
        if match and not _NO_MORE.search(text[: match.start()]):
            return Intent(More(direction=direction), match.start(), match.end())
    return None


def find_choice(message: Plain, utterance: Utterance, pieces: list[Piece]) -> Intent | None:
    """The option that is picked: by number or place, or by the day, time or doctor that one option alone has."""
    if not utterance.options:
        return None
    text = message.text
    if (
        bare := re.fullmatch(
            r"[ .#(]*(?:(?:yes|ok|okay|haan|sure)[ ,]+)?(\d{1,2})[ .,!)]*(?:please|ok|okay|yes|haan|wala|no\.?)?[ .!]*",
            text,
        )
    ) and 1 <= int(bare[1]) <= len(utterance.options):
        return _choose(message, bare.span(1))
    if bare and any(_shows(option, int(bare[1]), utterance.now.date()) for option in utterance.options):
        return _choose(message, bare.span(1))
    if (
        re.fullmatch(r"[ .]*(?:one|two|three|four|five|six|ek|do|teen|char)[ .!]*(?:please)?", text)
        and len(utterance.options) > 1
    ):
        return _choose(message, (0, len(text)))
    at_once = _AT_ONCE.match(text)
    if at_once and (at_once["number"] is None or 1 <= int(at_once["number"]) <= len(utterance.options)):
        return _choose(message, at_once.span("number") if at_once["number"] else at_once.span())
    fits = [option for option in utterance.options if _fits(option, message, pieces=pieces, today=utterance.now.date())]
    specified = [piece for piece in pieces if piece.slot in ("day", "time", "practitioner", "location")]
    if len(fits) == 1 and len(utterance.options) == 2 and _OTHER_ONE.search(text) and _KEPT.search(text):
        return Intent(Choose(value=str(2 - utterance.options.index(fits[0]))), 0, len(text))  # "keep saturday, ..."
    narrowed = any(piece.slot == "time" and is_bound(text[piece.start : piece.end]) for piece in pieces)
    if specified and not narrowed and len(fits) == 1 and len(utterance.options) >= 1:
        return _choose(message, (specified[0].start, _one_after(text, specified[-1].end)))
    if (only := _only_number(text, pieces)) and 1 <= int(only.group()) <= len(utterance.options):
        return _choose(message, only.span())
    if utterance.flow == "cancel" and _ALL.search(text) and len(text.split()) <= 6:
        return _choose(message, (len(text) - len(text.lstrip()), len(text.rstrip())))
    if _ANY_ONE.fullmatch(text.strip(" .!")):
        return _choose(message, (len(text) - len(text.lstrip(" .!")), len(text.rstrip(" .!"))))
    match = next(
        (
            match
            for match in _PICK.finditer(text)
            if _in_reach(match, len(utterance.options)) and not _BOUND.search(text[: match.start()])
        ),
        None,
    )
    return _choose(message, match.span()) if match and not (specified and not fits) else None


def _only_number(text: str, pieces: list[Piece]) -> re.Match[str] | None:
    """The one number of a short message that says no day and no time ("let me see, number 1 is best")."""
    found = list(_NUMBER.finditer(text))
    told = any(piece.slot in ("day", "time") for piece in pieces)
    if (
        len({one.group() for one in found}) != 1
        or told
        or len(text.split()) > 12
        or _BOUND.search(text[: found[0].start()])
    ):
        return None
    return found[0]


def _shows(option: str, number: int, today: date) -> bool:
    """Whether a number beyond the list is an hour or a day of the month of this option."""
    label = plain(option).text
    hours = {
        found_time.times.start.hour
        for found_time in find_times(label)
        if found_time.times.exact and not found_time.times.start.minute
    }
    days = {found_day.days.start.day for found_day in find_days(label, today, month_first=False)}
    return number in days or bool({number, number + 12} & hours if number <= 12 else {number} & hours)


def _in_reach(match: re.Match[str], count: int) -> bool:
    said = match["digits"] or match["labelled"] or match["taken"] or match["pointed"]
    if re.search(
        r"(?:^|the )(?:this|that|another|other|new|any|which|better|no|different|good|next) one$", match.group()
    ):
        return False
    return not (said and said.isdigit()) or 1 <= int(said) <= count


def _one_after(text: str, end: int) -> int:
    match = re.match(r" (?:one|slot|option|wala)(?!\w)", text[end:])
    return end + match.end() if match else end


def _choose(message: Plain, span: tuple[int, int]) -> Intent:
    return Intent(Choose(value=message.words(*span)[:200]), *span)


def _fits(option: str, message: Plain, *, pieces: list[Piece], today: date) -> bool:
    """Whether an option has all that was said about day, time, doctor and place."""
    label = plain(option).text
    specified = 0
    for piece in pieces:
        said = message.text[piece.start : piece.end]
        if piece.slot == "day":
            fits = _day_fits(label, said, today)
        elif piece.slot == "time":
            fits = _time_fits(label, said)
        elif piece.slot in ("practitioner", "location"):
            words = [word for word in name_words(said) if word not in ("dr", "doctor")]
            fits = all(any(likeness(word, part) >= 85 for part in name_words(label)) for word in words)
        else:
            continue
        specified += 1
        if not fits:
            return False
    return specified > 0


def _day_fits(label: str, said: str, today: date) -> bool:
    shown = find_days(label, today, month_first=False)
    if (weekday := weekday_of(said)) is not None:
        return any(shown_day.days.start.weekday() == weekday for shown_day in shown)
    wanted = find_days(said, today, month_first=False)
    return any(
        sought.days.start <= shown_day.days.start <= sought.days.end
        for sought in wanted
        if not sought.days.asap
        for shown_day in shown
    )


def _time_fits(label: str, said: str) -> bool:
    wanted = find_times(said, bare=True)
    shown = [found_time.times.start for found_time in find_times(label) if found_time.times.exact]
    return any(
        shown_time == sought.times.start if sought.times.exact else sought.times.start <= shown_time < sought.times.end
        for sought in wanted
        for shown_time in shown
    )
