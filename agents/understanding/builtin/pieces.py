"""All values that a message gives, as spans of its plain text."""

from __future__ import annotations

import re
from datetime import date

from agents.commands import SlotName
from agents.understanding.builtin.found import Piece, overlaps
from agents.understanding.builtin.people import find_doctors, find_own_name, find_relative
from agents.understanding.builtin.places import find_places
from agents.understanding.resolve.births import find_birth_date
from agents.understanding.resolve.clock import find_times
from agents.understanding.resolve.days import bare_day, find_days
from agents.understanding.resolve.names import find_anyone
from agents.understanding.resolve.shift import find_shift
from agents.understanding.resolve.specialty_words import ANY_COMPLAINT, ANY_ROLE, BARE_PATTERNS
from agents.understanding.resolve.spelling import Plain
from agents.understanding.utterance import Utterance
from agents.vocabulary import SLOTS

_VISIT_TYPE = re.compile(
    r"(?<!\w)(?:follow ?-?up(?: visit| appointment)?|first (?:visit|time visit|consultation)|first time|new patient|video ?-?(?:call|consult\w*|visit|appointment|chat)|online(?: consult\w*| appointment)?|tele ?-?(?:consult\w*|medicine|health)|phone consult\w*|in-? ?person|second opinion|review (?:visit|appointment)|home visit|routine visit|walk-?in)(?!\w)"
)
_BORN = re.compile(
    r"(?<!\w)(?:d\.?o\.?b\.?|date of birth|birth ?-?date|birth ?day|born(?: on| in)?|janm ?(?:tithi|din|tareekh|tarikh)?|janamdin)(?!\w)"
)
_WHO = re.compile(r"doctor|(?<!\w)dr(?!\w)|who|any ?(?:one|body)|specialist|physician")
_SAME_TIME = re.compile(r"(?<!\w)(?:same (?:time|hour|timing)|usi (?:time|samay|waqt))(?!\w)")
_OTHER_HOUR = re.compile(
    r" *(?:no|nope|nahi|sorry|actually|not that)[ ,.]+(?:at |to )?(?P<hour>\d{1,2})(?: (?:please|instead))?[ .!]*"
)
# "Not dentist, eye": a part of the body for the kind of doctor.
_NOT_BUT = re.compile(
    r"(?<!\w)not (?:a |an |the )?[\w-]+(?: doctor| specialist)?(?:,|,? but|,? i (?:want|need|meant)) ?(?P<part>\w+)[ .!]*$"
)
_LEFT = re.compile(
    r"(?:(?<!\w)(?:my|the|a|an|his|her|our|some|severe|bad|terrible|really|very|high|mild|left|right|lower|upper|constant|chronic|tez|bahut|mere|meri|mera|persistent|slight|strong|little|dry|itchy|red|recurring|frequent|swollen|sharp|both|burning|sudden|continuous) )+$"
)
_RIGHT = re.compile(
    r"^(?: (?:a lot|badly|so much|too much|for (?:the )?(?:last |past )?(?:\w+ )?(?:days?|weeks?|months?|years?)|since (?:last )?\w+(?: (?:days?|weeks?|night|week|month))?|again|problems?|issues?|attacks?|pain|aches?|hai|ho raha hai|ho rahi hai|all over|in (?:my|the|his|her) \w+|on (?:my|the|his|her) \w+|se|these days|every (?:day|night|morning)))+"
)
_LINK = re.compile(
    r"^(?:,? ?(?:and|with|aur|or|plus|also)? ?(?:(?:a|an|my|some|bad|high|severe|mild|also|have|has|bit of|in my|dry) )*)$"
)
_REASON = re.compile(
    r"(?<!\w)(?:because|due to|since|as(?= (?:i|my|we|he|she|there|it)(?!\w))|kyunki|kyonki|reason is|the reason:?|owing to|reason:) (?P<why>(?!soon|early|possible|per|well|quick|fast|earl|last|yesterday|monday|tuesday|morning|of )[^.!?;]{3,120})"
)
_MOVING = re.compile(r"(?<!\w)(?:move|reschedul|shift|change|postpone|prepone|swap|push|badal)")


