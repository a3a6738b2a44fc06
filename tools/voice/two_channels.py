"""A recorded call as one file: both sides, u-law at 8 kHz, as the two channels of a WAV."""

from __future__ import annotations

import io
import struct
from typing import Any, BinaryIO

import numpy as np

_RATE_HZ = 8000
_MULAW = 7  # WAVE format


class TwoChannels(io.RawIOBase):
    """Reads two streams of equal length, a byte of each in turn, behind the header. For one thread."""

    def __init__(self, caller: BinaryIO, answer: BinaryIO) -> None:
        self._channels = (caller, answer)
        self._frames = min(channel.seek(0, io.SEEK_END) for channel in self._channels)
        self._header = _header(self._frames)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        end = len(self._header) + 2 * self._frames
        self._at = max(0, {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: end}[whence] + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        head = self._header[self._at : self._at + len(buffer)]
        piece = head or self._sound(self._at - len(self._header), len(buffer))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _sound(self, at: int, count: int) -> bytes:
        first, frames = at // 2, min((count + 1) // 2 + 1, self._frames - at // 2)
        if frames <= 0:
            return b""
        both = np.empty((frames, 2), np.uint8)
        for number, channel in enumerate(self._channels):
            channel.seek(first)
            both[:, number] = np.frombuffer(_exactly(channel, frames), np.uint8)
        return both.tobytes()[at % 2 : at % 2 + count]


def _exactly(channel: BinaryIO, count: int) -> bytes:
    found = bytearray()
    while len(found) < count and (piece := channel.read(count - len(found))):
        found += piece
    return bytes(found)


def _header(frames: int) -> bytes:
    size = 2 * frames
    kind = struct.pack("<HHIIHHH", _MULAW, 2, _RATE_HZ, 2 * _RATE_HZ, 2, 8, 0)
    chunks = b"fmt " + struct.pack("<I", len(kind)) + kind + b"fact" + struct.pack("<II", 4, frames)
    return (
        b"RIFF" + struct.pack("<I", 4 + len(chunks) + 8 + size) + b"WAVE" + chunks + b"data" + struct.pack("<I", size)
    )
