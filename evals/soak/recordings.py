"""kill -9 during a transcription: the worker that hears a long recording is killed again and again. The transcript must
be the one of a run that was not disturbed, with nothing twice and nothing missing.

The recogniser is a Whisper with small weights made for it, run by the real loader and decoder, which spells the same
text for every stretch of speech: what tells transcripts apart is when each was said. The speech is espeak-ng's."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from evals.harness import Hospital, Processes, hospital, running_runtime
from tests.voice.small_whisper import hinted_tokens, make_scripted
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime
from tools.voice.tables import VoiceSession
from tools.voice.transcribing import names_that_may_be_said
from tools.voice.uploads import receive_part
from voice.audio import PHONE_RATE_HZ, RATE_HZ, mulaw_to_pcm, resample, wav_bytes
from voice.speech.espeak import Espeak
from wiring import demo

DOCTOR = Principal(kind="staff", id="soak", tenant_id=demo.TENANT_ID, roles=frozenset({"physician"}))
SENTENCES = (
    "The patient reports chest pain since yesterday evening, worse on climbing stairs.",
    "No fever, no cough, and no swelling of the legs.",
    "We will order an electrocardiogram and a blood count today.",
    "Please come back in two weeks, or at once if the pain returns at rest.",
)
Segments = list[tuple[float, float, str]]


@dataclass(slots=True)
class Outcome:
    minutes: float
    kills: int
    windows_lost: int
    segments: int
    same: bool
    twice: int
    seconds: float
    undisturbed_s: float

    @property
    def good(self) -> bool:
        return self.same and self.twice == 0 and self.segments > 0


async def run(place: Hospital, *, minutes: float, kills: int) -> Outcome:
    audio = await talk(minutes)
    async with running_runtime(place) as runtime:
        async with runtime.database.begin(demo.TENANT_ID) as session:
            names = await names_that_may_be_said(session, VoiceSession())
        words = "chest pain since yesterday"
        model = make_scripted(place.data_dir / "small-whisper", words, hinted_tokens=hinted_tokens(names))
        environment = {"WARDLINE_WHISPER_MODEL": str(model)}
        reference, undisturbed_s = await _transcribed(place, runtime, audio, kills=0, environment=environment)
        disturbed, seconds = await _transcribed(place, runtime, audio, kills=kills, environment=environment)
    times = [start for start, _, _ in disturbed]
    return Outcome(
        minutes=minutes,
        kills=kills,
        windows_lost=len(set(reference) - set(disturbed)),
        segments=len(disturbed),
        same=disturbed == reference,
        twice=len(times) - len(set(times)),
        seconds=round(seconds, 1),
        undisturbed_s=round(undisturbed_s, 1),
    )


async def talk(minutes: float) -> bytes:
    """A recording of sentences with pauses between them."""
    speech, rng = Espeak(), random.Random(5)
    said = []
    for sentence in SENTENCES:
        sound = b"".join([piece async for piece in speech.say(sentence, language="en")])
        pcm = mulaw_to_pcm(sound).astype(np.float32) / 32768
        said.append(resample(pcm, PHONE_RATE_HZ, RATE_HZ))
    await speech.aclose()
    parts: list[Any] = []
    length = 0
    while length < minutes * 60 * RATE_HZ:
        pause = np.zeros(int(rng.uniform(0.5, 2.5) * RATE_HZ), np.float32)
        parts += [rng.choice(said), pause]
        length += len(parts[-2]) + len(pause)
    return wav_bytes(np.concatenate(parts), RATE_HZ)


async def _transcribed(
    place: Hospital, runtime: Runtime, audio: bytes, *, kills: int, environment: dict[str, str]
) -> tuple[Segments, float]:
    """The transcript that worker processes make, and how long they took."""
    loop = asyncio.get_running_loop()
    session = await _uploaded(runtime, audio)
    processes = Processes(place, environment=environment)
    processes.start("worker")
    started = loop.time()
    try:
        left = [(number + 1) / (kills + 1) for number in range(kills)]
        while (found := await _session(runtime, session))["state"] == "transcribing":
            if left and (found["progress"] or 0.0) >= left[0]:
                left.pop(0)
                processes.kill("worker")
                processes.start("worker")
            await asyncio.sleep(0.05)
        seconds = loop.time() - started
    finally:
        processes.stop()
    reply = await runtime.call("voice.get_transcript", {"session_id": session}, DOCTOR)
    shown = json.loads(reply.body)
    assert shown["state"] == "final", shown["state"]
    return [(one["start_s"], one["end_s"], one["text"]) for one in shown["segments"]], seconds


async def _uploaded(runtime: Runtime, audio: bytes) -> str:
    async def stream() -> AsyncIterator[bytes]:
        for at in range(0, len(audio), 1 << 20):
            yield audio[at : at + (1 << 20)]

    reply = await runtime.call("voice.start_session", {"kind": "dictation", "language": "en"}, DOCTOR)
    session = str(json.loads(reply.body)["id"])
    await receive_part(
        runtime, DOCTOR, UUID(session), stream(), offset=0, broken_off=asyncio.Event(), last=True, most_bytes=1 << 40
    )
    await runtime.call("voice.finalize", {"session_id": session}, DOCTOR)
    return session


async def _session(runtime: Runtime, session: str) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads((await runtime.call("voice.get_session", {"session_id": session}, DOCTOR)).body)
    return shown


async def main() -> Outcome:
    async with hospital() as place:
        return await run(place, minutes=60, kills=10)
