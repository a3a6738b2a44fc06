"""espeak-ng as an engine: a process that is reused, and started again where it dies. It needs nothing but its wheel."""

from __future__ import annotations

import asyncio
import json
import struct
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

from voice.speech.engine import SpeechFailed

log = structlog.get_logger()
_ROOT = Path(__file__).parents[2]
_FAILED = 0xFFFFFFFF
MAX_TEXT = 1000  # characters of one sentence


class Espeak:
    """Sentences one after the other: each takes a few milliseconds for a second of sound."""

    name = "espeak"

    def __init__(self, *, timeout_s: float = 5.0, command: tuple[str, ...] | None = None) -> None:
        self._timeout_s = timeout_s
        self._command = command or (sys.executable, "-m", "voice.speech.espeak_child")
        self._process: Process | None = None
        self._lock = asyncio.Lock()

    async def say(self, text: str, *, language: str) -> AsyncIterator[bytes]:
        """The sound of a sentence. A process that has died is replaced once. Raises SpeechFailed."""
        async with self._lock:  # the whole sentence is read: one that nobody waits for any more must not be left over
            try:
                pieces = await self._spoken(text, language)
            except (SpeechFailed, TimeoutError, OSError, EOFError):
                log.warning("speech.restarted", engine=self.name)
                await self._end()
                try:
                    pieces = await self._spoken(text, language)
                except (TimeoutError, OSError, EOFError) as error:
                    await self._end()
                    raise SpeechFailed("espeak-ng does not answer") from error
        for piece in pieces:
            yield piece

    async def _spoken(self, text: str, language: str) -> list[bytes]:
        request = json.dumps({"text": text.replace("\x00", " ")[:MAX_TEXT], "language": language}).encode() + b"\n"
        process = await self._running()
        assert process.stdin is not None and process.stdout is not None
        pieces, clean = [], False
        try:
            async with asyncio.timeout(self._timeout_s):
                process.stdin.write(request)
                await process.stdin.drain()
                while True:
                    (length,) = struct.unpack(">I", await process.stdout.readexactly(4))
                    if length in (0, _FAILED):
                        clean = True
                        break
                    pieces.append(await process.stdout.readexactly(length))
        finally:
            if not clean and process.returncode is None:  # half an answer is in the pipe
                process.kill()
        if length == _FAILED:
            raise SpeechFailed("espeak-ng could not say it")
        return pieces

    async def _running(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL, cwd=_ROOT
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()

    async def aclose(self) -> None:
        async with self._lock:
            await self._end()
