"""faster-whisper's real code over models that are made here."""

import threading
from pathlib import Path

import numpy as np
import pytest
from faster_whisper import BatchedInferencePipeline, WhisperModel

from tests.voice.small_whisper import make_random, make_scripted
from tests.voice.sounds import joined, silence, spoken
from voice.audio import RATE_HZ, Piece
from voice.recognition.choosing import choose, describe
from voice.recognition.engine import EngineUnavailable
from voice.recognition.hot_words import choose_hot_words
from voice.recognition.sphinx import Sphinx
from voice.recognition.whisper import Whisper, find_model

TEXT = "the patient takes metoprolol fifty milligrams twice a day"


def speech(repeats: int = 2) -> np.ndarray:
    return joined(*spoken("The patient takes metoprolol, fifty milligrams twice a day.") * repeats)


def test_words_with_their_times(tmp_path: Path) -> None:
    engine = Whisper(str(make_scripted(tmp_path, TEXT, first_word_s=0.5)), slot="batch", device="cpu")
    heard = engine.recognise([Piece(1, 100.0, speech())], language="en")
    [[segment]] = heard
    assert (segment.text, segment.channel, segment.language, segment.flags) == (TEXT, 1, "en", frozenset())
    assert [word.text for word in segment.words] == TEXT.split()
    starts = [word.start_s - 100 for word in segment.words]
    halfway = 0.5 + 0.36 * (np.arange(1, 9) - 0.5)  # between the middles of two words
    assert np.allclose(starts[1:], halfway, atol=0.12)
    assert segment.start_s == segment.words[0].start_s and segment.end_s == segment.words[-1].end_s
    assert all(word.start_s <= word.end_s for word in segment.words)
    assert segment.confidence > 0.9 and not heard.dropped


def test_words_go_to_the_piece_that_they_were_said_in(tmp_path: Path) -> None:
    engine = Whisper(str(make_scripted(tmp_path, TEXT, word_s=0.5)), slot="batch", device="cpu")
    first, second = speech(1)[: 2 * RATE_HZ], speech(1)
    heard = engine.recognise([Piece(None, 10.0, first), Piece(None, 50.0, second)], language="en")
    texts = [" ".join(segment.text for segment in piece) for piece in heard]
    assert " ".join(texts) == TEXT
    assert 3 <= len(texts[0].split()) <= 5
    assert all(50 <= segment.start_s < segment.end_s <= 60 for segment in heard[1])
    engine = Whisper(str(make_scripted(tmp_path / "quick", TEXT)), slot="batch", device="cpu")
    apart = engine.recognise([Piece(0, 10.0, second), Piece(1, 50.0, second)], language="en")
    assert [piece[0].text for piece in apart] == [TEXT, TEXT]  # channels are not put together


def test_more_pieces_than_go_at_once(tmp_path: Path) -> None:
    engine = Whisper(str(make_scripted(tmp_path, TEXT)), slot="batch", device="cpu")
    pieces = [Piece(None, 30.0 * number, speech(8)[: 20 * RATE_HZ]) for number in range(6)]
    assert [piece[0].text for piece in engine.recognise(pieces, language="en")] == [TEXT] * 6


def test_a_piece_of_more_than_30_s_is_heard_to_its_end(tmp_path: Path) -> None:
    engine = Whisper(str(make_scripted(tmp_path, TEXT)), slot="batch", device="cpu")
    [segments] = engine.recognise([Piece(None, 5.0, speech(13)[: 40 * RATE_HZ])], language="en")
    assert [(segment.text, round(segment.start_s)) for segment in segments] == [(TEXT, 5), (TEXT, 35)]


def test_the_language_is_found_or_given(tmp_path: Path) -> None:
    folder = make_scripted(tmp_path, TEXT, language="hi")
    engine = Whisper(str(folder), slot="live", device="cpu")
    piece = Piece(None, 0.0, speech())
    assert engine.recognise([piece], language=None)[0][0].language == "hi"
    assert engine.recognise([piece], language="en-IN")[0][0].language == "en"
    assert engine.recognise([piece], language="tlh")[0][0].language == "hi"


def test_an_unsure_language_is_flagged(tmp_path: Path) -> None:
    folder = make_scripted(tmp_path, TEXT, language="hi", other_languages=("de", "fr"))
    engine = Whisper(str(folder), slot="live", device="cpu")
    [[segment]] = engine.recognise([Piece(None, 0.0, speech())], language=None)
    assert (segment.language, segment.flags) == ("hi", {"uncertain_language"})


def test_an_english_model_does_not_pretend_to_know_others(tmp_path: Path) -> None:
    engine = Whisper(str(make_scripted(tmp_path, TEXT)), slot="live", device="cpu")
    heard = engine.recognise([Piece(None, 0.0, speech())], language="hi")
    assert heard == [[]] and heard.dropped == {"language": 1}


