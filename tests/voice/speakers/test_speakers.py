"""Who spoke: vectors, groups, who is known, which words are whose, and roles."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest

from voice.audio import Piece
from voice.recognition.engine import Segment, Word
from voice.speakers import ge2e
from voice.speakers.attribution import attribute
from voice.speakers.clustering import enrolled_as, group
from voice.speakers.roles import roles_of
from voice.speakers.vectors import Voices, voices_of

RATE_HZ = 16_000


def voice_like(pitch_hz: float, formants_hz: tuple[float, ...], seconds: float, seed: int) -> np.ndarray:
    """A buzz through resonances: not speech, but two of them differ as two voices do."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE_HZ)
    drift = np.cumsum(rng.normal(0, 0.02, count)) * 0.2
    phase = np.cumsum((pitch_hz + drift) / RATE_HZ)
    buzz = (phase % 1.0) - 0.5 + rng.normal(0, 0.01, count)
    spectrum = np.fft.rfft(buzz)
    hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    spectrum *= sum(1 / (1 + ((hz - formant) / 90) ** 2) for formant in formants_hz)
    sound = np.fft.irfft(spectrum, count)
    return (sound / np.abs(sound).max() * 0.3).astype(np.float32)


def around(centres: np.ndarray, labels: list[int], *, spread: float = 0.25) -> Voices:
    rng = np.random.default_rng(7)
    vectors = centres[labels] + rng.normal(0, spread / np.sqrt(256), (len(labels), 256))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    starts = np.arange(len(labels)) * 0.4
    return Voices(np.stack([starts, starts + 0.4], axis=1).astype(np.float32), vectors.astype(np.float32))


@pytest.fixture
def centres() -> np.ndarray:
    found = np.abs(np.random.default_rng(3).normal(size=(3, 256))).astype(np.float32)
    found[1, :128] = 0.0
    found[2, 128:] = 0.0
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_vectors_have_length_one_and_tell_two_voices_apart() -> None:
    low = [Piece(None, 0.0, voice_like(110, (500, 1500, 2500), 4, seed)) for seed in (1, 2)]
    high = Piece(None, 0.0, voice_like(230, (700, 1900, 2900), 4, 3))
    first, second, other = voices_of([low[0]]), voices_of([low[1]]), voices_of([high])
    assert first.vectors.shape[1] == 256 and np.allclose(np.linalg.norm(first.vectors, axis=1), 1, atol=1e-5)
    assert float(first.vectors[0] @ second.vectors[0]) > float(first.vectors[0] @ other.vectors[0]) + 0.05


def test_times_lie_in_the_recording_and_too_little_speech_says_nothing() -> None:
    voices = voices_of(
        [Piece(None, 10.0, voice_like(110, (500, 1500), 3, 1)), Piece(None, 20.0, np.zeros(1000, np.float32))]
    )
    assert voices.times[0, 0] == pytest.approx(10.0) and voices.times[-1, 1] == pytest.approx(13.0, abs=0.02)
    assert len(voices_of([])) == 0


def test_kept_vectors_come_back(centres: np.ndarray) -> None:
    voices = around(centres, [0, 1, 2])
    again = Voices.unpacked(voices.packed())
    assert np.array_equal(again.times, voices.times) and np.allclose(again.vectors, voices.vectors, atol=1e-3)


def test_the_weights_file_can_run_no_code() -> None:
    class Evil:
        def __reduce__(self) -> object:
            return (print, ("owned",))

    with pytest.raises(pickle.UnpicklingError):
        ge2e._Reader(io.BytesIO(pickle.dumps(Evil()))).load()


@pytest.mark.parametrize("speakers", [1, 2, 3])
def test_the_number_of_speakers_is_estimated(centres: np.ndarray, speakers: int) -> None:
    labels = [number % speakers for number in range(speakers) for _ in range(40)]
    grouped = group(around(centres, labels))
    assert len(grouped.centres) == speakers
    assert grouped.labels.tolist() == labels  # numbered in the order in which they first speak


def test_a_speaker_of_a_moment_is_none_unless_the_number_is_given(centres: np.ndarray) -> None:
    voices = around(centres, [0] * 40 + [1] * 3 + [0] * 40)
    assert len(group(voices).centres) == 1
    assert len(group(voices, speakers=2).centres) == 2


def test_long_recordings_are_grouped_by_a_part_of_their_vectors(centres: np.ndarray) -> None:
    labels = [0] * 2500 + [1] * 2500
    assert group(around(centres, labels)).labels.tolist() == labels


def test_nobody_is_known_who_does_not_stand_out(centres: np.ndarray) -> None:
    grouped = group(around(centres, [0] * 40 + [1] * 40))
    assert enrolled_as(grouped, {"meera": centres[1]}) == {1: ("meera", pytest.approx(1.0, abs=0.1))}
    assert enrolled_as(grouped, {"nobody": -centres[1]}) == {}
    assert enrolled_as(grouped, {"both": centres[0] + centres[1]}) == {}
    assert enrolled_as(group(Voices.joined(())), {"meera": centres[1]}) == {}


def words(*timed: tuple[str, float, float]) -> tuple[Word, ...]:
    return tuple(Word(text, start, end, 0.9) for text, start, end in timed)


def test_a_segment_is_cut_where_the_speaker_changes(centres: np.ndarray) -> None:
    voices = around(centres, [0] * 20 + [1] * 20)  # the change is at 8 s
    said = words(
        ("does", 6.0, 6.5), ("it", 6.5, 7.0), ("hurt", 7.0, 7.6), ("yes", 8.4, 8.8), ("a", 8.8, 9.1), ("lot", 9.1, 9.6)
    )
    segment = Segment(None, 6.0, 9.6, "does it hurt yes a lot", said, 0.9, "en", frozenset())
    parts = attribute([segment], voices, group(voices))
    assert [(part.segment.text, part.speaker) for part in parts] == [("does it hurt", 0), ("yes a lot", 1)]
    assert parts[1].segment.start_s == 8.4 and all(part.confidence > 0.6 for part in parts)


def test_words_far_from_any_voice_are_nobodys(centres: np.ndarray) -> None:
    voices = around(centres, [0] * 20)
    segment = Segment(None, 60.0, 61.0, "hello", (), 0.9, "en", frozenset())
    [part] = attribute([segment], voices, group(voices))
    assert (part.speaker, part.confidence) == (None, 0.0)


VISIT = {
    "S1": "So how long have you had this cough? Any fever? Let me listen to your lungs, take a deep breath. I'm going "
    "to order an x-ray and I'd like you to come back in two weeks.",
    "S2": "I've had it for about a week. I feel tired and my chest hurts when I cough. I take a tablet for my blood "
    "pressure, doctor.",
}


def test_roles_are_told_from_what_is_said() -> None:
    found = roles_of(VISIT)
    assert {name: role for name, (role, _) in found.items()} == {"S1": "doctor", "S2": "patient"}
    with_nurse = roles_of(
        {**VISIT, "S3": "Hello, I'm the nurse. Step on the scale please, I'll take your blood pressure."}
    )
    assert with_nurse["S3"][0] == "nurse"


def test_what_is_known_stands_and_what_cannot_be_told_is_unknown() -> None:
    assert roles_of(VISIT, {"S2": "doctor"})["S2"] == ("doctor", 1.0)
    assert roles_of(VISIT, {"S2": "doctor"})["S1"][0] != "doctor"
    assert roles_of({"S1": "yes", "S2": "okay then"}) == {"S1": ("unknown", 0.0), "S2": ("unknown", 0.0)}
