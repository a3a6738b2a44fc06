import warnings

import numpy as np
import pytest

from voice.audio import mulaw_to_pcm, pcm_to_mulaw, resample, to_floats, to_shorts, wav_bytes


def test_mulaw_is_that_of_g711() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        audioop = pytest.importorskip("audioop")
    every = np.arange(-32768, 32768).astype(np.int16)
    assert pcm_to_mulaw(every) == audioop.lin2ulaw(every.tobytes(), 2)
    codes = bytes(range(256))
    assert mulaw_to_pcm(codes).tobytes() == audioop.ulaw2lin(codes, 2)


def test_mulaw_there_and_back_is_the_same() -> None:
    codes = bytes(code for code in range(256) if code != 0x7F)  # 0x7F is a second zero
    assert pcm_to_mulaw(mulaw_to_pcm(codes)) == codes
    assert pcm_to_mulaw(mulaw_to_pcm(b"\x7f")) == b"\xff"


@pytest.mark.parametrize(("from_hz", "to_hz"), [(8_000, 16_000), (16_000, 8_000), (44_100, 16_000), (48_000, 16_000)])
def test_resampling_keeps_a_tone_in_its_place(from_hz: int, to_hz: int) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(from_hz) / from_hz).astype(np.float32)
    made = resample(tone, from_hz, to_hz)
    wanted = np.sin(2 * np.pi * 440 * np.arange(to_hz) / to_hz)
    assert len(made) == to_hz and made.dtype == np.float32
    inside = slice(to_hz // 10, -to_hz // 10)
    assert np.abs(made[inside] - wanted[inside]).max() < 0.01


def test_floats_and_shorts() -> None:
    assert to_shorts(np.array([0.0, 1.0, -1.0, 2.0, -2.0], np.float32)).tolist() == [0, 32767, -32767, 32767, -32768]
    assert to_floats(np.array([-32768, 0], np.int16)).tolist() == [-1.0, 0.0]
    assert len(wav_bytes(np.zeros((2, 10), np.float32), 8000)) == 44 + 40
