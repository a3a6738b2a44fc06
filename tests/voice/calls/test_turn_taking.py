"""Who speaks when: recorded events in, actions out."""

from __future__ import annotations

import random

import pytest

from tests.voice.calls.script import Script, final_words
from voice.calls import events as e
from voice.calls.turn_taking import Manners, TurnTaking


def asked(question: e.Question = "free", *texts: str) -> Script:
    """A call on which we have asked something and wait."""
    script = Script()
    script.reply(*(texts or ("What can I do for you?",)), question=question)
    script.play(*[speak.number for speak in script.spoken()])
    assert script.machine.mode == "listening"
    return script


@pytest.mark.parametrize(
    ("question", "text", "finished", "least", "most"),
    [
        ("yes_no", "Yes.", None, 0.3, 0.45),
        ("free", "I want to see a doctor", None, 0.65, 0.8),
        ("free", "I want to see a doctor", 0.95, 0.65, 0.8),
        ("free", "I want to see a doctor", 0.05, 1.4, 1.6),  # the turn model hears that it goes on
        ("free", "I have a headache and", None, 1.4, 1.6),  # the words go on
        ("free", "My number is nine eight", 0.9, 1.4, 1.6),  # digits come in groups that each sound whole
        ("digits", "nine eight four five", 0.9, 2.2, 2.4),
        ("digits", "nine eight four five zero one zero zero two zero", None, 0.3, 0.45),
        ("date", "the fourteenth of March", 0.9, 2.2, 2.4),
        ("date", "14 March 1984", 0.1, 0.3, 0.45),
        ("spelling", "K A", None, 1.7, 1.9),
    ],
)  # fmt: skip
def test_the_wait_after_speech(
    question: e.Question, text: str, finished: float | None, least: float, most: float
) -> None:
    script = asked(question)
    script.says(text, finished=finished, then=3.0)
    (ended,) = script.when(e.FinalWords)
    speech_end = max(event.at for event in script.events if isinstance(event, e.Voice) and event.probability > 0.5)
    assert least <= ended - speech_end <= most


def test_a_pause_in_the_middle_makes_one_message() -> None:
    script = asked()
    script.says("I want to see", then=0.2)
    assert not script.when(e.FinalWords)
    assert final_words(script.says("I want to see Doctor Nair", then=1.0)) == ["I want to see Doctor Nair"]
    first, second = (action for _, action in script.done if isinstance(action, e.Consider))
    assert first.number != second.number and first.start_s == second.start_s < first.end_s < second.end_s


def test_words_that_come_late_are_waited_for_and_taken_at_once() -> None:
    script = asked()
    script.speech(1.0)
    script.silence(1.5)
    assert not script.when(e.FinalWords)
    (consider,) = (action for _, action in script.done if isinstance(action, e.Consider))
    assert final_words(script.tell(e.Recognized(script.at, consider.number, "hello"))) == ["hello"]


def test_words_of_a_part_are_forgotten_when_the_caller_goes_on() -> None:
    script = asked()
    script.speech(1.0)
    (consider,) = (action for action in script.silence(0.25) if isinstance(action, e.Consider))
    script.speech(0.5)
    script.tell(e.Recognized(script.at, consider.number, "I want"))
    script.silence(2.0)
    assert not script.when(e.FinalWords)


def test_barge_in_silences_us_within_two_hundred_milliseconds() -> None:
    script = asked()
    script.reply("These times are free.", "Option 1.", "Option 2.")
    script.silence(0.5)
    began = script.at
    script.speech(0.4)
    (cleared,) = script.when(e.Clear)
    assert cleared - began <= 0.2
    assert script.machine.mode == "paused"
    assert final_words(script.says("no not that one", then=1.0)) == ["no not that one"]


def test_what_was_heard_is_told() -> None:
    script = asked()
    script.reply("One.", "Two.", "Three.", ref="m2")
    numbers = [speak.number for speak in script.spoken()[-3:]]
    script.play(numbers[0])
    script.speech(0.3)
    script.play(*numbers[1:])  # the clear gives the marks of what was dropped back
    script.says("stop please", then=1.0)
    told = [action for _, action in script.done if isinstance(action, e.PlaybackReport)][-1]
    assert told == e.PlaybackReport("m2", ("One.",), ("Two.", "Three."))


