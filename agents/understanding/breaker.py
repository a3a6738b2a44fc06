"""A circuit breaker: after some failures in a row, nothing is asked for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half_open"]


class Breaker:
    """Opens after `failures` in a row, rests for `rest_s`, then lets one probe through at a time.

    Each caller that was allowed reports once: `succeeded`, `failed`, or `gave_up` (cancelled: says nothing).
    Belongs to one event loop; `clock` counts seconds and never goes back.
    """

    def __init__(self, failures: int = 3, rest_s: float = 30.0, *, clock: Callable[[], float] = time.monotonic) -> None:
        if failures < 1 or rest_s <= 0:
            raise ValueError("failures must be at least 1 and rest_s more than 0")
        self._limit, self._rest_s, self._clock = failures, rest_s, clock
        self._in_a_row = 0
        self._opened_at: float | None = None
        self._probed_at: float | None = None

    @property
    def state(self) -> State:
        if self._opened_at is None:
            return "closed"
        return "half_open" if self._clock() - self._opened_at >= self._rest_s else "open"

    def allows(self) -> bool:
        """Whether to ask now. While half open, true for one caller until it reports, or has been silent too long."""
        state = self.state
        if state != "half_open":
            return state == "closed"
        now = self._clock()
        if self._probed_at is not None and now - self._probed_at < self._rest_s:
            return False
        self._probed_at = now
        return True

    def succeeded(self) -> None:
        self._in_a_row, self._opened_at, self._probed_at = 0, None, None

    def failed(self) -> None:
        """A late failure of a call from before the opening does not lengthen the rest."""
        self._in_a_row += 1
        if self.state == "half_open" or (self._opened_at is None and self._in_a_row >= self._limit):
            self._opened_at, self._probed_at = self._clock(), None

    def gave_up(self) -> None:
        self._probed_at = None
