"""All values that a message gives, as spans of its plain text."""

from __future__ import annotations

import re
from datetime import date, timedelta

from agents.commands import SlotName
from agents.understanding.builtin.found import Piece, overlaps
from agents.understanding.builtin.people import find_doctors, find_own_name, find_relative, named_relatives
from agents.understanding.builtin.places import find_places, whole_place
from agents.understanding.resolve.births import find_birth_date, read_birth_date
from agents.understanding.resolve.clock import find_times
from agents.understanding.resolve.days import AHEAD, DayRange, bare_day, find_days
from agents.understanding.resolve.names import find_anyone
from agents.understanding.resolve.shift import find_shift
from agents.understanding.resolve.specialty_words import (
    ANY_COMPLAINT,
    ANY_ROLE,
    BARE_PATTERNS,
    DOCTOR_SEX,
    LADY,
    PARTS_OF,
    WOMAN,
)
from agents.understanding.resolve.spelling import Plain
from agents.understanding.utterance import Utterance
from agents.vocabulary import SLOTS
from lexicon import beside

_WORDS = beside(__file__)

_VISIT_TYPE = _WORDS.pattern("visit_type")
_BORN = _WORDS.pattern("born")
_BORN_OTHER = _WORDS.pattern("born_other")
_HAPPENED = re.compile(r"(?<!\w)(?:since|surgery|operat\w+|admitted|accident|discharged|delivered|report|until)(?!\w)")
_WHO = re.compile(r"doctor|(?<!\w)dr(?!\w)|who|any ?(?:one|body)|specialist|physician")
_LADY_FOR = re.compile(  # of a department: "lady doctor for skin"
    rf"{WOMAN} (?:doctor|dr)s? (?:for|in|of) (?:my |the |an? )?"
    r"(?!me|my|wife|mother|mom|daughter|sister|aunt|period|pregnan|appointment|check|wom[ae]n)\w+"
)
_WHICH_DOCTOR = ("specialty", "practitioner", "complaint")
_CALLS = re.compile(r" (?:there|here|home|online|listening|reading)(?!\w)")  # "anybody there"
_SAME_TIME = re.compile(r"(?<!\w)(?:same (?:time|hour|timing)|usi (?:time|samay|waqt))(?!\w)")
_OTHER_HOUR = re.compile(
    r" *(?:no|nope|nahi|sorry|actually|not that)[ ,.]+(?:at |to )?(?P<hour>\d{1,2})(?: (?:please|instead))?[ .!]*"
)
# "Not dentist, eye": a part of the body for the kind of doctor.
_NOT_BUT = _WORDS.pattern("not_but")
_LEFT = _WORDS.pattern("left")
_RIGHT = _WORDS.pattern("right")
_LINK = _WORDS.pattern("link")
_REASON = _WORDS.pattern("reason")
# "My dentist told me to see a heart doctor": one who sends, and is not asked for.
_OURS = re.compile(r"(?<!\w)(?:my|our|the|his|her|hamare|mere) $")
_SAID = re.compile(
    r"(?: of [\w'-]+(?: [\w'-]+)?)? (?:there |here )?(?:has |had |have |who |is |was )?(?:now |just |since )?"
    r"(?:closed|retired|moved|shifted|died|passed|left|said|says|told|tells|wrote|written|asked|advised|suggested|suggests"
    r"|recommended|referred|sent|mentioned|thinks|thought|ne (?:kaha|bola|likha|bheja))(?!\w)"
)
_NOT = _WORDS.pattern("not_before")
_NOT_AFTER = _WORDS.pattern("not_after")
_WHO_IS = re.compile(r"(?<!\w)who (?:does|did|is|was|works|practi[sc]es|studies|studied)(?: (?:an?|as|in|at|some))* $")
_SHORT = 6  # words
_SINCE = re.compile(r"(?<!\w)since (?:the |last |this )?$")
_MOVING = re.compile(r"(?<!\w)(?:move|reschedul|shift|change|postpone|prepone|swap|push|badal)")


