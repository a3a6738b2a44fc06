"""A wish that is taken back for another in the same message: "i want to cancel.. no wait, move it to monday"."""

from __future__ import annotations

from dataclasses import replace

from agents.commands import Ask, Command, Fill, Start
from agents.understanding.builtin.apart import trouble
from agents.understanding.builtin.found import ABOUT_VISITS, OF_A_VISIT
from agents.understanding.builtin.likely import with_wishes
from agents.understanding.builtin.meaning import commands_of, values_for
from agents.understanding.builtin.reading import Reading
from agents.understanding.meaning.reader import Meaning
from agents.understanding.resolve.spelling import plain
from agents.understanding.utterance import Utterance
from lexicon import beside

_WORDS = beside(__file__)
_TAKEN_BACK, _ADDED = _WORDS.pattern("taken_back"), _WORDS.pattern("added")
_NO_CANCEL, _MOVES = _WORDS.pattern("no_cancel"), _WORDS.pattern("moves")
_WITH_WHOM = frozenset(("specialty", "practitioner", "complaint"))
_COMPLAINT = 0.55  # from which share what was told before is what is wrong
_FEWEST = 3  # words that ask: "book dr rao on friday. no, on monday" only corrects


def instead(reading: Reading, found: list[Command], meaning: Meaning | None) -> list[Command]:
    """What is wanted after all, with what was told before it. `found`: what the message says as one, and the answer
    where no wish is taken back."""
    said = reading.message.text
    denied = _NO_CANCEL.search(said)
    if denied and (Start(flow="reschedule") in found or _MOVES.search(said, denied.end())):
        return _moved(reading, found)
    breaks = list(_TAKEN_BACK.finditer(said)) if reading.utterance.flow is None else []
    if not breaks or not _wishes(found) or _ADDED.search(said, breaks[-1].end()):
        return found
    before, after = (reading.message.words(*span) for span in ((0, breaks[-1].start()), (breaks[-1].end(), len(said))))
    given_up, decided = (_read(reading.utterance, part, meaning) for part in (before, after))
    only_corrects = len(after.split()) < _FEWEST and not any(isinstance(one, Start) for one in decided)
    if only_corrects or not _wishes(decided) or _wishes(given_up)[-1:] in ([], _wishes(decided)[-1:]):
        return found
    flow = next((one.flow for one in reversed(decided) if isinstance(one, Start)), None)
    if flow in ABOUT_VISITS:
        return [*(one for one in decided if not isinstance(one, Fill)), *values_for(reading, flow)]
    return [*decided, *_kept(given_up, decided, before, meaning)] if flow == "book" else decided


def _read(utterance: Utterance, text: str, meaning: Meaning | None) -> list[Command]:
    """A part of the message as a message of its own, but for second thoughts in it."""
    part = Reading.of(plain(text), replace(utterance, text=text))
    commands = commands_of(part)
    return with_wishes(commands, part, meaning) if meaning is not None else commands


def _moved(reading: Reading, found: list[Command]) -> list[Command]:
    """ "Cancel thursday. no wait, don't cancel, move it": the visit is the one that was named."""
    kept = [one for one in found if not isinstance(one, Fill) and one not in OF_A_VISIT]
    return [*kept, Start(flow="reschedule"), *values_for(reading, "reschedule")]


def _kept(given_up: list[Command], decided: list[Command], before: str, meaning: Meaning | None) -> list[Command]:
    """What the wish that was given up told of the visit that is booked after all."""
    told = {one.slot for one in decided if isinstance(one, Fill)} | {"appointment", "request_kind"}
    kept: list[Command] = [one for one in given_up if isinstance(one, Fill) and one.slot not in told]
    if meaning is None or _WITH_WHOM & {*told, *(one.slot for one in kept if isinstance(one, Fill))}:
        return kept
    words, share = trouble(before, meaning)
    return [*kept, Fill(slot="complaint", value=words[:200])] if share >= _COMPLAINT else kept


def _wishes(commands: list[Command]) -> list[str]:
    """The flows and questions of a message, in order."""
    return [
        one.flow if isinstance(one, Start) else one.topic
        for one in commands
        if isinstance(one, Start) or (isinstance(one, Ask) and one.topic != "other")
    ]
