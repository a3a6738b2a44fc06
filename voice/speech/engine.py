"""Speech out: what an engine is, and how its sound is made fit for a phone line."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from typing import Protocol

RATE_HZ = 8000
BYTES_PER_S = 8000  # u-law
SILENCE = b"\xff"  # one sample


class SpeechFailed(Exception):
    """The engine could not say it. The text is not in the message."""


class Speech(Protocol):
    name: str

    def say(self, text: str, *, language: str) -> AsyncIterator[bytes]:
        """The sound of one sentence in u-law at 8 kHz, in pieces as they are made. Raises SpeechFailed."""
        ...

    async def aclose(self) -> None: ...


class FixedPhrases:
    """An engine that remembers the sound of the house's own fixed sentences, and of nothing that names a patient."""

    def __init__(self, engine: Speech, fixed: Iterable[str], *, most: int = 200) -> None:
        self.name = engine.name
        self._engine, self._fixed, self._most = engine, frozenset(fixed), most
        self._known: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    async def say(self, text: str, *, language: str) -> AsyncIterator[bytes]:
        key = (language, text)
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            yield known
            return
        pieces = []
        async for piece in self._engine.say(text, language=language):
            pieces.append(piece)
            yield piece
        if text in self._fixed and pieces:
            self._known[key] = b"".join(pieces)
            while len(self._known) > self._most:
                self._known.popitem(last=False)

    async def aclose(self) -> None:
        await self._engine.aclose()


async def whole(speech: Speech, text: str, *, language: str) -> bytes:
    """All the sound of a sentence at once."""
    return b"".join([piece async for piece in speech.say(text, language=language)])