def find_pieces(message: Plain, utterance: Utterance, *, today: date, claimed: list[tuple[int, int]]) -> list[Piece]:
    """The values in the message, in order, none overlapping another. `claimed`: spans that mean something else."""
    text = message.text
    pieces: list[Piece] = []
    if span := _birth_date(text, today, awaited=utterance.awaiting == "birth_date"):
        if utterance.awaiting is None and _BORN_OTHER.search(text[: span[0]]):
            claimed = [*claimed, span]
        else:
            pieces.append(Piece("birth_date", *span))
    if (place := whole_place(message, utterance.directory.locations)) is not None:
        _add(pieces, claimed, [place])
    if utterance.awaiting != "name":
        _add(pieces, claimed, find_own_name(message, awaited=False))
    if utterance.flow == "book" and utterance.awaiting not in _WHICH_DOCTOR:  # else "lady doctor" is a kind of doctor
        _add(pieces, claimed, _doctor_sex(text))
    roles = _roles(text)
    if utterance.awaiting != "name":
        firm = [(piece.start, piece.end) for piece in roles if not _part_of_name(message, piece)] + _spans(pieces)
        _add(
            pieces,
            claimed,
            find_doctors(message, utterance.directory.practitioners, [*claimed, *firm, *named_relatives(text)]),
        )
    _add(pieces, claimed, roles)
    if not any(piece.slot == "practitioner_sex" for piece in pieces):
        _add(pieces, claimed, _doctor_sex(text))
    if not any(piece.slot in ("practitioner", "specialty") for piece in pieces):
        _add(pieces, claimed, _anyone(text, utterance))
    _add(pieces, claimed, _whens(message, utterance, today=today, claimed=[*claimed, *_spans(pieces)]))
    _add(pieces, claimed, [Piece("visit_type", *match.span()) for match in _VISIT_TYPE.finditer(text)][:1])
    _add(pieces, claimed, _complaints(text))
    _add(pieces, claimed, _relative(message, utterance))
    if utterance.awaiting == "name":
        _add(pieces, claimed, find_own_name(message, awaited=not pieces))
    if utterance.awaiting != "name" and not any(piece.slot == "location" for piece in pieces):
        _add(pieces, claimed, _places(message, utterance, [*claimed, *_spans(pieces)]))
    part = _NOT_BUT.search(text) if utterance.flow == "book" else None
    if part and any(pattern.fullmatch(part["part"]) for pattern in BARE_PATTERNS.values()):
        pieces = [piece for piece in pieces if piece.slot not in ("specialty", "complaint")]
        _add(pieces, claimed, [Piece("specialty", *part.span("part"))])
    _add(pieces, claimed, _awaited(message, utterance, today) if not pieces else [])
    return sorted(pieces, key=lambda piece: piece.start)


def _places(message: Plain, utterance: Utterance, claimed: list[tuple[int, int]]) -> list[Piece]:
    return find_places(message, utterance.directory.locations, claimed, awaited=utterance.awaiting == "location")


def _relative(message: Plain, utterance: Utterance) -> list[Piece]:
    under_way = utterance.awaiting in ("choice", "day", "time")
    return find_relative(message, awaited=utterance.awaiting == "for_whom", under_way=under_way)


def _doctor_sex(text: str) -> list[Piece]:
    return [Piece("practitioner_sex", *match.span()) for match in DOCTOR_SEX.finditer(text)][-1:]


def _roles(text: str) -> list[Piece]:
    """Kinds of doctor. A "lady doctor" beside another kind, or a complaint, is no kind of her own."""
    roles = [
        Piece("specialty", *match.span())
        for match in ANY_ROLE.finditer(text)
        if not (_OURS.search(text[: match.start()]) and _SAID.match(text[match.end() :]))
        and not _WHO_IS.search(text[: match.start()])
    ]
    others = [one for one in roles if not LADY.fullmatch(text, one.start, one.end)]
    elsewhere = any(pattern.search(text) for code, pattern in PARTS_OF.items() if not code.startswith("obstetrics"))
    return others if others or elsewhere or ANY_COMPLAINT.search(text) or _LADY_FOR.search(text) else roles


def _part_of_name(message: Plain, role: Piece) -> bool:
    """Whether a kind of doctor is a word of a practice's name ("Sunrise Dental")."""
    beside = re.search(r"(\w+) $", message.text[: role.start])
    capital = message.words(role.start, role.end)[:1].isupper()
    after = message.original[message.ends[role.end - 1] :].lstrip()[:1]
    before = beside is not None and message.words(beside.start(1), beside.end(1))[:1].isupper() and beside.start(1) > 0
    return capital and not message.original.isupper() and (before or after.isupper())


def _spans(pieces: list[Piece]) -> list[tuple[int, int]]:
    return [(piece.start, piece.end) for piece in pieces]


def _add(pieces: list[Piece], claimed: list[tuple[int, int]], found: list[Piece]) -> None:
    for piece in found:
        if not overlaps(piece.start, piece.end, [*claimed, *_spans(pieces)]):
            pieces.append(piece)


