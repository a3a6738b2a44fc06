"""From what was found in a message to the commands it means."""

from __future__ import annotations

import re
from itertools import pairwise

from agents.commands import (
    Abandon,
    Affirm,
    Ask,
    Command,
    Correct,
    Deny,
    Fill,
    FlowName,
    Goodbye,
    Greet,
    More,
    Repeat,
    SlotName,
    Start,
    StartOver,
    Thank,
)  # fmt: skip
from agents.understanding.builtin.answers import changes
from agents.understanding.builtin.beginnings import flows_begun, in_last_answer
from agents.understanding.builtin.found import ABOUT_VISITS, BOUNDARY, OF_A_VISIT, Intent, Piece, Placed, overlaps
from agents.understanding.builtin.pieces import find_reason, is_denied, leftover_answer
from agents.understanding.builtin.reading import Reading
from agents.understanding.builtin.topics import is_question
from agents.understanding.builtin.visits import split_visit
from agents.understanding.resolve.specialty_words import PARTS_OF
from agents.understanding.resolve.when import resolve_time
from agents.vocabulary import SLOTS
from lexicon import beside

_WORDS = beside(__file__)


_TALE = 12  # words: what is longer tells something beside a word that steers
_OPENING = 15  # characters: what begins so early opens the message
_CHANGEABLE: frozenset[SlotName] = frozenset(
    {
        "day",
        "time",
        "practitioner",
        "practitioner_sex",
        "specialty",
        "location",
        "for_whom",
        "visit_type",
        "name",
        "birth_date",
    }
)
_CORRECTING = _WORDS.pattern("correcting")
_THE_ONE = re.compile(
    r"(?<!\w)(?:the|my|that|our) (?:appointment|visit|booking|slot|one) (?:that |which )?(?:i|we)(?:'ve|'d)? "
    r"(?:already )?(?:have|had|booked|got|made|took|fixed)(?!\w)"
)
_SENTENCE = re.compile(r"[.!?;\n](?: |$)")
_NAMES_A_VISIT = ("practitioner", "specialty", "day")
_ENGAGED = _WORDS.pattern("engaged")
_PLACE = _WORDS.pattern("place")
# A yes to a message that we sent first, such as a reminder.
_YES_ALONE = re.compile(
    r"(?:yes|haan|ji haan|haan ji|confirm(?:ed)?|i confirm)(?: (?:please|ji|confirm(?:ed)?|i'll come|i will come))*"
)
_DOUBTS = _WORDS.pattern("doubts")


def commands_of(reading: Reading) -> list[Command]:
    """The commands of a message, in the order said."""
    if (person := reading.hand_over()) is not None:
        return [*(intent.command for intent in reading.steer if isinstance(intent.command, Greet)), person.command]
    closes = any(isinstance(intent.command, Goodbye) and intent.start < _OPENING for intent in reading.steer)
    if reading.utterance.awaiting == "anything_else" and closes:
        return [Goodbye()]
    placed: list[Placed] = [(intent.start, 0, intent.command) for intent in _steering(reading)]
    starts, instead = flows_begun(reading)
    values = _values(reading, starts)
    placed += instead + values
    placed += [
        (start, 3, Ask(topic=topic, about=reading.message.words(start, end)[:200]))
        for topic, start, end in reading.questions
    ]
    placed += _answers(reading, placed, starts)
    if not any(not isinstance(command, (Greet, Thank)) for _, _, command in placed):
        placed += _fallback(reading)
    placed.sort(key=lambda item: (item[0], item[1]))
    return _about_the_sick(_once([command for _, _, command in placed]))


def values_for(reading: Reading, flow: FlowName) -> list[Command]:
    """The values of a message that is known to begin a flow, though no phrase of it says so."""
    placed = _values(reading, [Intent(Start(flow=flow), 0, 0)])
    return [command for _, _, command in sorted(placed, key=lambda item: item[:2]) if not isinstance(command, Start)]


def _about_the_sick(commands: list[Command]) -> list[Command]:
    """Who asks when the sick may be visited wants no visit to a doctor."""
    if not any(isinstance(command, Ask) and command.topic == "visiting_hours" for command in commands):
        return commands
    return [
        command
        for command in commands
        if command != Start(flow="book") and not (isinstance(command, Fill) and command.slot in _CHANGEABLE)
    ]


def _once(commands: list[Command]) -> list[Command]:
    """Each command once; the last value of a slot counts within a flow."""
    kept: list[Command] = []
    for command in commands:
        if command not in kept:
            kept.append(command)
    return kept


def _steering(reading: Reading) -> list[Intent]:
    """Phrases that steer; those that only colour a fuller message are left out."""
    full = bool(reading.pieces or reading.starts or reading.questions or reading.choice)
    kept = []
    for intent in reading.steer:
        if isinstance(intent.command, Repeat) and full:
            continue
        told = len(reading.message.text.split()) > _TALE or any(one.slot == "birth_date" for one in reading.pieces)
        if isinstance(intent.command, StartOver) and told:
            continue  # "... and then we had to start over with the file"
        if isinstance(intent.command, Abandon) and (reading.starts or reading.pieces or reading.more or reading.choice):
            continue
        if isinstance(intent.command, Goodbye) and (reading.starts or reading.pieces or reading.questions):
            continue
        kept.append(intent)
    return kept


