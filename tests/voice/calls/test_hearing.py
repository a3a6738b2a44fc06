"""The caller's sound: kept, cut, measured in company; the two sides of a recording; the turn model."""

from __future__ import annotations

import asyncio

import numpy as np

from voice.activity import SpeechActivity
from voice.audio import mulaw_to_pcm, pcm_to_mulaw, to_floats
from voice.calls.caller_audio import KEPT_S, CallerAudio, for_models
from voice.calls.channels import MOST_BYTES, CallChannels
from voice.calls.measuring import CHUNK, Measuring, Stream
from voice.calls.smart_turn import SmartTurn


def noise(seconds: float, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    wave = rng.standard_normal(round(seconds * 8000)) * 3000 * np.abs(np.sin(np.arange(round(seconds * 8000)) / 900))
    return pcm_to_mulaw(wave.astype(np.int16))


def test_the_ear_cuts_and_forgets() -> None:
    caller_audio, sound = CallerAudio(), noise(70, 1)
    chunks = []
    for place in range(0, len(sound), 160):
        chunks += caller_audio.push(sound[place : place + 160])
    assert b"".join(chunk for _, chunk in chunks) == sound[: len(chunks) * CHUNK]
    assert [round(at * 8000) for at, _ in chunks] == [CHUNK * (place + 1) for place in range(len(chunks))]
    assert caller_audio.now_s == 70.0 and len(caller_audio._sound) <= KEPT_S * 1.25 * 8000
    assert caller_audio.cut(65.0, 66.0) == sound[65 * 8000 : 66 * 8000]
    assert caller_audio.cut(0.0, 1.0) == b"" and caller_audio.cut(69.5, 99.0) == sound[int(69.5 * 8000) :]
    assert len(for_models(sound[:8000])) == 16_000 and len(for_models(b"")) == 0


async def test_measuring_in_company_gives_what_measuring_alone_does() -> None:
    measuring, sounds = Measuring(), [noise(1.5, seed) for seed in range(4)]
    streams = [Stream() for _ in sounds]
    found: list[list[tuple[float, float]]] = [[] for _ in sounds]
    for place in range(0, len(sounds[0]) - CHUNK, CHUNK):
        for number, sound in enumerate(sounds):
            on_measured = found[number].append
            measuring.push(
                streams[number],
                place / 8000,
                sound[place : place + CHUNK],
                lambda at, p, on_measured=on_measured: on_measured((at, p)),
            )
        if place % (CHUNK * 3) == 0:
            await asyncio.sleep(0.003)
    while measuring._task is not None:
        await asyncio.sleep(0.01)
    measuring.close()
    for sound, one in zip(sounds, found, strict=True):
        alone = SpeechActivity(8000)
        wanted = [
            alone.push(to_floats(mulaw_to_pcm(sound[place : place + CHUNK])))
            for place in range(0, len(sound) - CHUNK, CHUNK)
        ]
        assert [at for at, _ in one] == sorted(at for at, _ in one)
        assert np.allclose([p for _, p in one], wanted, atol=1e-4)


def test_the_two_sides_of_a_recording_share_their_time() -> None:
    channels = CallChannels()
    channels.received(b"a" * 100)
    channels.sent(b"B" * 300)  # is played from now on
    channels.received(b"a" * 100)
    assert channels.drain() == (b"a" * 200, b"\xff" * 100 + b"B" * 100)
    channels.received(b"c" * 50)
    channels.cleared()  # a hundred and fifty more were never played
    channels.received(b"c" * 50)
    channels.sent(b"D" * 10)
    channels.received(b"c" * 20)
    assert channels.drain() == (b"c" * 120, b"B" * 50 + b"\xff" * 50 + b"D" * 10 + b"\xff" * 10)
    channels.received(b"e" * (MOST_BYTES + 1000))
    assert len(channels.drain()[0]) == MOST_BYTES


def test_the_turn_model_runs_as_it_is_shipped() -> None:
    model = SmartTurn()
    for seconds in (0.3, 3, 12):
        assert 0.0 <= model.finished(for_models(noise(seconds, 5))) <= 1.0
