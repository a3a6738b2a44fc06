import pytest

from tests.paths import SHARED
from tests.voice.sounds import joined, silence, spoken
from voice.audio import Piece, to_floats
from voice.recognition.engine import Expect
from voice.recognition.sphinx import Sphinx, grammar_of

CARDS = SHARED / "voice/read_speech"
RANKS = ["ace", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "jack", "queen", "king"]


@pytest.fixture(scope="module")
def engine() -> Sphinx:
    return Sphinx()


def test_grammars() -> None:
    known = {"yes", "no", "please", "next", "week"}.__contains__
    made = grammar_of(Expect(("Yes, please", "no", "no", "Tegretol", "next week")), known)
    assert made is not None and "public <said> = yes please | no | next week;" in made
    assert "<digit>+" in str(grammar_of(Expect(digits=True), known))
    assert grammar_of(Expect(("Tegretol",)), known) is None


def test_an_expected_answer(engine: Sphinx) -> None:
    [speech] = spoken("Monday.")
    days = Expect(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
    heard = engine.recognise([Piece(0, 3.0, speech)], language="en", expect=days)
    [[segment]] = heard
    assert (segment.text, segment.channel, segment.language) == ("monday", 0, "en")
    assert 3.0 <= segment.start_s < segment.end_s <= 3.0 + len(speech) / 16_000
    assert 0 <= segment.words[0].probability <= 1


def test_what_is_not_among_the_answers_is_not_taken_for_one(engine: Sphinx) -> None:
    said = ("I would like to talk to a nurse about my medicine please.", "Can you tell me how long I have to wait?")
    for speech in spoken(*said):
        for expect in (Expect(("yes", "no", "yes please", "no thank you")), Expect(digits=True)):
            [segments] = engine.recognise([Piece(0, 0.0, speech)], language="en", expect=expect)
            assert all(segment.flags >= {"low_confidence"} for segment in segments)
            assert " ".join(segment.text for segment in segments) not in ("yes", "no", "yes please", "no thank you")


def test_the_same_sound_gives_the_same_words(engine: Sphinx) -> None:
    first, second = spoken("The pain is in my left arm.", "I have an appointment on Friday morning.")
    alone = engine.recognise([Piece(None, 0.0, first)], language="en")
    engine.recognise([Piece(None, 0.0, second)], language="en", expect=Expect(digits=True))
    assert engine.recognise([Piece(None, 0.0, first)], language="en") == alone
    assert Sphinx().recognise([Piece(None, 0.0, first)], language=None) == alone


def test_it_knows_english_only(engine: Sphinx) -> None:
    [speech] = spoken("Monday.")
    heard = engine.recognise([Piece(None, 0.0, speech)], language="hi")
    assert heard == [[]] and heard.dropped == {"language": 1}


@pytest.mark.skipif(not CARDS.is_dir(), reason="no ../shared/data/voice")
def test_real_voices_with_a_grammar(engine: Sphinx) -> None:
    """Recorded people name cards (pocketsphinx's own test data, BSD)."""
    suits = ("clubs", "hearts", "diamonds", "spades")
    cards = [f"{rank} of {suit}" for rank in RANKS for suit in suits]
    expect = Expect((*cards, *(f"{one} {other}" for one in RANKS for other in RANKS)))
    for name, said in (("001", "ten of clubs"), ("003", "seven of clubs"), ("004", "five five")):
        import wave

        import numpy as np

        with wave.open(str(CARDS / f"{name}.wav")) as file:
            sound = to_floats(np.frombuffer(file.readframes(file.getnframes()), np.int16))
        [segments] = engine.recognise([Piece(None, 0.0, joined(sound, silence(0.1)))], language="en", expect=expect)
        assert " ".join(segment.text for segment in segments) == said
