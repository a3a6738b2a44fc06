"""Which flows a message begins, and what a flow's words mean in the middle of something: "cancel" to a booking that
is being made calls that off, and no visit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agents.commands import Abandon, Affirm, Command, Goodbye, Start, Thank
from agents.understanding.builtin.found import BOUNDARY, Intent, Piece, Placed
from agents.understanding.builtin.reading import Reading
from agents.understanding.resolve.clock import find_times
from agents.understanding.resolve.days import find_days, weekday_of
from agents.understanding.resolve.spelling import plain

_CALLS_OFF = re.compile(r"(?<!\w)(?:cancel|call off|radd|don't need|drop|scrap)")
_CANNOT = re.compile(r"(?:won't|will not|not going to|can't|am not able to|unable to|not able to|couldn't)(?!\w)")
_BOUND = re.compile(r"(?<!\w)(?:se pehle|ke baa?d|tak|before \S+|after \S+) (?:main |mai |hum )?$")
_NEEDS_ONE = re.compile(r"^changed (?:[\w ]+)?,? ?(?:so )?(?:i )?(?:need|want) (?:an? )?appointment$")
_BREAK_BEFORE = re.compile(r"[,.;!?] ?(?:(?:but|and|as|since|because) )?(?:i|we)? ?$")
_WISHES = re.compile(
    r"(?<!\w)(?:please|need|want|book|looking|like|wish|chahiye|possible|can i|could i|check ?up)(?!\w)"
)
_BOOKED = re.compile(
    r"(?<!\w)(?:my|the|our|this|that) (?:[\w'.]+ ){0,3}(?:appointments?|visits?|bookings?)(?!\w)|booked"
)
_ANOTHER = re.compile(r"(?<!\w)(?:another|one more|second|new|also|as well|too|ek aur|dusra)(?!\w)")
_NOUN = re.compile(r"(?<!\w)(?:appointments?|visits?|bookings?|consultations?|slots?|check ?ups?)(?!\w)")


def flows_begun(reading: Reading) -> tuple[list[Intent], list[Placed]]:
    """(flows that begin, commands that words like "cancel" mean inside a flow)."""
    text = reading.message.text
    starts: list[Intent] = []
    instead: list[Placed] = []
    for intent, sure in _meant(reading):
        command = None if sure else _means_instead(reading, intent)
        if command is not None:
            instead.append((intent.start, 0, command))
        elif sure or not (_is_of_what_runs(reading, intent) or any(intent.command == one.command for one in starts)):
            starts.append(intent)
    if len(starts) > 1:
        starts = _without_doubles(starts, text)
    if not starts and (first := _asks_by_itself(reading)) is not None:
        starts = [Intent(Start(flow="book"), first.start, first.end)]
    elif [intent.command for intent in starts] == [Start(flow="register")] and (wanted := _kind_of_doctor(reading)):
        starts.append(Intent(Start(flow="book"), wanted.start, wanted.end))
    return sorted(starts, key=lambda intent: intent.start), instead


def _meant(reading: Reading) -> Iterator[tuple[Intent, bool]]:
    """What the phrases that begin flows mean beside the rest of the message, and whether that is so whatever runs."""
    moves = any(intent.command == Start(flow="reschedule") for intent in reading.starts)
    for intent in reading.starts:
        said = reading.message.text[intent.start : intent.end]
        called_off = intent.command == Start(flow="cancel") and _CANNOT.match(said) is not None
        if intent.command == Start(flow="cancel") and _BOUND.search(reading.message.text[: intent.start]):
            continue  # "10 se pehle nahi aa sakti"
        if called_off and moves:
            continue  # "i can't make it, may i come on the 7th instead"
        if called_off and _wishes_before(reading, intent):
            yield Intent(Start(flow="book"), 0, intent.start), True
        elif intent.command == Start(flow="reschedule") and _NEEDS_ONE.search(said):
            yield Intent(Start(flow="book"), intent.start, intent.end), False  # "my power changed, need appointment"
        else:
            yield intent, False


def _means_instead(reading: Reading, intent: Intent) -> Command | None:
    """A yes to what was read back, or the end of what runs, where a flow's words mean that."""
    assert isinstance(intent.command, Start)
    utterance, flow = reading.utterance, intent.command.flow
    confirming = utterance.awaiting == "confirm"
    if confirming and flow in ("list", "book") and _names_what_was_read(reading):
        return Affirm()
    if flow != "cancel":
        return None
    if utterance.flow in ("book", "reschedule", "waitlist"):
        named = reading.pieces or _NOUN.search(reading.message.text[intent.start :])
        return None if named else Abandon()
    answered = reading.no or reading.yes
    return Affirm() if utterance.flow == "cancel" and confirming and not answered else None