def _values(reading: Reading, starts: list[Intent]) -> list[Placed]:
    """Starts, each followed by the values that belong to it."""
    pieces = [piece for piece in reading.pieces if not _chosen(reading, piece)]
    about_visit = any(intent.command in OF_A_VISIT for intent in starts) or reading.utterance.flow in ABOUT_VISITS
    if not about_visit:  # there a day that does not suit names the visit
        pieces = _denied_apart(reading.message.text, pieces)
    if not starts:
        return _fills(reading, _about_running(reading, pieces), begun=False)
    bounds = _segments(reading.message.text, starts, pieces)
    placed: list[Placed] = []
    for intent, (low, high) in zip(starts, bounds, strict=True):
        assert isinstance(intent.command, Start)
        mine = [piece for piece in pieces if low <= piece.start < high]
        if intent.command.flow in ABOUT_VISITS:
            mine += _which(reading, low, high=high, others=mine)
            mine = split_visit(reading.message, mine, flow=intent.command.flow, at=intent.start)
            mine += _reason(reading, low, high=high, others=mine) if intent.command.flow != "list" else []
        placed.append((low, 1, intent.command))
        placed += _fills(reading, mine, begun=True)
    return placed


_PARTS = "|".join(one.pattern for one in PARTS_OF.values())
_OF_A_PART = re.compile(rf"(?:{_PARTS}) (?:appointments?|visits?|bookings?|one|wala|wali|slot)(?!\w)")


def _which(reading: Reading, low: int, *, high: int, others: list[Piece]) -> list[Piece]:
    """A visit named by its place in a list that was told, or by its department: "cancel the second one", "cancel my eye
    appointment"."""
    match = _PLACE.search(reading.message.text, low, high) or _OF_A_PART.search(reading.message.text, low, high)
    if match is None or overlaps(*match.span(), [(piece.start, piece.end) for piece in others]):
        return []
    return [Piece("appointment", *match.span())]


def _reason(reading: Reading, low: int, *, high: int, others: list[Piece]) -> list[Piece]:
    span = find_reason(reading.message.text[low:high])
    if span is None or overlaps(low + span[0], low + span[1], [(piece.start, piece.end) for piece in others]):
        return []
    return [Piece("reason", low + span[0], low + span[1])]


def _segments(text: str, starts: list[Intent], pieces: list[Piece]) -> list[tuple[int, int]]:
    """The stretch of text that belongs to each intent: from the last break before it, or from where it names the visit
    that it is about ("..., and the visit i have with dr nair, that one please cancel")."""
    edges = [0]
    ends = [*(intent.start for intent in starts[2:]), len(text)]
    for (before, intent), end in zip(pairwise(starts), ends, strict=False):
        named = list(_THE_ONE.finditer(text, before.end, intent.start)) if intent.command in OF_A_VISIT else []
        if named:
            edges.append(named[-1].start())
            continue
        breaks = [
            match.end()
            for match in BOUNDARY.finditer(text, before.start, intent.start + 1)
            if match.end() <= intent.start
        ]
        low = breaks[-1] if breaks else intent.start
        by_place = _PLACE.search(text, low, end) or _OF_A_PART.search(text, low, end)
        if intent.command in OF_A_VISIT and not by_place and not any(low <= piece.start < end for piece in pieces):
            low = _named_before(text, before.end, low, pieces)
        edges.append(low)
    return list(zip(edges, [*edges[1:], len(text) + 1], strict=True))


def _named_before(text: str, start: int, low: int, pieces: list[Piece]) -> int:
    """Where the visit is named in the same sentence, or else `low`: "dont want dr gowda any more, cancel"."""
    sentence = max((match.end() for match in _SENTENCE.finditer(text, start, low)), default=start)
    named = [piece.start for piece in pieces if sentence <= piece.start < low and piece.slot in _NAMES_A_VISIT]
    return min(named, default=low)


def _chosen(reading: Reading, piece: Piece) -> bool:
    """Whether a value is part of the option that was picked."""
    return reading.choice is not None and (
        overlaps(piece.start, piece.end, [(reading.choice.start, reading.choice.end)])
        or piece.slot in ("day", "time", "practitioner", "location")
    )


def _denied_apart(text: str, pieces: list[Piece]) -> list[Piece]:
    """What does not suit ("not dr rana", "i am busy on friday") is a piece of its own kind, or none."""
    found = []
    for piece in pieces:
        engaged = piece.slot in ("day", "time") and _ENGAGED.search(text[: piece.start]) is not None
        denied = engaged or is_denied(text, piece.start, piece.end)
        if not denied or piece.slot == "practitioner_sex":  # "not a male doctor" stands in its own words
            found.append(piece)
        elif piece.slot in ("day", "time", "practitioner"):
            found.append(Piece("avoid", piece.start, piece.end))
    avoided = {text[one.start : one.end] for one in found if one.slot == "avoid"}
    return [one for one in found if one.slot == "avoid" or text[one.start : one.end] not in avoided]


