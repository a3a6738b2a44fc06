"""One message in, the commands it means out: the rules put together."""

from __future__ import annotations

from agents.commands import Abandon, Command
from agents.understanding.builtin.intents import is_soft_no, only_messages_wanted
from agents.understanding.builtin.meaning import commands_of
from agents.understanding.builtin.reading import Reading
from agents.understanding.resolve.spelling import plain
from agents.understanding.utterance import Understanding, Understood, Utterance

LONGEST = 1000  # characters of a message that are read


class BuiltIn(Understanding):
    """Understanding by rules: no model, no network, about a millisecond a message."""

    async def understand(self, utterance: Utterance) -> Understood:
        """The commands of one message, in the order said; none where nothing was understood."""
        return Understood(commands=tuple(read(utterance)), by="built-in")


def read(utterance: Utterance) -> list[Command]:
    """The commands of one message."""
    message = plain(utterance.text[:LONGEST])
    whole = only_messages_wanted(message.text)
    if whole is not None:
        return [whole]
    if _in_talk(utterance) and is_soft_no(message.text):
        return [Abandon()]
    return commands_of(Reading.of(message, utterance))


def _in_talk(utterance: Utterance) -> bool:
    return utterance.flow is not None or utterance.awaiting is not None