def _is_of_what_runs(reading: Reading, intent: Intent) -> bool:
    """Whether a flow's words only speak of the one that runs ("change it to friday" of a booking)."""
    assert isinstance(intent.command, Start)
    running, flow = reading.utterance.flow, intent.command.flow
    said = reading.message.text[intent.start : intent.end]
    if running == "book" and flow == "cancel":
        return not _CALLS_OFF.search(said)
    if flow == running:
        return not (flow == "book" and _ANOTHER.search(said) and reading.utterance.awaiting is None)
    of_another = (running == "book" and flow == "reschedule") or (
        flow == "book" and running in ("reschedule", "waitlist", "cancel")
    )
    return of_another and not _NOUN.search(said)


def _wishes_before(reading: Reading, intent: Intent) -> bool:
    """Whether a visit is wished for, and only a day is told that does not suit: "eye checkup please, i can't come
    today"."""
    before = reading.message.text[: intent.start]
    wished = any(one.slot in ("specialty", "complaint", "practitioner") and one.end <= intent.start
                 for one in reading.pieces)  # fmt: skip
    asked = wished and bool(_WISHES.search(before)) and bool(_BREAK_BEFORE.search(before))
    return asked and not _BOOKED.search(reading.message.text)


def _kind_of_doctor(reading: Reading) -> Piece | None:
    """What one who is new wants besides: "new here, tooth pain", "my mother is new, can she see a heart doctor"."""
    text = reading.message.text
    return next(
        (
            one
            for one in reading.pieces
            if one.slot in ("specialty", "complaint")
            or (one.slot == "practitioner" and re.match(r"(?:dr|doctor)(?!\w)", text[one.start : one.end]))
        ),
        None,
    )


def _names_what_was_read(reading: Reading) -> bool:
    """Whether a message agrees by naming again what was read back ("confirm my visit for friday at 11")."""
    agrees = reading.yes is not None or re.match(r" ?(?:confirm|book)(?!\w)", reading.message.text)
    return bool(agrees and reading.pieces) and all(in_last_answer(reading, piece) for piece in reading.pieces)


def _without_doubles(starts: list[Intent], text: str) -> list[Intent]:
    """One intent a clause: "cancel my booking" is not also a wish to book."""
    kept = [starts[0]]
    for intent in starts[1:]:
        if BOUNDARY.search(text[kept[-1].start : intent.start]) or BOUNDARY.match(text, intent.start):
            kept.append(intent)
    return kept


def _asks_by_itself(reading: Reading) -> Piece | None:
    """A complaint, or a doctor's name or kind and nothing else, said to a service that does nothing else just now."""
    utterance = reading.utterance
    if (
        utterance.flow is not None
        or utterance.awaiting not in (None, "anything_else")
        or reading.questions
        or reading.no
    ):
        return None
    complaint = next((piece for piece in reading.pieces if piece.slot == "complaint"), None)
    if complaint is not None:
        return complaint
    doctors = [piece for piece in reading.pieces if piece.slot in ("specialty", "practitioner")]
    others = sum(len(reading.message.text[piece.start : piece.end].split()) for piece in reading.pieces)
    short = len(reading.message.text.split()) <= others + 3
    return doctors[0] if doctors and short and not reading.has(Thank, Goodbye) else None


def in_last_answer(reading: Reading, piece: Piece) -> bool:
    """Whether a value only repeats what was read back."""
    said, answer = reading.message.text[piece.start : piece.end], plain(reading.utterance.last_answer).text
    today = reading.utterance.now.date()
    if piece.slot == "time":
        back = [found_time.times for found_time in find_times(answer)]
        return any(found_time.times in back for found_time in find_times(said, bare=True))
    if piece.slot == "day":
        shown = [found_day.days for found_day in find_days(answer, today, month_first=False)]
        if (weekday := weekday_of(said)) is not None:
            return any(days.start.weekday() == weekday for days in shown)
        return any(found_day.days in shown for found_day in find_days(said, today, month_first=False))
    words = said.split() if piece.slot == "practitioner" else [said]
    return all(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", answer) for word in words)