@pytest.mark.parametrize("text", ["mm-hm", "Yeah.", "ok", "right, okay", "", "हाँ जी"])
def test_a_backchannel_or_a_cough_resumes_from_what_was_not_heard(text: str) -> None:
    script = asked()
    script.reply("One.", "Two.", "Three.")
    first = script.spoken()[-3].number
    script.play(first)
    script.says(text, seconds=0.4, then=1.0)
    assert script.when(e.Clear) and not script.when(e.FinalWords)
    again = script.spoken()[-2:]
    assert [speak.sentence.text for speak in again] == ["Two.", "Three."]
    assert script.machine.mode == "speaking"
    script.play(*[speak.number for speak in again])
    assert [action for _, action in script.done if isinstance(action, e.PlaybackReport)][-1].unplayed == ()


def test_yeah_but_is_an_interruption() -> None:
    script = asked()
    script.reply("One.", "Two.")
    assert final_words(script.says("yeah but I wanted Friday", then=1.0)) == ["yeah but I wanted Friday"]


def test_yes_over_the_question_itself_is_the_answer() -> None:
    script = asked()
    script.reply("Please check.", "Shall I book it?", question="yes_no")
    script.play(script.spoken()[-2].number)
    assert final_words(script.says("Yes.", seconds=0.4, then=0.6)) == ["Yes."]


def test_a_click_does_not_silence_us() -> None:
    script = asked()
    script.reply("One.", "Two.")
    script.speech(0.07)
    script.silence(1.0)
    assert not script.when(e.Clear)


def test_an_emergency_is_said_to_its_end() -> None:
    script = asked()
    script.reply("Call 1 1 2 now.", must=True)
    (number,) = [speak.number for speak in script.spoken()[-1:]]
    script.says("but wait a moment please", then=1.0)
    assert not script.when(e.Clear)
    assert final_words(action for _, action in script.done) == ["but wait a moment please"]  # and nothing is lost
    script.play(number)
    assert [action for _, action in script.done if isinstance(action, e.PlaybackReport)][-1].played == (
        "Call 1 1 2 now.",
    )


def test_an_emergency_is_said_even_while_the_caller_speaks() -> None:
    script = asked()
    script.speech(0.5)
    assert any(isinstance(action, e.Speak) for action in script.reply("Call 1 1 2 now.", must=True))


def test_an_answer_waits_for_the_caller_to_finish() -> None:
    script = asked()
    script.says("book a doctor", then=1.0)
    script.speech(0.5)
    assert script.reply("Which one?") == []
    script.says("for my mother", then=1.0)
    assert final_words(action for _, action in script.done) == ["book a doctor", "for my mother"]
    assert script.spoken()[-1].sentence.text == "Which one?"


def test_silence_is_asked_about_twice_and_then_ends() -> None:
    script = asked()
    script.silence(8.5)
    script.tell(e.Reply(script.at, (e.Sentence("Are you still there?"),), "free"))
    script.play(script.spoken()[-1].number)
    script.silence(20)
    asks = [action.phrase for _, action in script.done if isinstance(action, e.Ask)]
    assert asks == ["still_there", "still_there_keys"] and len(script.when(e.Finish)) == 1


def test_a_word_begins_the_patience_anew() -> None:
    script = asked()
    script.silence(8.5)
    script.says("yes I am here", then=1.0)
    script.reply("Good.")
    script.play(script.spoken()[-1].number)
    script.silence(8.5)
    assert [action.phrase for _, action in script.done if isinstance(action, e.Ask)] == ["still_there"] * 2


def test_speech_without_words_is_asked_again() -> None:
    script = asked()
    script.says("", seconds=1.5, then=1.0)
    assert [action.phrase for _, action in script.done if isinstance(action, e.Ask)] == ["not_heard"]


def test_a_turn_that_takes_long_is_told_about_once() -> None:
    script = asked()
    script.says("hello there", then=12.0)
    assert [action.phrase for _, action in script.done if isinstance(action, e.Ask)] == ["one_moment"]


def test_speech_without_end_is_cut_at_thirty_seconds() -> None:
    script = asked()
    script.speech(31)
    (consider,) = (action for _, action in script.done if isinstance(action, e.Consider))
    assert 29 < consider.end_s - consider.start_s < 31
    assert final_words(script.tell(e.Recognized(script.at, consider.number, "a long story"))) == ["a long story"]
    assert len(final_words(script.says("and its end", then=3.0))) == 1


