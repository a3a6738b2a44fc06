"""Speech from any server with OpenAI's interface (`POST /audio/speech`): 24 kHz 16-bit samples, as they are made."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import numpy as np
import structlog
from pydantic import SecretStr

from voice.speech.engine import Speech, SpeechFailed
from voice.speech.narrowing import Narrower

log = structlog.get_logger()
RATE_HZ = 24_000
MOST_BYTES = RATE_HZ * 2 * 120  # of one sentence: two minutes


class OpenAISpeech:
    """One sentence a request."""

    name = "openai"

    def __init__(
        self, base_url: str, key: SecretStr | None, *, model: str, voice: str, timeout_s: float = 5.0
    ) -> None:  # fmt: skip
        self._model, self._voice = model, voice
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        timeout = httpx.Timeout(timeout_s, connect=2.0)
        self._client = httpx.AsyncClient(base_url=base_url.rstrip("/") + "/", headers=headers, timeout=timeout)

    async def say(self, text: str, *, language: str) -> AsyncIterator[bytes]:
        """The sound of a sentence, while it is made. Raises SpeechFailed."""
        body = {"model": self._model, "voice": self._voice, "input": text, "response_format": "pcm"}
        line, odd, received = Narrower(RATE_HZ), b"", 0
        try:
            async with self._client.stream("POST", "audio/speech", json=body) as response:
                if response.status_code != 200:
                    raise SpeechFailed(f"the server answered {response.status_code}")
                async for piece in response.aiter_bytes():
                    received += len(piece)
                    if received > MOST_BYTES:
                        raise SpeechFailed("the sound is too long")
                    piece = odd + piece
                    odd = piece[len(piece) & ~1 :]
                    sound = line.push(np.frombuffer(piece[: len(piece) & ~1], "<i2"))
                    if sound:
                        yield sound
        except (httpx.HTTPError, ValueError) as error:
            raise SpeechFailed(type(error).__name__) from error
        if not received:
            raise SpeechFailed("the server sent no sound")
        yield line.finish()

    async def aclose(self) -> None:
        await self._client.aclose()


class FallingBack:
    """The first engine; where it fails before a sentence has begun to sound, the second says it, and the log tells."""

    def __init__(self, first: Speech, second: Speech) -> None:
        self.name = first.name
        self._first, self._second = first, second

    async def say(self, text: str, *, language: str) -> AsyncIterator[bytes]:
        begun = False
        try:
            async for piece in self._first.say(text, language=language):
                begun = True
                yield piece
        except SpeechFailed as error:
            log.warning(
                "speech.fell_back", engine=self._first.name, to=self._second.name, error=str(error), begun=begun
            )
            if begun:  # the sentence is said again whole, by the other voice
                yield b"\xff" * 800
            async for piece in self._second.say(text, language=language):
                yield piece

    async def aclose(self) -> None:
        await self._first.aclose()
        await self._second.aclose()
