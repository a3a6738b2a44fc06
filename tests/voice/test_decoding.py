"""Every format, and everything that is none. Nothing is left behind: no file, no thread, no descriptor."""

import io
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.voice.sounds import encoded
from voice.audio import RATE_HZ, wav_bytes
from voice.decoding import BadAudio, Layout, decode, probe

SECONDS = 3


def tone(rate_hz: int, hz: float = 300.0) -> Any:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(SECONDS * rate_hz) / rate_hz)).astype(np.float32)


def heard(content: bytes, *, from_sample: int = 0) -> tuple[Layout, Any, bool]:
    source = io.BytesIO(content)
    layout = probe(source)
    decoding = decode(source, layout, from_sample=from_sample)
    blocks = [np.zeros((layout.channels, 0), np.float32), *decoding]
    return layout, np.concatenate(blocks, axis=1), decoding.truncated


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = os.listdir("/proc/self/fd"), threading.active_count()
    yield
    assert len(os.listdir("/proc/self/fd")) <= len(before[0])
    assert threading.active_count() <= before[1]
    assert not list(tmp_path.iterdir())


FORMATS = [
    ("ogg", "libopus", 48_000), ("webm", "libopus", 48_000), ("mp4", "aac", 44_100), ("mp3", "mp3", 44_100),
    ("flac", "flac", 16_000), ("amr", "libopencore_amrnb", 8_000), ("3gp", "libopencore_amrnb", 8_000),
    ("wav", "pcm_mulaw", 8_000), ("wav", "pcm_s24le", 44_100), ("adts", "aac", 44_100), ("caf", "pcm_s16le", 16_000),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "codec", "rate_hz"), FORMATS)
def test_formats(kind: str, codec: str, rate_hz: int) -> None:
    layout, samples, truncated = heard(encoded(tone(rate_hz), kind, codec, rate_hz))
    assert (layout.channels, layout.rate_hz, truncated) == (1, rate_hz, False)
    assert abs(samples.shape[1] / RATE_HZ - SECONDS) < 0.1
    spectrum = np.abs(np.fft.rfft(samples[0, RATE_HZ : 2 * RATE_HZ]))
    assert int(spectrum.argmax()) == 300


CUT = [one for one in FORMATS if one[0] not in ("mp4", "3gp", "caf")]


