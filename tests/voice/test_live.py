import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.voice.small_whisper import make_scripted
from tests.voice.sounds import joined, not_speech, silence, spoken
from voice.audio import RATE_HZ, Floats, Piece, resample, to_shorts
from voice.live import LONGEST_S, LiveRecognition, LiveResult
from voice.recognition.engine import Expect, Segment, Word
from voice.recognition.whisper import Whisper

FIRST, SECOND = "The patient has had a cough for three weeks now.", "There is no fever and no pain in the chest."


class Growing:
    """Says a word for each 0.4 s of a piece; its last word is a guess that changes."""

    name, model, device, compute_type, stand_in = "growing", "none", "cpu", "none", False

    def __init__(self) -> None:
        self.asked: list[Piece] = []

    def recognise(
        self,
        pieces: Sequence[Piece],
        *,
        language: str | None,
        hot_words: Sequence[str] = (),
        expect: Expect | None = None,
    ) -> list[list[Segment]]:
        [piece] = pieces
        self.asked.append(piece)
        texts = [f"w{number}" for number in range(int(piece.duration_s / 0.4))] + [f"guess{len(self.asked)}"]
        words = tuple(Word(text, piece.start_s, piece.end_s, 0.9) for text in texts)
        return [[Segment(None, piece.start_s, piece.end_s, " ".join(texts), words, 0.9, "en")]]


def stream(
    sound: Floats, recognition: LiveRecognition, *, rate_hz: int = RATE_HZ, packet_s: float = 0.1
) -> list[LiveResult]:
    content = to_shorts(resample(sound, RATE_HZ, rate_hz)).tobytes()
    size = round(packet_s * rate_hz) * 2
    found = []
    for at in range(0, len(content), size):
        found += recognition.push(content[at : at + size])
    return found + recognition.finish()


def recognition_of(engine: Growing, *, rate_hz: int = RATE_HZ, from_sample: int = 0) -> LiveRecognition:
    return LiveRecognition(engine, rate_hz=rate_hz, language="en", hot_words=["cough"], from_sample=from_sample)


def talk() -> Floats:
    first, second = spoken(FIRST, SECOND)
    return joined(silence(0.5), first, silence(1.5), second, silence(1.2))


def test_a_final_at_each_pause_and_partials_between() -> None:
    engine = Growing()
    found = stream(talk(), recognition_of(engine))
    finals = [one for one in found if one.final and one.segments]
    assert len(finals) == 2
    first = len(spoken(FIRST)[0]) / RATE_HZ
    assert 0.5 + first < finals[0].until / RATE_HZ < 0.5 + first + 1.5
    assert abs(finals[0].segments[0].start_s - 0.5) < 0.3
    assert abs(finals[1].segments[0].start_s - (2.0 + first)) < 0.3
    partials = [one for one in found[: found.index(finals[0])] if not one.final]
    assert len(partials) >= 2


def test_what_is_stable_stays() -> None:
    found = [one for one in stream(talk(), recognition_of(Growing())) if not one.final]
    assert found
    for one, other in itertools.pairwise(found):
        assert one.text.startswith(one.stable)
        if other.start_s == one.start_s:
            assert other.text.startswith(one.stable)
    assert all("guess" not in one.stable for one in found)
    assert any(one.stable for one in found)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000])
def test_all_sound_is_given_out_once(rate_hz: int) -> None:
    sound = talk()
    recognition = recognition_of(Growing(), rate_hz=rate_hz, from_sample=32_000)
    finals = [one for one in stream(sound, recognition, rate_hz=rate_hz) if one.final]
    until = 32_000
    for one in finals:
        assert one.until - until == len(one.pcm) // 2 and one.start_s == until / RATE_HZ
        until = one.until
    assert until == recognition.taken_samples
    assert abs(until - 32_000 - len(sound)) < 200
    whole = np.frombuffer(b"".join(one.pcm for one in finals), np.int16)
    if rate_hz == RATE_HZ:
        assert np.abs(whole[: len(sound)] - to_shorts(sound)).max() <= 2


def test_a_line_that_broke_goes_on_where_it_was() -> None:
    sound = talk()
    broken = recognition_of(Growing())
    content = to_shorts(sound).tobytes()
    half = len(spoken(FIRST)[0]) + round(2.8 * RATE_HZ)
    before = [one for one in broken.push(content[: 2 * half]) if one.final]
    taken = broken.taken_samples
    assert 0 < taken < half
    again = recognition_of(Growing(), from_sample=taken)
    after = [one for one in [*again.push(content[2 * taken :]), *again.finish()] if one.final]
    assert b"".join(one.pcm for one in before + after) == to_shorts(sound).tobytes() or np.allclose(
        np.frombuffer(b"".join(one.pcm for one in before + after), np.int16), to_shorts(sound), atol=2
    )
    starts = [round(segment.start_s, 1) for one in before + after for segment in one.segments]
    assert len(starts) == 2 and starts[1] > starts[0] + 2


def test_speech_without_a_pause_is_cut_and_bounded() -> None:
    engine = Growing()
    one = spoken(FIRST)[0][2000:-4000]
    recognition = recognition_of(engine)
    finals = [one for one in stream(joined(*[one] * 16), recognition) if one.final]
    assert len(finals) >= 2
    assert all(len(one.pcm) / 2 / RATE_HZ <= LONGEST_S + 1 for one in finals)
    assert all(piece.duration_s <= 30 for piece in engine.asked)


def test_silence_is_let_go_and_says_nothing() -> None:
    engine = Growing()
    recognition = recognition_of(engine)
    sound = joined(silence(30), not_speech()["white"] * 0.1)
    found = stream(sound, recognition)
    assert all(one.final and not one.segments for one in found)
    assert recognition.taken_samples == len(sound) and not engine.asked


def test_half_a_sample_and_nothing_at_all() -> None:
    recognition = recognition_of(Growing())
    content = to_shorts(spoken(FIRST)[0]).tobytes()
    for at in range(0, len(content), 3_333):
        recognition.push(content[at : at + 3_333])
    assert recognition.push(b"") == []
    recognition.finish()
    assert recognition.taken_samples == len(content) // 2
    assert recognition_of(Growing()).finish() == []


def test_with_a_whisper(tmp_path: Path) -> None:
    engine = Whisper(str(make_scripted(tmp_path, "cough for three weeks")), slot="live", device="cpu")
    recognition = LiveRecognition(engine, rate_hz=RATE_HZ, language=None, hot_words=[])
    finals = [one for one in stream(talk(), recognition, packet_s=1.0) if one.final and one.segments]
    assert [one.text for one in finals] == ["cough for three weeks"] * 2
