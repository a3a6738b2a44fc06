"""What an understanding is given and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, TypeAlias
from uuid import UUID

from agents.commands import Command, FlowName, SlotName

if TYPE_CHECKING:
    from agents.understanding.model import ModelAnswer

if TYPE_CHECKING:
    Awaiting: TypeAlias = str
else:
    Awaiting = Literal["confirm", "choice", "anything_else", "stop_messages"] | SlotName


@dataclass(frozen=True, slots=True)
class Known:
    """A thing the hospital knows by name: a practitioner, a specialty, a location or a patient's relative."""

    id: UUID | str
    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """The names of the hospital that a patient may say."""

    practitioners: tuple[Known, ...] = ()
    specialties: tuple[Known, ...] = ()
    locations: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message of a patient and what is needed to understand it."""

    text: str
    now: datetime  # aware, in the facility's zone
    language: str = "en"
    awaiting: Awaiting | None = None  # what the last answer asked for
    flow: FlowName | None = None
    options: tuple[str, ...] = ()  # the options shown last, as they were shown
    last_answer: str = ""  # what the patient was told last
    directory: Directory = field(default_factory=Directory)


@dataclass(frozen=True, slots=True)
class Understood:
    """Commands in the order said. Empty: nothing was understood."""

    commands: tuple[Command, ...]
    by: Literal["built-in", "model"]
    prompt: str | None = None  # name@version of the prompt, where a model was asked


class Understanding(Protocol):
    """What turns words into commands. One that asks a model says so: no transaction is open meanwhile, and what the
    model answered is put on the record."""

    asks_a_model: ClassVar[bool] = False

    async def understand(self, utterance: Utterance) -> Understood: ...

    async def understand_recorded(self, utterance: Utterance) -> tuple[Understood, ModelAnswer | None]:
        """What was understood, with a model's answer for the record; None where none was asked."""
        return await self.understand(utterance), None

    async def from_stored(self, answer: ModelAnswer, utterance: Utterance) -> Understood:
        """What an answer that is on the record already means, without asking again."""
        return await self.understand(utterance)