@pytest.mark.parametrize(
    ("question", "keys", "answer"),
    [
        ("yes_no", "1", "yes"), ("yes_no", "2", "no"), ("choice", "3", "3"), ("free", "0", "agent"),
        ("date", "14031984", "14/03/1984"), ("digits", "98#", "98"), ("digits", "12*9845#", "9845"),
        ("digits", "0451", "0451"), ("date", "0", "agent"), ("choice", "0", "agent"),
    ],
)  # fmt: skip
def test_keys_equal_speech(question: e.Question, keys: str, answer: str) -> None:
    script = asked(question)
    for key in keys:
        script.silence(0.3)
        script.tell(e.Pressed(script.at, key))
    script.silence(2.5)
    (take,) = (action for _, action in script.done if isinstance(action, e.FinalWords))
    assert (take.text, take.how) == (answer, "keypad")


def test_a_key_silences_us() -> None:
    script = asked()
    script.reply("One.", "Two.", question="choice")
    assert script.tell(e.Pressed(script.at, "2")) == [
        e.Clear(), e.PlaybackReport("m1", (), ("One.", "Two.")), e.FinalWords("2", "keypad")
    ]  # fmt: skip


def test_a_carrier_that_hears_and_speaks_for_itself() -> None:
    script = asked()
    script.reply("These are free.", "Tuesday at nine.", "Which one?", ref="m3")
    script.tell(e.Interrupted(1.0, "These are free. Tuesd"))
    script.tell(e.Said(1.5, "uh-huh"))
    assert [speak.sentence.text for speak in script.spoken()[-2:]] == ["Tuesday at nine.", "Which one?"]
    script.tell(e.Interrupted(3.0, "Tuesday at"))
    assert final_words(script.tell(e.Said(4.0, "The first one."))) == ["The first one."]
    told = [action for _, action in script.done if isinstance(action, e.PlaybackReport)][-1]
    assert told == e.PlaybackReport("m3", ("These are free.",), ("Tuesday at nine.", "Which one?"))


def test_an_interruption_that_nothing_follows_is_got_over() -> None:
    script = asked()
    script.reply("One.", "Two.")
    script.tell(e.Interrupted(1.0, "One."))
    assert script.tell(e.Tick(2.0)) == []
    assert [action.sentence.text for action in script.tell(e.Tick(4.0)) if isinstance(action, e.Speak)] == ["Two."]


def test_a_replay_gives_the_same_actions() -> None:
    script = asked()
    script.reply("One.", "Two.")
    script.says("mm-hm", seconds=0.3, then=1.0)
    script.says("no the other one", then=1.0)
    again = TurnTaking()
    assert [action for event in script.events for action in again.on(event)] == [action for _, action in script.done]


def test_whatever_happens_it_neither_fails_nor_grows() -> None:
    """Any order of events, also an impossible one: no exception, and nothing said for ever."""
    rng = random.Random(7)
    machine = TurnTaking(Manners(nudge_s=3.0))
    at, considered, spoken = 0.0, [0], [0]
    for _ in range(20_000):
        at += 0.032
        event = rng.choice(_anything(rng, at, considered[-3:], spoken[-3:]))
        for action in machine.on(event):
            if isinstance(action, e.Consider):
                considered.append(action.number)
                assert action.end_s > action.start_s >= 0
            elif isinstance(action, e.Speak):
                spoken.append(action.number)
        if len(machine._saying) > 200:
            for saying in list(machine._saying):
                machine.on(e.Played(at, saying.number))
    assert len(spoken) > 100 and len(considered) > 10


def _anything(rng: random.Random, at: float, considered: list[int], spoken: list[int]) -> list[e.Event]:
    said = rng.choice(["", "um", "yes", "I want and", "no stop"])
    sentences = (e.Sentence("One."), e.Sentence("Two.", rng.random() > 0.1))
    return [
        e.Voice(at, rng.random()), e.Voice(at, 0.01), e.Tick(at), e.Recognized(at, rng.choice(considered), said),
        e.Judged(at, considered[-1], rng.random()), e.Played(at, rng.choice(spoken)), e.Said(at, said),
        e.Pressed(at, rng.choice("0123456789*#")), e.Interrupted(at, rng.choice(["", "One", "One. Two."])),
        e.Reply(at, sentences, "yes_no", ref="x"),
    ]  # fmt: skip
