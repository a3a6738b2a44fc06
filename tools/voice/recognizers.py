"""The recognizers of a process: one for recordings, one for what must be answered at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from voice.recognition.engine import Engine


@dataclass(slots=True)
class Recognizers:
    """`batch` hears recordings, `live` calls and dictation. One window of a recording is heard at a time, so that a
    short voice note waits for a window of a long visit, not for the visit."""

    batch: Engine
    live: Engine
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
