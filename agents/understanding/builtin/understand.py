"""One message in, the commands it means out: the rules put together."""

from __future__ import annotations

from dataclasses import replace

from agents.commands import Abandon, Affirm, Ask, Chat, Command, Deny, Goodbye, Greet, Repeat, Thank
from agents.understanding.builtin.answers import refuses
from agents.understanding.builtin.intents import is_soft_no, messages_wanted
from agents.understanding.builtin.likely import with_wishes
from agents.understanding.builtin.meaning import commands_of
from agents.understanding.builtin.reading import Reading
from agents.understanding.builtin.replies import agrees, denies, picked
from agents.understanding.builtin.second_thoughts import instead
from agents.understanding.meaning.reader import Meaning
from agents.understanding.resolve.confirmation import is_plain_yes
from agents.understanding.resolve.spelling import plain
from agents.understanding.utterance import Understanding, Understood, Utterance

_WITH_WHOM = ("specialty", "practitioner", "complaint")
LONGEST = 1000  # characters of a message that are read
_TALK = (Affirm, Deny, Abandon, Thank, Greet, Goodbye, Chat, Repeat)  # what a yes to what was read back outweighs


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
    answering = utterance.awaiting == "confirm"
    if answering and is_plain_yes(utterance.text, utterance.flow):
        return [Affirm()]
    if _in_talk(utterance) and is_soft_no(message.text):
        return [Abandon()]
    if utterance.awaiting in _WITH_WHOM and is_plain_yes(utterance.text):
        return [Affirm()]  # to "which doctor, or what is the trouble?" a yes says neither
    if answering and refuses(message.text):
        return [Deny()]
    reading = Reading.of(message, replace(utterance, text=utterance.text[:LONGEST]))
    commands = commands_of(reading)
    if answering and all(_is_talk(command) for command in commands):
        if agrees(utterance.text, utterance.last_answer, utterance.flow, meaning):
            return [Affirm()]
        if denies(utterance.text, utterance.flow, meaning):
            return [Deny()]
    if utterance.awaiting == "choice" and all(_is_talk(command) for command in commands):
        meant = picked(utterance.text, utterance.options, meaning)
        if meant is not None:
            return [meant]
    found = with_wishes(commands, reading, meaning) if meaning is not None else commands
    return instead(reading, found, meaning)


def _is_talk(command: Command) -> bool:
    return isinstance(command, _TALK) or (isinstance(command, Ask) and command.topic == "other")


def _in_talk(utterance: Utterance) -> bool:
    return utterance.flow is not None or utterance.awaiting is not None