def find_pieces(message: Plain, utterance: Utterance, *, today: date, taken: list[tuple[int, int]]) -> list[Piece]:
    """The values in the message, in order, none overlapping another. `taken`: spans that mean something else."""
    text = message.text
    pieces: list[Piece] = []
    if span := _birth_date(text, awaited=utterance.awaiting == "birth_date"):
        pieces.append(Piece("birth_date", *span))
    if utterance.awaiting != "name":
        _add(pieces, taken, find_own_name(message, awaited=False))
    roles = [Piece("specialty", *m.span()) for m in ANY_ROLE.finditer(text)]
    if utterance.awaiting != "name":
        firm = [(piece.start, piece.end) for piece in roles if not _part_of_name(message, piece)] + _spans(pieces)
        _add(pieces, taken, find_doctors(message, utterance.directory.practitioners, [*taken, *firm]))
    _add(pieces, taken, roles)
    if not any(piece.slot in ("practitioner", "specialty") for piece in pieces):
        _add(pieces, taken, _anyone(text, utterance))
    _add(pieces, taken, _whens(message, utterance, today, [*taken, *_spans(pieces)]))
    _add(pieces, taken, [Piece("visit_type", *m.span()) for m in _VISIT_TYPE.finditer(text)][:1])
    _add(pieces, taken, _complaints(text))
    _add(pieces, taken, find_relative(message, awaited=utterance.awaiting == "for_whom"))
    if utterance.awaiting == "name":
        _add(pieces, taken, find_own_name(message, awaited=not pieces))
    _add(
        pieces,
        taken,
        find_places(
            message, utterance.directory.locations, [*taken, *_spans(pieces)], awaited=utterance.awaiting == "location"
        )
        if utterance.awaiting != "name"
        else [],
    )
    part = _NOT_BUT.search(text) if utterance.flow == "book" else None
    if part and any(p.fullmatch(part["part"]) for p in BARE_PATTERNS.values()):
        pieces = [piece for piece in pieces if piece.slot not in ("specialty", "complaint")]
        _add(pieces, taken, [Piece("specialty", *part.span("part"))])
    _add(pieces, taken, _awaited(message, utterance, today) if not pieces else [])
    return sorted(pieces, key=lambda piece: piece.start)


def _part_of_name(message: Plain, role: Piece) -> bool:
    """Whether a kind of doctor is a word of a practice's name ("Sunrise Dental")."""
    beside = re.search(r"(\w+) $", message.text[: role.start])
    capital = message.words(role.start, role.end)[:1].isupper()
    after = message.original[message.ends[role.end - 1] :].lstrip()[:1]
    before = beside is not None and message.words(beside.start(1), beside.end(1))[:1].isupper() and beside.start(1) > 0
    return capital and not message.original.isupper() and (before or after.isupper())


def _spans(pieces: list[Piece]) -> list[tuple[int, int]]:
    return [(piece.start, piece.end) for piece in pieces]


def _add(pieces: list[Piece], taken: list[tuple[int, int]], found: list[Piece]) -> None:
    for piece in found:
        if not overlaps(piece.start, piece.end, [*taken, *_spans(pieces)]):
            pieces.append(piece)


def _whens(message: Plain, utterance: Utterance, today: date, taken: list[tuple[int, int]]) -> list[Piece]:
    text = message.text
    moving = bool(_MOVING.search(text)) or utterance.flow == "reschedule"
    days = [
        d for d in find_days(text, today, month_first=False, joined=not moving) if not overlaps(d.start, d.end, taken)
    ]
    firm = tuple((d.start, d.end) for d in days if any(char.isdigit() for char in text[d.start : d.end])) + tuple(taken)
    loose = tuple((d.start, d.end) for d in days)
    bare = utterance.awaiting == "time" and len(text.split()) <= 6
    times = find_times(text, bare=bare, taken=(*firm, *loose))
    days = [d for d in days if not d.days.asap] or days  # "tomorrow, as early as possible" is tomorrow
    found = [Piece("day", d.start, d.end) for d in days]
    if moving and not found and (shift := find_shift(text)) is not None:
        found = [Piece("day", *shift)]
    found += [Piece("time", *m.span()) for m in _SAME_TIME.finditer(text) if not overlaps(*m.span(), _spans(found))]
    if utterance.awaiting == "confirm" and not found and (match := _OTHER_HOUR.fullmatch(text)):
        found = [Piece("time", *match.span("hour"))]
        times = []
    return found + [Piece("time", t.start, t.end) for t in times]


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


def _birth_date(text: str, *, awaited: bool) -> tuple[int, int] | None:
    """A whole date where one was asked for, or after words that say what it is ("dob 6/11/1952")."""
    if awaited:
        return find_birth_date(text)
    cue = _BORN.search(text)
    span = find_birth_date(text[cue.end() : cue.end() + 30]) if cue else None
    return (cue.end() + span[0], cue.end() + span[1]) if cue and span and span[0] <= 12 else None


def _anyone(text: str, utterance: Utterance) -> list[Piece]:
    """That any doctor will do; a bare "any" only where a doctor was asked for."""
    span = find_anyone(text)
    if span is None or not (utterance.flow or utterance.awaiting):
        return []
    asked = utterance.awaiting in ("practitioner", "specialty", "complaint")
    return [Piece("practitioner", *span)] if asked or _WHO.search(text[slice(*span)]) else []


def _awaited(message: Plain, utterance: Utterance, today: date) -> list[Piece]:
    """What was asked for, where no rule saw it: a bare number for a day, a part of the body for a specialty."""
    text, awaiting = message.text, utterance.awaiting
    whole = (len(text) - len(text.lstrip()), len(text.rstrip(" .!?")))
    if awaiting == "day" and bare_day(text, today):
        return [Piece("day", *whole)]
    if awaiting in ("specialty", "complaint", "practitioner") and any(
        p.fullmatch(text.strip(" .!?")) for p in BARE_PATTERNS.values()
    ):
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
