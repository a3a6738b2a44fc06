"""A wish that is taken back for another in the same message: "i want to cancel.. no wait, move it to monday"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agents.commands import Ask, Command, Fill, Start
from agents.understanding.builtin.apart import trouble
from agents.understanding.builtin.found import ABOUT_VISITS
from agents.understanding.builtin.meaning import values_for
from agents.understanding.builtin.reading import Reading
from agents.understanding.meaning.reader import Meaning
from agents.understanding.utterance import Utterance
from lexicon import beside

_WORDS = beside(__file__)
_TAKEN_BACK = _WORDS.pattern("taken_back")
_ADDED = _WORDS.pattern("added")
_WITH_WHOM = frozenset(("specialty", "practitioner", "complaint"))
_COMPLAINT = 0.55  # from which share what was told before is what is wrong
_FEWEST = 3  # words that ask: "book dr rao on friday. no, on monday" only corrects

Read = Callable[[Utterance], list[Command]]


def instead(reading: Reading, whole: list[Command], read: Read, meaning: Meaning | None) -> list[Command] | None:
    """What is wanted after all, with what was told before it; None where no wish is taken back. `whole`: what the
    message says as one; `read`: how a part of it is read."""
    breaks = list(_TAKEN_BACK.finditer(reading.message.text))
    if not breaks or _wishes(whole) == []:
        return None
    last = breaks[-1]
    after = reading.message.words(last.end(), len(reading.message.text))
    if _ADDED.search(reading.message.text, last.end()):
        return None
    decided = read(replace(reading.utterance, text=after))
    told_before = reading.message.words(0, last.start())
    before = read(replace(reading.utterance, text=told_before))
    wanted, given_up = _wishes(decided), _wishes(before)
    if len(after.split()) < _FEWEST and not any(isinstance(one, Start) for one in decided):
        return None
    if not wanted or not given_up or wanted[-1] == given_up[-1]:
        return None
    flow = next((one.flow for one in reversed(decided) if isinstance(one, Start)), None)
    if flow in ABOUT_VISITS:
        values = values_for(reading, flow)
        return [*(one for one in decided if not isinstance(one, Fill)), *values]
    if flow != "book":
        return decided
    told = {one.slot for one in decided if isinstance(one, Fill)}
    kept = [one for one in before if isinstance(one, Fill) and one.slot not in (*told, "appointment", "request_kind")]
    if meaning is not None and not _WITH_WHOM & {*told, *(one.slot for one in kept)}:
        words, share = trouble(told_before, meaning)
        kept += [Fill(slot="complaint", value=words[:200])] if share >= _COMPLAINT else []
    return [*decided, *kept]


def _wishes(commands: list[Command]) -> list[str]:
    """The flows and questions of a message, in order."""
    return [
        one.flow if isinstance(one, Start) else one.topic
        for one in commands
        if isinstance(one, Start) or (isinstance(one, Ask) and one.topic != "other")
    ]