def _whens(message: Plain, utterance: Utterance, *, today: date, claimed: list[tuple[int, int]]) -> list[Piece]:
    text = message.text
    for start, end in claimed:
        text = f"{text[:start]}{'.' * (end - start)}{text[end:]}"
    moving = bool(_MOVING.search(text)) or utterance.flow == "reschedule"
    days = [
        found_day
        for found_day in find_days(text, today, month_first=False, joined=not moving)
        if not overlaps(found_day.start, found_day.end, claimed)
        and not _SINCE.search(text[: found_day.start])  # "it hurts since the weekend"
    ]
    firm = tuple(
        (found_day.start, found_day.end)
        for found_day in days
        if any(char.isdigit() for char in text[found_day.start : found_day.end])
    ) + tuple(claimed)
    loose = tuple((found_day.start, found_day.end) for found_day in days)
    bare = utterance.awaiting == "time" and len(text.split()) <= 6
    times = find_times(text, bare=bare, claimed=(*firm, *loose))
    days = [found_day for found_day in days if found_day.days != DayRange(today, today + AHEAD)] or days[:1]
    fixed = [one for one in days if not one.days.asap]
    if any(not is_denied(text, one.start, one.end) for one in fixed):
        days = fixed  # "tomorrow, as early as possible" is tomorrow
    long_ago = today - timedelta(days=30) if len(text.split()) <= _SHORT else today
    days = [one for one in days if one.days.end >= long_ago]  # "exams got over yesterday": told, and no day for a visit
    found = [Piece("day", found_day.start, found_day.end) for found_day in days]
    if moving and not found and (shift := find_shift(text)) is not None:
        found = [Piece("day", *shift)]
    found += [
        Piece("time", *match.span())
        for match in _SAME_TIME.finditer(text)
        if not overlaps(*match.span(), _spans(found))
    ]
    if utterance.awaiting == "confirm" and not found and (match := _OTHER_HOUR.fullmatch(text)):
        found = [Piece("time", *match.span("hour"))]
        times = []
    return found + [Piece("time", found_time.start, found_time.end) for found_time in times]


def is_denied(text: str, start: int, end: int) -> bool:
    """Whether what stands there is said not to suit."""
    return bool(_NOT.search(text[:start]) or _NOT_AFTER.match(text[end:]))


def _complaints(text: str) -> list[Piece]:
    """Complaints with the words that belong to them; those side by side are one."""
    merged: list[tuple[int, int]] = []
    for match in ANY_COMPLAINT.finditer(text):
        start, end = match.span()
        if left := _LEFT.search(text[:start]):
            start = left.start()
        if right := _RIGHT.match(text[end:]):
            end += right.end()
        if merged and _LINK.match(text[merged[-1][1] : start]):
            merged[-1] = (merged[-1][0], end)
        elif not merged or start >= merged[-1][1]:
            merged.append((start, end))
    return [Piece("complaint", start, end) for start, end in merged]


def _birth_date(text: str, today: date, *, awaited: bool) -> tuple[int, int] | None:
    """A whole date where one was asked for, or after words that say what it is ("dob 6/11/1952"), or one of an earlier
    year that is not when something happened ("ravi kumar, 9-2-1988")."""
    if awaited:
        return find_birth_date(text)
    cue = _BORN.search(text)
    span = find_birth_date(text[cue.end() : cue.end() + 30]) if cue else None
    if cue and span and span[0] <= 12:
        return cue.end() + span[0], cue.end() + span[1]
    span = find_birth_date(text)
    if span is None or _HAPPENED.search(re.split(r"[.!?;] ", text[: span[0]])[-1]):
        return None
    said = text[slice(*span)]
    readings = read_birth_date(said, month_first=False, today=today)
    short = re.search(r"(?<!\d)\d\d$", said)  # "25-11-26" is a day of these days
    near = short is not None and abs(int(short.group()) - today.year % 100) <= 1
    near = near or any((today - reading).days < 366 for reading in readings)
    return span if readings and not near else None


def _anyone(text: str, utterance: Utterance) -> list[Piece]:
    """That any doctor will do; a bare "any" only where a doctor was asked for."""
    span = find_anyone(text)
    if span is None or not (utterance.flow or utterance.awaiting) or _CALLS.match(text[span[1] :]):
        return []
    asked = utterance.awaiting in _WHICH_DOCTOR
    return [Piece("practitioner", *span)] if asked or _WHO.search(text[slice(*span)]) else []


def _awaited(message: Plain, utterance: Utterance, today: date) -> list[Piece]:
    """What was asked for, where no rule saw it: a bare number for a day, a part of the body for a specialty."""
    text, awaiting = message.text, utterance.awaiting
    whole = (len(text) - len(text.lstrip()), len(text.rstrip(" .!?")))
    if awaiting == "day" and bare_day(text, today) and not re.fullmatch(r"[ .#]*\d[ .!]*", text):
        return [Piece("day", *whole)]
    if awaiting in _WHICH_DOCTOR and any(pattern.fullmatch(text.strip(" .!?")) for pattern in BARE_PATTERNS.values()):
        return [Piece("specialty", *whole)]
    return []


def find_reason(text: str) -> tuple[int, int] | None:
    """The clause that says why."""
    match = _REASON.search(text)
    return match.span("why") if match else None


def leftover_answer(message: Plain, awaiting: SlotName) -> Piece | None:
    """The whole of a short message as the answer to what was asked for in the patient's own words."""
    text = message.text
    start, end = len(text) - len(text.lstrip()), len(text.rstrip(" .!?"))
    limit = SLOTS[awaiting].answer_words
    return Piece(awaiting, start, end, sure=False) if 0 < len(text.split()) <= limit and end > start else None
