import io
import itertools
import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest

from tests.voice.sounds import joined, not_speech, silence, spoken, spread
from voice.audio import RATE_HZ, Floats, Piece, wav_bytes
from voice.decoding import Layout, decode, probe
from voice.recognition.engine import Expect, Recognised, Segment, Word
from voice.windows import AudioWindow, read_windows, transcribe

SENTENCES = (
    "The patient has had a cough for three weeks.", "There is no fever and no chest pain.",
    "She takes metoprolol twice a day.", "We will see her again on Friday.",
)  # fmt: skip

pytestmark = pytest.mark.io  # real speech is cut by a model


def talk(repeats: int, pause_s: float = 1.0) -> Floats:
    parts: list[Floats] = []
    for number in range(repeats):
        parts += [spoken(*SENTENCES)[number % 4], silence(pause_s + number % 3)]
    return joined(*parts)


def windows_of(sound: Floats, *, from_sample: int = 0, longest_s: float = 20.0) -> list[AudioWindow]:
    source = io.BytesIO(wav_bytes(sound, RATE_HZ))
    return list(read_windows(source, probe(source), from_sample=from_sample, longest_s=longest_s))


def test_windows_follow_each_other_and_cover_everything() -> None:
    sound = talk(16)
    windows = windows_of(sound)
    assert len(windows) > 3
    assert windows[0].start_sample == 0 and windows[-1].end_sample == len(sound)
    assert all(one.end_sample == next_one.start_sample for one, next_one in itertools.pairwise(windows))
    assert all(0 < one.end_sample - one.start_sample <= 20 * RATE_HZ for one in windows)
    whole = np.concatenate([one.channels[0] for one in windows])
    assert np.abs(whole - sound).max() < 1e-4
    for window in windows[:-1]:  # they end in silence
        assert np.abs(window.channels[0][-1600:]).max() < 0.01
    for window in windows:
        for piece in window.pieces:
            begin = round(piece.start_s * RATE_HZ) - window.start_sample
            assert np.array_equal(window.channels[0][begin : begin + len(piece.samples)], piece.samples)
            assert piece.channel is None and piece.duration_s <= 30


def test_reading_again_from_any_window_gives_the_same_windows() -> None:
    sound = talk(16)
    windows = windows_of(sound)
    for number, first in enumerate(windows):
        again = windows_of(sound, from_sample=first.start_sample)
        assert len(again) == len(windows) - number
        for one, other in zip(windows[number:], again, strict=True):
            assert (one.start_sample, one.end_sample, one.truncated) == (
                other.start_sample, other.end_sample, other.truncated,
            )  # fmt: skip
            assert all(np.array_equal(a, b) for a, b in zip(one.channels, other.channels, strict=True))
            assert [(piece.start_s, len(piece.samples)) for piece in one.pieces] == [
                (piece.start_s, len(piece.samples)) for piece in other.pieces
            ]


def test_long_speech_is_cut_into_pieces_that_lose_nothing() -> None:
    sound = talk(30, pause_s=-1.0 + 1.0)  # hardly a pause
    dense = joined(*[spoken(*SENTENCES)[number % 4][2000:-4000] for number in range(40)])
    for one in (sound, dense):
        [window] = windows_of(one, longest_s=300)
        assert all(piece.duration_s <= 30 for piece in window.pieces)
        covered = np.zeros(len(one), bool)
        for piece in window.pieces:
            begin = round(piece.start_s * RATE_HZ)
            assert not covered[begin : begin + len(piece.samples)].any()
            covered[begin : begin + len(piece.samples)] = True
        loud = np.abs(one) > 0.05
        assert covered[loud].mean() > 0.99


def test_windows_without_silence_are_cut_all_the_same() -> None:
    windows = windows_of(not_speech(50)["white"] * 0.5)
    assert windows[-1].end_sample == 50 * RATE_HZ and all(not window.pieces for window in windows)
    dense = joined(*[spoken(*SENTENCES)[number % 4][2000:-4000] for number in range(30)])
    assert windows_of(dense)[-1].end_sample == len(dense)


