"""Two visits in one message: another is booked beside one that is called off, or two are booked ("skin for me and also
an eye check", "cancel nair. derm fri"). Clause by clause: with whom, and what is to be done about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from agents.commands import Command, Fill, Start
from agents.understanding.builtin.meaning import values_for
from agents.understanding.builtin.people import find_doctors
from agents.understanding.builtin.reading import Reading
from agents.understanding.meaning.reader import Meaning
from agents.understanding.resolve.names import match_practitioners, match_specialty
from agents.understanding.resolve.specialty_words import ANY_COMPLAINT, ANY_ROLE, LADY, parts_named
from agents.understanding.resolve.spelling import plain
from agents.understanding.utterance import Utterance
from lexicon import beside

_WORDS = beside(__file__)
_EDGE = _WORDS.pattern("edge")
_CANCELS, _BOOKS, _SEES, _MOVES = (_WORDS.pattern(name) for name in ("cancels", "books", "sees", "moves"))
_CANCELS_NAMED = _WORDS.pattern("cancels_named")
_KEEPS = _WORDS.pattern("keeps")
_TWO, _ALSO, _OR = (_WORDS.pattern(name) for name in ("two", "also", "or"))
_BOTH = _WORDS.pattern("both")
_SAME_DAY = _WORDS.pattern("same_day")
_BACK = 2  # clauses before the one that calls off in which the visit may be named
_TERSE = 16  # words: in so short a message with whom is enough to say that a visit is wanted
_TROUBLE = 0.6  # share from which a trouble is surely of a department


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    who: str | None  # a doctor's id or a department's code; None where it names neither
    named: bool  # as somebody to be seen, and not by a trouble alone
    cancels: bool
    books: bool


def visits_apart(reading: Reading, meaning: Meaning) -> list[Command] | None:
    """The commands of a first message that speaks of two visits; None where it does not."""
    utterance = reading.utterance
    message = reading.message.text
    if _MOVES.search(message) or _KEEPS.search(message):
        return None
    if not any(one.search(message) for one in (_CANCELS, _CANCELS_NAMED, _TWO, _ALSO)):
        return None
    clauses = [_clause(text, utterance, meaning) for text in _clauses(utterance.text)]
    if len(clauses) < 2:
        return None
    if any(one.cancels for one in clauses):
        return _cancel_and_book(clauses, utterance, terse=len(message.split()) <= _TERSE)
    return _two_bookings(clauses, utterance, message)


def visit_beside(reading: Reading, meaning: Meaning, asked: str) -> list[Command]:
    """The booking that is wished for beside something else; none where there is none. `asked`: the part of the message
    that asks for the other thing."""
    utterance = reading.utterance
    for text in _clauses(utterance.text)[1:]:
        if asked and (text in asked or asked in text):
            continue
        one = _clause(text, utterance, meaning)
        if one.who and one.books and (one.named if not asked else _SEES.search(plain(text).text)):
            return [Start(flow="book"), *_values(text, "book", utterance)]
    return []


def _clauses(text: str) -> list[str]:
    return [part.strip(" .,") for part in _EDGE.split(text) if part and part.strip(" .,!?-/")]


def _clause(text: str, utterance: Utterance, meaning: Meaning) -> _Clause:
    said = plain(text).text
    who, named = _with_whom(said, utterance, meaning)
    cancels = bool(_CANCELS.search(said) or (named and _CANCELS_NAMED.search(said)))
    return _Clause(text, who, named, cancels, not cancels and bool(_BOOKS.search(said)))


def _with_whom(said: str, utterance: Utterance, meaning: Meaning) -> tuple[str | None, bool]:
    names = utterance.directory
    for piece in find_doctors(plain(said), names.practitioners, []):
        found = match_practitioners(said[piece.start : piece.end], names.practitioners)
        if len(found) == 1:
            return str(found[0].id), True
    role = ANY_ROLE.search(said)
    kinds = match_specialty(role.group(), names.specialties) if role and not LADY.fullmatch(role.group()) else []
    if kinds:
        return str(kinds[0].id), True
    codes = frozenset(str(one.id) for one in names.specialties)
    parts = [code for code in parts_named(said) if code in codes]
    if len(parts) == 1:
        return parts[0], bool(_SEES.search(said))
    if not codes or not (parts or ANY_COMPLAINT.search(said)):
        return None, False
    likely = meaning.departments(said, codes)[0]
    return (likely.label if likely.share >= _TROUBLE else None), bool(_SEES.search(said))


def _cancel_and_book(clauses: list[_Clause], utterance: Utterance, *, terse: bool) -> list[Command] | None:
    """A visit is called off in one place, and another wished for in a place of its own."""
    off = {place for place, one in enumerate(clauses) if one.cancels}
    for place in sorted(off):  # "the physician appointment that was forced on me, remove"
        before = [at for at in range(max(0, place - _BACK), place) if at not in off and clauses[at].who]
        if clauses[place].who is None and before and not clauses[before[-1]].books:
            off.update(range(before[-1], place))
    wanted = [
        place for place, one in enumerate(clauses)
        if place not in off and one.who and (one.books or terse)
    ]  # fmt: skip
    named = {clauses[place].who for place in off if clauses[place].who}
    if not wanted or {clauses[place].who for place in wanted} <= named:
        return None
    first = min(wanted)
    booked = " ".join(
        one.text for place, one in enumerate(clauses) if place not in off and (place >= first or place > max(off))
    )
    dropped = ", ".join(clauses[place].text for place in sorted(off))
    cancel: list[Command] = [Start(flow="cancel"), *_values(dropped, "cancel", utterance)]
    book: list[Command] = [Start(flow="book"), *_values(booked, "book", utterance)]
    return [*cancel, *book] if min(off) < first else [*book, *cancel]


def _two_bookings(clauses: list[_Clause], utterance: Utterance, message: str) -> list[Command] | None:
    """Two departments, each of its own clauses, and words that there are to be two."""
    if _OR.search(message):
        return None
    groups: list[list[_Clause]] = []
    for one in clauses:
        if one.who and (not groups or all(one.who != other.who for other in groups[-1] if other.who)):
            groups.append([one])
        elif groups:
            groups[-1].append(one)
    if len(groups) != 2 or groups[0][0].who == groups[1][0].who:
        return None
    first, second = (group[0] for group in groups)
    after = utterance.text[utterance.text.index(first.text) + len(first.text) :]
    two, also = bool(_TWO.search(message)), bool(_ALSO.search(plain(after).text))
    if not two and not first.named and second.who in {str(one.id) for one in utterance.directory.practitioners}:
        return None  # "two operations on this knee, i want dr shetty": the trouble is why
    asked = bool(second.books or _SEES.search(plain(second.text).text))
    if not (two or (first.named and second.named and also) or (asked and also and (first.named or second.named))):
        return None
    said = [" ".join(one.text for one in group) for group in groups]
    mine, other = (list(_values(text, "book", utterance)) for text in said)
    if _SAME_DAY.search(plain(said[1]).text):
        other = [*_days(mine), *other]
    ahead = " ".join(one.text for one in clauses[: clauses.index(first)])  # "two appointments on thursday: ..."
    told = _days(list(values_for(Reading.of(plain(ahead), replace(utterance, text=ahead)), "book")))
    mine, other = (found if _days(found) else [*told, *found] for found in (mine, other))
    if two and not _days(other):  # "two appointments on thursday: nair at 10 and sheikh at 5"
        other = [*_days(mine), *other]
    if _BOTH.search(message):  # "both on saturday"
        days = _days(mine) or _days(other)
        mine, other = ([*days, *(one for one in found if one not in days)] for found in (mine, other))
    return [Start(flow="book"), *mine, Start(flow="book"), *other]


def _days(commands: list[Command]) -> list[Command]:
    return [one for one in commands if isinstance(one, Fill) and one.slot == "day"]


def _values(text: str, flow: str, utterance: Utterance) -> Iterator[Command]:
    part = replace(utterance, text=text)
    values = values_for(Reading.of(plain(text), part), flow)
    yield from values
    whom = any(isinstance(one, Fill) and one.slot in ("specialty", "practitioner", "complaint") for one in values)
    if flow == "book" and not whom:
        yield Fill(slot="complaint", value=text[:200])
    if flow == "cancel" and not any(isinstance(one, Fill) and one.slot == "appointment" for one in values):
        yield Fill(slot="appointment", value=text[:200])
