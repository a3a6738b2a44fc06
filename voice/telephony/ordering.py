"""Messages in the order of their sequence numbers, each once."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

HELD = 8  # messages that may wait for a missing one: 160 ms of audio


class Numbered(Protocol):
    @property
    def sequence(self) -> int: ...


MessageType = TypeVar("MessageType", bound=Numbered)


class Ordering(Generic[MessageType]):
    """Gives messages out in order. A missing one is waited for until eight others have come, then it is given up."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._waiting: dict[int, MessageType] = {}
        self.duplicates = 0
        self.lost = 0

    def push(self, message: MessageType) -> list[MessageType]:
        """The messages whose turn has come. A message without a number (0) is not ordered."""
        sequence = message.sequence
        if sequence == 0:
            return [message]
        if self._next is None or sequence == self._next:  # the usual case
            self._next = sequence + 1
            return [message, *self._follow()] if self._waiting else [message]
        if sequence < self._next or sequence in self._waiting:
            self.duplicates += 1
            return []
        self._waiting[sequence] = message
        if len(self._waiting) < HELD:
            return []
        first = min(self._waiting)
        self.lost += first - self._next
        self._next = first
        return self._follow()

    def _follow(self) -> list[MessageType]:
        assert self._next is not None
        ready = []
        while self._next in self._waiting:
            ready.append(self._waiting.pop(self._next))
            self._next += 1
        return ready