def test_the_ends_of_a_call_give_pieces_of_their_own() -> None:
    first, second = spoken(*SENTENCES[:2])
    left = spread([(0.5, first), (9, first)], 20)
    right = spread([(5, second), (14, second)], 20)
    source = io.BytesIO(wav_bytes(np.stack([left, right]), RATE_HZ))
    layout = probe(source)
    assert layout.channels == 2
    [window] = list(read_windows(source, layout))
    assert [(piece.channel, round(piece.start_s)) for piece in window.pieces] == [(0, 0), (1, 5), (0, 9), (1, 14)]


def test_what_breaks_off_is_said_in_the_last_window() -> None:
    content = wav_bytes(talk(10), RATE_HZ)
    source = io.BytesIO(content[: len(content) * 2 // 3])
    windows = list(read_windows(source, probe(source), longest_s=10))
    assert [window.truncated for window in windows] == [False] * (len(windows) - 1) + [True]


def test_memory_does_not_grow_with_the_length() -> None:
    class Long:
        """A WAV file of noise that exists nowhere."""

        def __init__(self, seconds: int) -> None:
            self.head = wav_bytes(np.zeros(0, np.float32), RATE_HZ)[:40] + (seconds * 32_000).to_bytes(4, "little")
            self.size, self.at = len(self.head) + seconds * 32_000, 0
            self.noise = np.random.default_rng(1).integers(-200, 200, 1 << 16).astype(np.int16).tobytes()

        def seek(self, offset: int, whence: int = 0) -> int:
            self.at = (0, self.at, self.size)[whence] + offset
            return self.at

        def tell(self) -> int:
            return self.at

        def read(self, size: int = -1) -> bytes:
            size = max(0, min(size if size >= 0 else 1 << 16, 1 << 16, self.size - self.at))
            begin = self.at
            self.at += size
            return self.head[begin : begin + size] if begin < 44 else self.noise[:size]

    def peak(seconds: int) -> int:
        source = Long(seconds)
        tracemalloc.start()
        for _ in read_windows(source, Layout(1, None, "pcm_s16le", 0), longest_s=10):  # type: ignore[arg-type]
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(240) < 1.3 * peak(60)


class Parrot:
    name, model, device, compute_type, stand_in = "parrot", "none", "cpu", "none", False

    def recognise(
        self,
        pieces: Sequence[Piece],
        *,
        language: str | None,
        hot_words: Sequence[str] = (),
        expect: Expect | None = None,
    ) -> list[list[Segment]]:
        assert list(hot_words) == ["metoprolol"]
        found = Recognised()
        for piece in reversed(pieces):
            words = (Word("hello", piece.start_s, piece.end_s, 0.9),)
            found.insert(0, [Segment(piece.channel, piece.start_s, piece.end_s, "hello", words, 0.9, "hi")])
        found.dropped["looped"] = 2
        return found


def test_what_was_said_in_a_window() -> None:
    window = windows_of(talk(3), longest_s=60)[0]
    heard = transcribe(window, Parrot(), language=None, hot_words=["metoprolol"])
    assert [segment.start_s for segment in heard.segments] == [piece.start_s for piece in window.pieces]
    assert (heard.language, heard.dropped) == ("hi", {"looped": 2})
    quiet = AudioWindow(0, 16_000, [silence(1)], [], truncated=False)
    assert transcribe(quiet, Parrot(), language=None, hot_words=[]).segments == []


def test_an_empty_recording_has_no_windows() -> None:
    source = io.BytesIO(wav_bytes(np.zeros(10, np.float32), RATE_HZ))
    assert [window.end_sample for window in read_windows(source, probe(source))] == [10]
    assert list(read_windows(source, probe(source), from_sample=10)) == []
    assert list(decode(source, probe(source), from_sample=10)) == []


@pytest.mark.parametrize("name", ["silence", "white", "dtmf", "ring"])
def test_what_is_not_speech_has_no_pieces(name: str) -> None:
    assert all(not window.pieces for window in windows_of(not_speech()[name] * 0.3))