def _about_running(reading: Reading, pieces: list[Piece]) -> list[Piece]:
    """Values without an intent, read by the flow that runs."""
    utterance = reading.utterance
    if utterance.flow in ("cancel", "list") or utterance.awaiting == "appointment":
        pieces = split_visit(reading.message, pieces, flow=utterance.flow or "cancel", at=0)
        pieces += _reason(reading, 0, high=len(reading.message.text), others=pieces)
    return pieces


def _fills(reading: Reading, pieces: list[Piece], *, begun: bool) -> list[Placed]:
    """Fill, or Correct where the patient changes what was said before."""
    utterance, text = reading.utterance, reading.message.text
    correcting = not begun and utterance.flow is not None and bool(_CORRECTING.search(text))
    reviewing = not begun and utterance.awaiting == "confirm"
    placed: list[Placed] = []
    exact = any(piece.slot == "time" and _is_exact(text[piece.start : piece.end]) for piece in pieces)
    for piece in pieces:
        if exact and piece.slot == "time" and not _is_exact(text[piece.start : piece.end]):
            continue  # "at half past ten, after my morning prayers"
        value = reading.message.words(piece.start, piece.end)[:200]
        if not value or (reviewing and not changes(text) and in_last_answer(reading, piece)):
            continue
        if reviewing and piece.slot == "complaint" and reading.yes is not None and reading.no is None:
            continue  # "yes! my coffee is getting cold"
        change = (correcting or reviewing) and piece.slot in _CHANGEABLE and piece.slot != utterance.awaiting
        command = Correct(slot=piece.slot, value=value) if change else Fill(slot=piece.slot, value=value)
        placed.append((piece.start, 2, command))
    return placed


def _is_exact(words: str) -> bool:
    hours = resolve_time(words)
    return hours is not None and hours.exact


def _answers(reading: Reading, placed: list[Placed], starts: list[Intent]) -> list[Placed]:
    """Yes, no, a choice, others: what they mean beside the rest of the message."""
    utterance = reading.utterance
    if any(isinstance(command, Abandon) for _, _, command in placed):
        return []
    if reading.choice is not None:
        return [(reading.choice.start, 2, reading.choice.command)]
    values = [command for _, _, command in placed if isinstance(command, (Fill, Correct))]
    dated = any(command.slot in ("day", "time") for command in values if isinstance(command, (Fill, Correct)))
    if (
        reading.more is not None
        and not (dated and reading.more.command == More())
        and not any(
            isinstance(placed_command, Start)
            for _, _, placed_command in placed
            if placed_command not in (Start(flow="book"), Start(flow="reschedule"))
        )
    ):
        return [(reading.more.start, 2, reading.more.command)]
    was_asked = utterance.awaiting is not None or bool(utterance.last_answer)
    if not was_asked and not (_YES_ALONE.fullmatch(reading.message.text.strip(" .!")) and reading.yes):
        return []
    if reading.no is not None and overlaps(
        *reading.no, [(intent.start, intent.end) for intent in reading.steer if isinstance(intent.command, Repeat)]
    ):
        return []
    if reading.no is not None and (reading.yes is None or reading.no[0] <= reading.yes[0] or not values):
        return [] if values or starts else [(reading.no[0], 0, Deny())]
    if reading.yes is None or any(isinstance(command, Affirm) for _, _, command in placed):
        return []
    if any(isinstance(command, Correct) for command in values) and (
        changes(reading.message.text) or utterance.awaiting == "confirm"
    ):
        return []
    if _DOUBTS.search(reading.message.text) and not values:
        return []
    return (
        []
        if utterance.awaiting not in (None, "confirm", "choice", "anything_else") and values
        else [(reading.yes[0], 0, Affirm())]
    )


def _fallback(reading: Reading) -> list[Placed]:
    """Nothing was found: the words are the answer awaited, or a question of another kind."""
    utterance, text = reading.utterance, reading.message.text
    whole = any(len(text[intent.start : intent.end].strip()) == len(text.strip()) for intent in reading.steer)
    if is_question(text) and len(text.split()) > 2 and not whole:  # "are you there?" is a greeting
        return [(0, 0, Ask(topic="other", about=reading.message.words(0, len(text))[:200]))]
    if utterance.awaiting in SLOTS and utterance.awaiting != "name":
        piece = leftover_answer(reading.message, utterance.awaiting)
        if piece is not None and _worth(utterance.awaiting, text):
            return [(piece.start, 0, Fill(slot=piece.slot, value=reading.message.words(piece.start, piece.end)[:200]))]
    return []


def _worth(slot: SlotName, text: str) -> bool:
    """Whether a message may be the answer: a birth date has digits; days and times were read before."""
    if slot == "birth_date":
        return any(char.isdigit() for char in text)
    return slot not in ("day", "time") and not text.strip(" .!#").isdigit()
