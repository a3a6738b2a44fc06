"""What an understanding is given and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias
from uuid import UUID

from agents.commands import Command, FlowName, SlotName

if TYPE_CHECKING:
    Awaiting: TypeAlias = str
else:
    Awaiting = Literal["confirm", "choice", "anything_else"] | SlotName


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
    async def understand(self, utterance: Utterance) -> Understood: ...
