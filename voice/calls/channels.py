"""The two sides of a call along one time, for its recording: what the caller said, and what was heard of us."""

from __future__ import annotations

_SILENCE = b"\xff"  # u-law
MOST_BYTES = 8000 * 60  # of either side that waits to be taken


class CallChannels:
    """u-law at 8 kHz. Our sound is played after what waits at the carrier; a clear takes back what was not played."""

    def __init__(self) -> None:
        self._caller = bytearray()
        self._answer = bytearray()  # begins with the same sample as the caller's; may reach beyond it

    def received(self, sound: bytes) -> None:
        """The caller's sound, as it comes."""
        self._caller += sound
        if len(self._caller) > MOST_BYTES:  # nobody takes it: the newest minute stays
            drop = len(self._caller) - MOST_BYTES
            del self._caller[:drop], self._answer[:drop]

    def sent(self, sound: bytes) -> None:
        """Our sound, when it goes to the carrier."""
        missing = len(self._caller) - len(self._answer)
        self._answer += _SILENCE * missing + sound

    def cleared(self) -> None:
        """The carrier has dropped what it had not played."""
        del self._answer[len(self._caller) :]

    def drain(self) -> tuple[bytes, bytes]:
        """(caller, answer), of equal length, up to now."""
        count = len(self._caller)
        caller, answer = bytes(self._caller), bytes(self._answer[:count]).ljust(count, _SILENCE)
        del self._caller[:], self._answer[:count]
        return caller, answer
