"""No words where none were said: not of silence, noise, tones or music, at any level, by either recogniser; and no
words that only a recogniser can say."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.voice.small_whisper import make_scripted
from tests.voice.sounds import LEVELS, joined, not_speech, silence, spoken
from voice.audio import Piece
from voice.recognition.engine import Segment, Word
from voice.recognition.evidence import Evidence, weigh
from voice.recognition.guards import Guarded, Guess, judge, loops, sift
from voice.recognition.sphinx import Sphinx
from voice.recognition.whisper import Whisper

STRONG = Evidence(strongest=1.0, usual=0.95, speech_s=3.0, held=0.05, noisy=0.3, peak=0.5)
WEAK = Evidence(strongest=0.4, usual=0.4, speech_s=0.1, held=0.05, noisy=0.3, peak=0.01)
PIECE = Piece(None, 0.0, silence(6))


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Guarded]:
    """The second is a Whisper that says "thank you" of anything, as trained ones do of silence."""
    folder = make_scripted(tmp_path_factory.mktemp("model"), "thank you")
    return {"sphinx": Sphinx(), "whisper": Whisper(str(folder), slot="batch", device="cpu")}


@pytest.mark.parametrize("engine", ["sphinx", "whisper"])
@pytest.mark.parametrize("level", LEVELS)
def test_nothing_is_invented(engines: dict[str, Guarded], engine: str, level: float) -> None:
    sounds = not_speech(5.0)
    pieces = [Piece(None, 0.0, sound * level) for sound in sounds.values()]
    for name, piece in zip(sounds, pieces, strict=True):
        heard = engines[engine].recognise([piece], language="en")
        assert list(heard) == [[]], name
        assert sum(heard.dropped.values()) == 1, name


def test_that_whisper_does_say_it_of_speech(engines: dict[str, Guarded]) -> None:
    [speech] = spoken("Please come back on Monday.")
    [[segment]] = engines["whisper"].recognise([Piece(None, 0.0, speech)], language="en")
    assert segment.text == "thank you"


def test_speech_is_let_through() -> None:
    said = ("No.", "Yes.", "My name is Maria.", "Zero nine eight seven.", "One.", "Mm.", "The pain is in my left arm.")
    for sentence, speech in zip(said, spoken(*said), strict=True):
        for level in (1.0, 0.1, 0.01):
            assert weigh(speech * level).against() is None, (sentence, level)


def test_speech_over_music_is_let_through() -> None:
    [speech] = spoken("The pain began in my left arm this morning and it is getting worse.")
    music = not_speech(len(speech) / 16_000 + 1)["chords"][: len(speech)]
    assert weigh(speech + 0.1 * music).against() is None


def test_among_music_what_is_like_it_is_music() -> None:
    music = not_speech(8.0)["melody"]
    pieces = [Piece(None, 0.0, music), Piece(None, 9.0, joined(silence(0.2), music[: 16_000 * 2]))]
    assert sift(pieces)[1][0] in ("tones", "no_speech")


def guess(text: str, *, seconds: float = 5.0, logprob: float | None = -0.3, no_speech: float | None = 0.1) -> Guess:
    words = text.split()
    each = seconds / max(1, len(words))
    timed = tuple(Word(word, n * each, (n + 1) * each, 0.9) for n, word in enumerate(words))
    return Guess(Segment(None, 0.0, seconds, text, timed, 0.9, "en"), logprob, no_speech)


def judged(
    one: Guess, evidence: Evidence = STRONG, hot_words: tuple[str, ...] = ()
) -> tuple[list[Segment], Counter[str]]:
    return judge([one], evidence, PIECE, hot_words=hot_words)


@pytest.mark.parametrize(
    ("one", "evidence", "reason"),
    [
        (guess("thank you for watching"), WEAK, "silence_phrase"),
        (guess("Thank you."), WEAK, "silence_phrase"),
        (guess("[Music]"), STRONG, "not_words"),
        (guess("♪ ♪"), STRONG, "not_words"),
        (guess("..."), STRONG, "not_words"),
        (guess("I am going to the hospital. " * 8), STRONG, "looped"),
        (guess("okay " * 9), STRONG, "looped"),
        (guess("one of the things that we can see here is that it works " * 5), STRONG, "impossible_rate"),
        (guess("Thank you."), STRONG, "silence_phrase"),
        (guess("a sentence of no sense", logprob=-2.5), STRONG, "improbable"),
        (guess("a sentence of no sense", logprob=-1.2, no_speech=0.9), STRONG, "improbable"),
        (guess("a sentence of no sense", logprob=-1.2), WEAK, "improbable"),
    ],
)
def test_what_only_a_recogniser_says_is_dropped(one: Guess, evidence: Evidence, reason: str) -> None:
    assert judged(one, evidence) == ([], Counter({reason: 1}))


@pytest.mark.parametrize("text", ["No.", "Thank you.", "Okay.", "Metoprolol."])
def test_a_short_answer_before_a_long_wait_stays(text: str) -> None:
    short = Evidence(strongest=0.95, usual=0.9, speech_s=0.35, held=0.05, noisy=0.2, peak=0.3)
    [kept] = judge([guess(text, seconds=0.4)], short, Piece(0, 0.0, silence(4.5)), hot_words=("metoprolol",))[0]
    assert kept.text == text


def test_repetition_is_dropped_however_sure_the_recogniser_is() -> None:
    [] = judged(guess("the blood pressure is " * 6, logprob=-0.01, no_speech=0.0))[0]


@pytest.mark.parametrize(
    "text",
    [
        "Thank you.", "no no no no", "thank you very much doctor", "yes yes yes", "9 9 9 9 9 9 9 9",
        "nine nine nine nine nine nine",
        "call me at nine eight seven nine eight seven", "She said that she said that she did not.",
    ],
)  # fmt: skip
def test_what_people_say_stays(text: str) -> None:
    seconds = len(text.split()) * 0.4
    evidence, piece = replace(STRONG, speech_s=seconds), Piece(None, 0.0, silence(seconds + 0.4))
    kept, dropped = judge([guess(text, seconds=seconds)], evidence, piece, hot_words=())
    assert not dropped and not kept[0].flags


def test_hot_words_that_come_back_are_no_words() -> None:
    names = ("Metoprolol", "Dr. Asha Rao", "Ramipril")
    assert judged(guess("Metoprolol, Dr. Asha Rao, Ramipril"), hot_words=names)[1] == {"hot_words": 1}
    assert judged(guess("metoprolol"), WEAK, names)[1] == {"hot_words": 1}
    assert judged(guess("Dr Asha Rao Ramipril"), WEAK, names)[1] == {"hot_words": 1}
    assert not judged(guess("metoprolol"), STRONG, names)[0][0].flags
    assert judged(guess("Asha Rao, Ramipril"), STRONG, names)[0][0].flags == {"only_hot_words"}
    assert judged(guess("give metoprolol and ramipril"), WEAK, names)[0]


def test_doubt_is_flagged() -> None:
    [kept] = judged(guess("take it twice a day", logprob=-1.1))[0]
    assert kept.flags == {"low_confidence"}


def test_a_loop_takes_no_speech_with_it() -> None:
    said = [["he", "is", "well"], ["and", "so"] * 3, ["and", "so"] * 3, ["see", "you", "monday"]]
    assert loops(said) == [False, True, True, False]
