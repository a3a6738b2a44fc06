"""One message in, the commands it means out: the rules put together."""

from __future__ import annotations

from agents.commands import Command
from agents.understanding.builtin.meaning import commands_of
from agents.understanding.builtin.reading import Reading
from agents.understanding.builtin.wishes import whole_wish
from agents.understanding.hearing import Hearing, Understood
from agents.understanding.resolve.spelling import plain

LONGEST = 1000  # characters of a message that are read


class BuiltIn:
    """Understanding by rules: no model, no network, about a millisecond a message."""

    async def understand(self, hearing: Hearing) -> Understood:
        """The commands of one message, in the order said; none where nothing was understood."""
        return Understood(commands=tuple(read(hearing)), by="built-in")


def read(hearing: Hearing) -> list[Command]:
    """The commands of one message."""
    message = plain(hearing.text[:LONGEST])
    whole = whole_wish(message.text)
    return [whole] if whole is not None else commands_of(Reading.of(message, hearing))