@pytest.mark.parametrize(("kind", "codec", "rate_hz"), CUT)
def test_what_is_cut_off_gives_what_is_there_and_says_so(kind: str, codec: str, rate_hz: int) -> None:
    content = encoded(tone(rate_hz), kind, codec, rate_hz)
    _, samples, truncated = heard(content[: len(content) * 2 // 3 + 1])
    assert truncated
    assert 1.0 < samples.shape[1] / RATE_HZ < 2.5


def test_an_mp4_without_its_end_cannot_be_read() -> None:
    content = encoded(tone(44_100), "mp4", "aac", 44_100)
    with pytest.raises(BadAudio) as bad:
        probe(io.BytesIO(content[: len(content) * 2 // 3]))
    assert bad.value.code == "truncated"


def wav(**changes: int) -> bytes:
    content = bytearray(wav_bytes(tone(RATE_HZ), RATE_HZ))
    if "size" in changes:
        content[40:44] = changes["size"].to_bytes(4, "little")
    return bytes(content)


def picture() -> bytes:
    return bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0"
        "000003010100c9fe92ef0000000049454e44ae426082"
    )


def film_without_sound() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(stream.encode(None))
    return file.getvalue()


def film_with_sound() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        picture_stream = container.add_stream("mpeg4", rate=10)
        picture_stream.width, picture_stream.height, picture_stream.pix_fmt = 32, 32, "yuv420p"
        sound: Any = container.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(16_000)[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16_000, 0
        resampler = av.AudioResampler("fltp", "mono", 16_000, frame_size=1024)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(sound.encode(part))
        container.mux(sound.encode(None))
        for _ in range(10):
            container.mux(picture_stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(picture_stream.encode(None))
    return file.getvalue()


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
BAD = {
    "empty": (b"", "empty"),
    "text": (b"This is a letter and no recording.\n" * 500, "not_audio"),
    "bytes": (np.random.default_rng(1).bytes(50_000), "not_audio"),
    "zeros": (bytes(50_000), "not_audio"),
    "a picture": (picture(), "not_audio"),
    "a playlist": (PLAYLIST, "not_audio"),
    "a list of files": (b"ffconcat version 1.0\nfile /etc/hostname\n", "not_audio"),
    "half a header": (wav()[:30], "not_audio"),
    "only a header": (wav()[:44], "no_samples"),
    "a film without sound": (film_without_sound(), "no_audio_stream"),
    "20 channels": (wav_bytes(np.zeros((20, 800), np.float32), RATE_HZ), "too_many_channels"),
    "100 Hz": (wav_bytes(np.zeros(800, np.float32), 100), "odd_rate"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_recording_gets_a_clear_error(name: str) -> None:
    content, code = BAD[name]
    with pytest.raises(BadAudio) as bad:
        probe(io.BytesIO(content))
    assert bad.value.code == code
    assert str(bad.value).endswith(".")


def test_sound_under_a_wrong_name_is_heard_for_what_it_is() -> None:
    layout, samples, _ = heard(
        encoded(tone(44_100), "mp3", "mp3", 44_100)
    )  # named .wav or not: names are not looked at
    assert layout.codec.startswith("mp3") and samples.shape[1] > 2 * RATE_HZ


def test_a_film_is_heard() -> None:
    layout, samples, truncated = heard(film_with_sound())
    assert layout.codec == "aac" and samples.shape[1] > 2.5 * RATE_HZ and not truncated


def test_one_sample() -> None:
    _, samples, truncated = heard(wav_bytes(np.array([0.5], np.float32), RATE_HZ))
    assert samples.shape == (1, 1) and not truncated


def test_six_channels_at_96_khz_are_mixed() -> None:
    layout, samples, _ = heard(wav_bytes(np.tile(tone(96_000), (6, 1)), 96_000))
    assert layout.channels == 1 and samples.shape == (1, SECONDS * RATE_HZ)
    assert 0.25 < np.abs(samples).max() < 0.35


def test_a_header_that_claims_4_gb() -> None:
    layout, samples, truncated = heard(wav(size=0xFFF00000))
    assert truncated and samples.shape[1] == SECONDS * RATE_HZ
    assert layout.duration_s == pytest.approx(SECONDS, abs=0.01)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_header_written_before_its_sound_claims_nothing(size: int) -> None:
    _, samples, truncated = heard(wav(size=size))
    assert not truncated and (size == 0 or samples.shape[1] == SECONDS * RATE_HZ)


def test_a_part_is_the_part_of_the_whole() -> None:
    content = encoded(tone(44_100), "mp3", "mp3", 44_100)
    _, whole, _ = heard(content)
    for start in (1, 512, 20_000, whole.shape[1] - 1, whole.shape[1]):
        assert np.array_equal(heard(content, from_sample=start)[1], whole[:, start:])


def test_silence_that_a_browser_left_out_is_put_back() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as container:
        stream: Any = container.add_stream("libopus", rate=48_000, layout="mono")
        for number in [*range(50), *range(150, 200)]:  # 20 ms each; two seconds are not sent
            part = av.AudioFrame.from_ndarray(tone(48_000)[None, :960].copy(), format="fltp", layout="mono")
            part.sample_rate, part.pts = 48_000, number * 960
            for ready in av.AudioResampler(stream.codec_context.format, "mono", 48_000).resample(part):
                container.mux(stream.encode(ready))
        container.mux(stream.encode(None))
    _, samples, _ = heard(file.getvalue())
    assert abs(samples.shape[1] / RATE_HZ - 4.0) < 0.1
    assert np.abs(samples[0, int(1.2 * RATE_HZ) : int(2.8 * RATE_HZ)]).max() < 0.01


def talks(*when: tuple[float, float]) -> Any:
    at = np.arange(20 * RATE_HZ) / RATE_HZ
    speaking = np.zeros(len(at))
    for start, end in when:
        speaking += (at >= start) & (at < end)
    noise = np.random.default_rng(int(when[0][0] * 10)).standard_normal(len(at))
    return (0.1 * noise * (speaking + 0.003)).astype(np.float32)


def test_the_ends_of_a_call_are_kept_apart_and_a_room_is_not() -> None:
    left, right = talks((1, 5), (10, 14)), talks((5.5, 9), (15, 19))
    call = wav_bytes(np.stack([left, right]), RATE_HZ)
    assert probe(io.BytesIO(call)).channels == 2
    _, samples, _ = heard(call)
    assert np.abs(samples - np.stack([left, right])).max() < 1e-3
    room = np.stack([left + 0.6 * right, 0.6 * left + right])
    assert probe(io.BytesIO(wav_bytes(room, RATE_HZ))).channels == 1
    assert probe(io.BytesIO(wav_bytes(np.stack([left, left]), RATE_HZ))).channels == 1
    assert probe(io.BytesIO(wav_bytes(np.stack([left, 0 * left]), RATE_HZ))).channels == 1


def test_an_error_of_the_reader_comes_through() -> None:
    class Gone(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 20_000:
                raise LookupError("the piece is gone")
            return super().read(size)

    source = Gone(wav())
    with pytest.raises(LookupError):
        list(decode(source, Layout(1, None, "", 0)))


def test_leaving_a_recording_in_the_middle_lets_it_go() -> None:
    source = io.BytesIO(wav())
    decoding = decode(source, probe(source))
    next(decoding)
    decoding.close()
