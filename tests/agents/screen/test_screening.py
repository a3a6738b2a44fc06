"""Both screens together, with the embedder and without it; rules have their sources and phrases their weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.concierge.first_aid import INSTRUCTIONS, while_waiting
from agents.screen.answers import is_happening, is_not_happening
from agents.screen.grams import grams
from agents.screen.likeness import likeness, read_weights
from agents.screen.red_flag_words import RULES
from agents.screen.screening import CLEAR, NOTHING, Screened, Screens
from evals import red_flags
from evals.training.phrase_files import fingerprint, read_phrases
from rag.embedding.shared import Embeddings

CODES = {rule.code for rule in RULES}


@pytest.fixture(scope="module", params=["alone", "embedded"])
def screens(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Screens:
    return Screens(Embeddings(tmp_path_factory.mktemp("data")) if request.param == "embedded" else None)


@pytest.mark.parametrize(
    "text",
    [
        "tonight i will finish it, nobody will notice",
        "i cut my arm deep",
        "chhaati mein bahut tez dard ho raha",
        "छाती में बहुत तेज़ दर्द हो रहा",
        "he fell from the roof and his legs do not move",
        "hot oil fell on my son, big blisters",
        "acid in both eyes",
        "our newborn does not feed and does not wake",
        "fever, stiff neck and a rash that stays",
        "heart racing and i fainted",
        "took 20 crocin",
        "i took double insulin and i am shaking",
        "sugar is 38 and he is drowsy",
        "the inhaler does not help, she is gasping",
        "a dog bit him and it is bleeding a lot",
        "sudden severe pain in one testicle",
        "no urine for a day, belly swollen",
        "the voices tell me to hurt her",
    ],
)
def test_the_kinds_that_were_missed_are_seen(screens: Screens, text: str) -> None:
    assert screens.look(text).level != "none"
    assert screens.urgent(text)


@pytest.mark.parametrize(
    "text",
    [
        "when is the talk on heart attacks",
        "saw in the news that an actor had a stroke, i want a checkup",
        "the bill gave me a heart attack haha",
        "my phone died, what did you say?",
        "my father had a stroke 5 years ago, physio please",
        "i want an appointment with a cardiologist",
        "yes",
        "14/03/1984",
        "👍",
        "",
    ],
)
def test_what_is_harmless_is_left_alone(screens: Screens, text: str) -> None:
    assert screens.look(text).level == "none"


def test_every_rule_says_whose_it_is_and_awaits_sign_off() -> None:
    for rule in RULES:
        assert rule.source and rule.version and rule.languages, rule.code
        assert rule.signed_off is None


def test_the_weights_are_of_these_phrases() -> None:
    """After a change of phrases: `python -m evals.training.red_flags`."""
    weights = read_weights()
    assert weights.phrases == fingerprint()
    assert set(weights.codes) <= CODES


def test_there_are_many_phrases_in_four_ways_of_writing() -> None:
    phrases = read_phrases(of_a_line=1, seed=1)
    assert {phrase.language for phrase in phrases} == {"en", "hi-Latn", "hi", "ta"}
    assert {phrase.kind for phrase in phrases if phrase.emergency} <= CODES


def test_ways_of_writing_one_sound_are_one() -> None:
    assert set(grams("saans nahin")) & set(grams("sans nahi"))
    assert list(grams("पेट")) == list(grams("pet"))


def test_without_an_embedder_the_folder_stays_empty(tmp_path: Path) -> None:
    Screens().look("chest pain")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["yes", "haan abhi", "Yes it is, please hurry", "हाँ", "right now"])
def test_it_is_happening(text: str) -> None:
    assert is_happening(text) and not is_not_happening(text)


@pytest.mark.parametrize("text", ["no", "nahi", "No, it was last year", "नहीं", "not now"])
def test_it_is_not_happening(text: str) -> None:
    assert is_not_happening(text) and not is_happening(text)


def test_what_to_do_meanwhile_is_word_for_word_and_of_no_medicine() -> None:
    for name, instruction in INSTRUCTIONS.items():
        assert instruction.codes <= CODES, name
        assert instruction.source and instruction.signed_off is None and set(instruction.said) == {"en", "hi"}
        for medicine in ("aspirin", "tablet", " mg", "medicine", "दवा "):
            assert medicine not in instruction.said["en"] + instruction.said["hi"], name
    assert "20 minutes" in while_waiting(["burns"], "en")[0]
    assert while_waiting(["chest_pain"], "en") == []


PLAIN = [
    "i have chest pain", "my chest hurts", "chest pain", "i can't breathe", "he is unconscious", "i want to die",
    "she is not breathing", "i took 30 tablets", "heavy bleeding", "he is having a fit", "baby is turning blue",
    "seene me dard hai", "saans nahi aa rahi", "mar jana chahta hu", "सीने में दर्द है", "साँस नहीं आ रही", "बेहोश हो गए हैं",
]  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_word_of_an_emergency_is_never_talked_away_by_likeness(text: str, screens: Screens) -> None:
    assert screens.look(text).level == "emergency"


def test_what_is_cleared_without_the_vector_is_far_from_every_emergency_that_likeness_sees(tmp_path: Path) -> None:
    vectors = Embeddings(tmp_path)
    for cases in (red_flags.cases("open"), red_flags.cases("second")):
        for one in (one for half in cases.values() for one in half if one["expect"] == "emergency"):
            if likeness(one["say"], vectors.of(one["say"])).margin >= 0:
                assert likeness(one["say"], None).margin > -CLEAR + 2, one["say"]


def test_in_an_answer_what_only_likeness_sees_is_asked_about() -> None:
    assert Screened("emergency", (), ("likeness",), 5.0).in_an_answer().level == "suspected"
    assert Screened("emergency", (), ("rules",), 5.0).in_an_answer().level == "emergency"
    assert NOTHING.in_an_answer() == NOTHING
