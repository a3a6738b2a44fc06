"""What files say about their own length, where FFmpeg does not tell."""

from __future__ import annotations

from typing import BinaryIO

_HEAD = 8192
_LARGEST_PAGE = 65_307  # bytes of an Ogg page (RFC 3533)
_OPEN_ENDED = (0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)  # a WAV's size when its writer did not know it


def bytes_claimed(source: BinaryIO) -> int | None:
    """The bytes of sound that a WAV file says it has, where that can be believed."""
    head = _head(source)
    at = head.find(b"data", 12)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE" or at < 0 or at + 8 > len(head):
        return None
    size = int.from_bytes(head[at + 4 : at + 8], "little")
    return None if size in _OPEN_ENDED else size


def counts_its_frames(source: BinaryIO) -> bool:
    """Whether an MP3 file carries the number of its frames."""
    head = _head(source)
    return b"Xing" in head or b"Info" in head


def page_cut_off(source: BinaryIO) -> bool:
    """Whether an Ogg file breaks off within a page."""
    if _head(source)[:4] != b"OggS":
        return False
    size = source.seek(0, 2)
    source.seek(max(0, size - _LARGEST_PAGE - 27))
    tail = source.read(_LARGEST_PAGE + 27)
    page = tail[tail.rfind(b"OggS") :]
    lengths = page[27 : 27 + page[26]] if len(page) > 26 else b""
    return len(page) < 27 or len(lengths) < page[26] or len(page) < 27 + len(lengths) + sum(lengths)


def _head(source: BinaryIO) -> bytes:
    source.seek(0)
    return source.read(_HEAD)
