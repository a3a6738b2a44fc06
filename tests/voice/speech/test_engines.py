"""Speech out: the built-in voice over its pipes, a server's voice over HTTP, and what happens when they break."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import AsyncIterator

import numpy as np
import pytest
from pydantic import SecretStr

from tests.doubles.call_engines import ToneVoice
from tests.doubles.http_server import Asked, DoubleServer, Exchange
from voice.audio import mulaw_to_pcm
from voice.speech.engine import FixedPhrases, SpeechFailed, whole
from voice.speech.espeak import Espeak
from voice.speech.narrowing import Narrower
from voice.speech.openai import FallingBack, OpenAISpeech


@pytest.fixture(scope="module")
async def espeak() -> AsyncIterator[Espeak]:
    made = Espeak(timeout_s=60)  # its start is waited for too
    yield made
    await made.aclose()


async def test_the_built_in_voice_speaks_both_languages(espeak: Espeak) -> None:
    for text, language in (("Your appointment is on Tuesday.", "en"), ("आपका अपॉइंटमेंट मंगलवार को है।", "hi")):
        sound = mulaw_to_pcm(await whole(espeak, text, language=language)).astype(float)
        assert 1.2 < len(sound) / 8000 < 5 and np.abs(sound).max() > 3000


async def test_a_voice_that_died_is_replaced(espeak: Espeak) -> None:
    first = await whole(espeak, "One.", language="en")
    assert espeak._process is not None
    os.kill(espeak._process.pid, signal.SIGKILL)
    again = await whole(espeak, "One.", language="en")  # a voice begins with some noise of its own
    assert abs(len(again) - len(first)) < len(first) / 50


@pytest.mark.parametrize("text", ["", "...", "\x00", "<speak>&", "ö" * 3000, "\n"])
async def test_a_strange_text_breaks_nothing(espeak: Espeak, text: str) -> None:
    await whole(espeak, text, language="en")
    assert len(await whole(espeak, "Still here.", language="en")) > 4000


@pytest.mark.parametrize("program", ["import time; time.sleep(60)", "pass", "print('x' * 100)"])
async def test_a_voice_that_never_answers(program: str) -> None:
    broken = Espeak(timeout_s=0.3, command=(sys.executable, "-c", program))
    with pytest.raises(SpeechFailed):
        await whole(broken, "One.", language="en")
    await broken.aclose()


class VoiceServer(DoubleServer):
    """POST /v1/audio/speech: a tone of 440 Hz, 24 kHz, in odd pieces."""

    status, cut_after = 200, 10**9

    def handle(self, asked: Asked, exchange: Exchange) -> None:
        if self.status != 200:
            return exchange.send_json(self.status, {"error": {"message": "no"}})
        tone = (np.sin(np.arange(24_000) * 2 * np.pi * 440 / 24_000) * 12_000).astype("<i2").tobytes()[: self.cut_after]
        exchange.begin_chunks("audio/pcm")
        for start in range(0, len(tone), 777):
            exchange.chunk(tone[start : start + 777])
        if self.cut_after < 48_000:
            return exchange.cut()
        exchange.end_chunks() if hasattr(exchange, "end_chunks") else exchange.chunk(b"")


async def test_a_server_speaks_as_it_makes_the_sound() -> None:
    with VoiceServer() as server:
        speech = OpenAISpeech(f"{server.url}/v1", SecretStr("key"), model="tts", voice="alloy")
        sound = mulaw_to_pcm(await whole(speech, "Hello.", language="en")).astype(float)
        await speech.aclose()
    asked = json.loads(server.requests[0].body)
    assert asked == {"model": "tts", "voice": "alloy", "input": "Hello.", "response_format": "pcm"}
    assert server.requests[0].headers["authorization"] == "Bearer key"
    spectrum = np.abs(np.fft.rfft(sound[:8000]))
    assert abs(len(sound) - 8000) < 60 and int(spectrum.argmax()) == 440


@pytest.mark.parametrize(("status", "cut_after"), [(500, 10**9), (429, 10**9), (200, 9_000), (200, 0)])
async def test_where_the_server_fails_the_built_in_voice_says_it(status: int, cut_after: int) -> None:
    with VoiceServer() as server:
        server.status, server.cut_after = status, cut_after
        speech = OpenAISpeech(f"{server.url}/v1", None, model="tts", voice="alloy", timeout_s=1.0)
        both = FallingBack(speech, ToneVoice())
        sound = await whole(both, "Your appointment is on Tuesday.", language="en")
        await speech.aclose()
    assert sound.endswith(await whole(ToneVoice(), "Your appointment is on Tuesday.", language="en"))


async def test_only_fixed_sentences_are_remembered() -> None:
    class Counting:
        name, said = "counting", 0

        async def say(self, text: str, *, language: str) -> AsyncIterator[bytes]:
            self.said += 1
            yield text.encode()

        async def aclose(self) -> None: ...

    engine = Counting()
    speech = FixedPhrases(engine, ["Goodbye.", "Hello.", "Yes."], most=2)
    for text in ("Goodbye.", "Goodbye.", "Asha Rao", "Asha Rao"):
        assert await whole(speech, text, language="en") == text.encode()
    assert engine.said == 3
    for text in ("Hello.", "Yes.", "Goodbye."):
        await whole(speech, text, language="en")
    assert engine.said == 6 and len(speech._known) == 2


@pytest.mark.parametrize("from_hz", [24_000, 22_050, 16_000, 48_000, 8_000])
def test_narrowing_is_the_same_in_pieces_and_keeps_what_a_phone_carries(from_hz: int) -> None:
    at = np.arange(from_hz) / from_hz
    tone = (np.sin(2 * np.pi * 1000 * at) * 10_000).astype(np.int16)
    line = Narrower(from_hz)
    one = line.push(tone) + line.finish()
    line, rng, pieces, place = Narrower(from_hz), np.random.default_rng(1), [], 0
    while place < len(tone):
        size = int(rng.integers(1, 700))
        pieces.append(line.push(tone[place : place + size]))
        place += size
    assert b"".join([*pieces, line.finish()]) == one
    assert abs(len(one) - 8000) < 80
    heard = mulaw_to_pcm(one).astype(float)[200:-200]
    assert 9_000 < np.abs(heard).max() < 11_000
    if from_hz > 16_000:
        high = (np.sin(2 * np.pi * 6000 * at) * 10_000).astype(np.int16)
        assert np.abs(mulaw_to_pcm(Narrower(from_hz).push(high)).astype(float)[200:-200]).max() < 500
