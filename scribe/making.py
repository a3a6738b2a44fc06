"""What a language model that writes notes must be; the one there is lives with the agents."""

from __future__ import annotations

from typing import Protocol

from scribe.note import Division, Written
from scribe.visit import Visit


class ModelSilent(Exception):
    """The model gave no note. `reason` is one of a closed set; no text of the server or the model is kept."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoteModel(Protocol):
    """A language model that writes notes, in these divisions alone."""

    async def write(self, visit: Visit, divisions: tuple[Division, ...]) -> Written:
        """Raises ModelSilent where it gave nothing that can be used."""
        ...
