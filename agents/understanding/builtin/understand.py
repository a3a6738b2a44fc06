"""One message in, the commands it means out: the rules put together."""

from __future__ import annotations

from agents.commands import Abandon, Command
from agents.understanding.builtin.intents import is_soft_no, messages_wanted
from agents.understanding.builtin.likely import with_wishes
from agents.understanding.builtin.meaning import commands_of
from agents.understanding.builtin.reading import Reading
from agents.understanding.meaning.reader import Meaning
from agents.understanding.resolve.spelling import plain
from agents.understanding.utterance import Understanding, Understood, Utterance

LONGEST = 1000  # characters of a message that are read


class BuiltIn(Understanding):
    """Understanding by rules, and by likeness where they leave it open: no model server, no network."""

    def __init__(self, meaning: Meaning | None = None) -> None:
        self._meaning = meaning or Meaning()

    async def understand(self, utterance: Utterance) -> Understood:
        """The commands of one message, in the order said; none where nothing was understood."""
        return Understood(commands=tuple(read(utterance, self._meaning)), by="built-in")


def read(utterance: Utterance, meaning: Meaning | None = None) -> list[Command]:
    """The commands of one message; by the rules alone where no `meaning` is given."""
    message = plain(utterance.text[:LONGEST])
    whole = messages_wanted(utterance.text[:LONGEST])
    if whole is not None:
        return [whole]
    if _in_talk(utterance) and is_soft_no(message.text):
        return [Abandon()]
    reading = Reading.of(message, utterance)
    commands = commands_of(reading)
    return with_wishes(commands, reading, meaning) if meaning is not None else commands


def _in_talk(utterance: Utterance) -> bool:
    return utterance.flow is not None or utterance.awaiting is not None