def test_hot_words_are_in_the_prompt(tmp_path: Path) -> None:
    """The script is at the places that follow a prompt of that length: with another prompt nothing of sense is said."""
    names = ["metoprolol", "ward"]
    model = WhisperModel(str(make_scripted(tmp_path / "count", TEXT)), device="cpu", compute_type="int8")
    tokens = len(model.hf_tokenizer.encode(" metoprolol, ward", add_special_tokens=False).ids) + 1
    folder = make_scripted(tmp_path / "model", TEXT, hinted_tokens=tokens)
    engine = Whisper(str(folder), slot="batch", device="cpu")
    assert engine.recognise([Piece(None, 0.0, speech())], language="en", hot_words=names)[0][0].text == TEXT


def test_a_model_that_repeats_itself_is_not_believed(tmp_path: Path) -> None:
    engine = Whisper(str(make_scripted(tmp_path, "and the pain is there " * 12, sure=30)), slot="batch", device="cpu")
    heard = engine.recognise([Piece(None, 0.0, speech(6)[: 25 * RATE_HZ])], language="en")
    assert heard == [[]] and heard.dropped["looped"] >= 1


@pytest.mark.parametrize("multilingual", [False, True])
def test_weights_without_sense_give_no_text(tmp_path: Path, multilingual: bool) -> None:
    engine = Whisper(str(make_random(tmp_path, multilingual=multilingual)), slot="live", device="cpu")
    heard = engine.recognise([Piece(None, 0.0, speech())], language=None, hot_words=["metoprolol"])
    assert heard == [[]]


def test_faster_whisper_itself_hears_the_same(tmp_path: Path) -> None:
    folder = make_scripted(tmp_path, TEXT)
    model = WhisperModel(str(folder), device="cpu", compute_type="int8")
    batched, _ = BatchedInferencePipeline(model).transcribe(speech(), word_timestamps=True, language="en")
    [theirs] = list(batched)
    [[ours]] = Whisper(str(folder), slot="batch", device="cpu").recognise([Piece(None, 0.0, speech())], language="en")
    assert theirs.text.strip() == ours.text
    assert np.allclose([word.start for word in theirs.words or []], [word.start_s for word in ours.words], atol=0.5)


def test_faster_whisper_with_timestamps_hears_a_script(tmp_path: Path) -> None:
    model = WhisperModel(str(make_scripted(tmp_path, TEXT, with_timestamps=True)), device="cpu", compute_type="int8")
    segments, _ = model.transcribe(joined(speech(), silence(1)), language="en", condition_on_previous_text=False)
    assert next(iter(segments)).text.strip() == TEXT


def test_several_threads_at_once(tmp_path: Path) -> None:
    engine = Whisper(str(make_scripted(tmp_path, TEXT)), slot="live", device="cpu")
    found: list[str] = []
    piece = Piece(None, 0.0, speech())

    def listen() -> None:
        found.append(engine.recognise([piece], language="en")[0][0].text)

    threads = [threading.Thread(target=listen) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [TEXT] * 4


def test_choosing(tmp_path: Path) -> None:
    stand_in = choose(None, device="auto", compute_type=None, slot="live", download=False)
    assert isinstance(stand_in, Sphinx) and stand_in.stand_in
    folder = str(make_random(tmp_path / "model"))
    engine = choose(folder, device="cpu", compute_type=None, slot="batch", download=False)
    assert (engine.name, engine.model, engine.device, engine.compute_type) == ("faster-whisper", folder, "cpu", "int8")
    assert not engine.stand_in
    facts = describe(folder, device="cpu", compute_type="float32", slot="batch", download=False)
    assert (facts.usable, facts.compute_type, facts.stand_in) == (True, "float32", False)
    assert (
        "WARDLINE_WHISPER_MODEL is not set"
        in describe(None, device="cpu", compute_type=None, slot="live", download=False).why
    )


@pytest.mark.parametrize("model", ["/nowhere/at/all", "./nowhere", "base", "someone/some-whisper"])
def test_a_model_that_is_not_there(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EngineUnavailable, match="WARDLINE_WHISPER_MODEL"):
        choose(model, device="cpu", compute_type=None, slot="live", download=False)
    facts = describe(model, device="cpu", compute_type=None, slot="live", download=False)
    assert not facts.usable and "WARDLINE_WHISPER_MODEL" in facts.why


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"no model\.bin and no tokenizer\.json"):
        find_model(str(tmp_path), download=False)
    make_random(tmp_path)
    (tmp_path / "model.bin").write_bytes(b"nothing")
    with pytest.raises(EngineUnavailable, match="cannot be used"):
        Whisper(str(tmp_path), slot="live", device="cpu").recognise([Piece(None, 0.0, speech())], language="en")


def test_hot_words_within_their_cap() -> None:
    names = [f"Doctor Number {number}" for number in range(500)]
    assert choose_hot_words([" Aspirin ", "aspirin", "", "A, B"]) == ["Aspirin", "A B"]
    assert len(choose_hot_words(names, count=lambda text: 1)) == 60
    chosen = choose_hot_words(names, count=len)
    assert chosen == names[: len(chosen)] and sum(len(f" {name},") for name in chosen) <= 223
