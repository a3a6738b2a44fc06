"""Who speaks when, on one call: a pure state machine over timestamped events. No clock, no sound, no network in it, so
that a recorded list of events gives the same actions again.

    listening   it is the caller's turn
    thinking    the caller's words are with the turn
    speaking    we speak
    paused      the caller spoke while we did: we are silent, and wait to learn whether that was meant for us

The caller's first word silences us at once; what it was is found out afterwards. Where it was only "mm-hm", a cough or
no words at all, we go on from the first sentence that had not been heard to its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from voice.calls import events
from voice.calls.endpointing import Patience
from voice.calls.events import Action, Event, Question, Sentence
from voice.calls.keypad import Keypad
from voice.calls.meaning import only_filler, only_listening

Mode = Literal["listening", "thinking", "speaking", "paused"]


@dataclass(frozen=True, slots=True)
class Manners:
    """Thresholds in probabilities and seconds."""

    patience: Patience = field(default_factory=Patience)
    speech_at: float = 0.5  # a frame counts as speech, while we are silent
    over_us_at: float = 0.6  # ... and while we speak: our own echo is in the line
    frame_s: float = 0.032
    begin_s: float = 0.06  # so much speech begins an utterance
    barge_in_s: float = 0.12  # so much speech silences us
    gap_s: float = 0.1  # a shorter gap does not end a run of speech
    before_s: float = 0.35  # audio before the first speech that goes to the recogniser
    consider_s: float = 0.2  # after so much silence the words are looked at
    longest_s: float = 30.0  # an utterance is cut here: the recogniser's window
    words_wait_s: float = 4.0  # so long the recogniser's words are waited for
    resume_s: float = 2.5  # after an interruption that nothing follows we go on
    nudge_s: float = 8.0  # silence before "are you still there?"
    nudges: int = 2
    moment_s: float = 4.0  # a turn that takes longer is told about


@dataclass(slots=True)
class _Utterance:
    """What the caller is saying."""

    start: float
    last: float  # end of the newest speech
    voiced_s: float = 0.0
    over_us: bool = False
    number: int | None = None  # under which it is being considered
    considered_at: float = 0.0
    text: str | None = None
    finished: float | None = None


@dataclass(slots=True)
class _Saying:
    """A sentence that is on its way to the caller's ear."""

    number: int
    sentence: Sentence
    ref: str | None
    last: bool  # of its reply


class TurnTaking:
    """The machine. Feed it every event in order (`on`), and do the actions in order."""

    def __init__(self, manners: Manners | None = None) -> None:
        self.manners = manners or Manners()
        self.mode: Mode = "listening"
        self.question: Question = "none"
        self.keypad = Keypad()
        self._out: list[Action] = []
        self._utterance: _Utterance | None = None
        self._run_start: float | None = None  # of speech that is not yet an utterance
        self._run_last = 0.0
        self._cut: int | None = None  # under which the first part of a very long utterance is being recognised
        self._saying: list[_Saying] = []  # not heard yet, in order
        self._played_texts: dict[str | None, list[str]] = {}
        self._held: list[events.Reply] = []  # replies that wait for the caller to finish
        self._numbers = 0
        self._turns = 0  # that have not answered
        self._quiet_since = 0.0
        self._turn_since = 0.0
        self._told_to_wait = False
        self._nudged = 0
        self._over = False

    @property
    def nothing_to_say(self) -> bool:
        """Nothing is being said and nothing waits to be."""
        return not self._saying and not self._held

    def on(self, event: Event) -> list[Action]:
        """What is to be done, in order."""
        self._out = []
        match event:
            case events.Voice():
                self._voice(event)
                self._time(event.at)
            case events.Recognized():
                self._words(event)
                self._time(event.at)
            case events.Judged():
                if self._utterance is not None and self._utterance.number == event.number:
                    self._utterance.finished = event.finished
            case events.Said():
                self._said(event)
            case events.Interrupted():
                self._interrupted(event)
            case events.Played():
                self._played(event)
            case events.Pressed():
                self._pressed(event)
            case events.Reply():
                self._reply(event)
            case events.Tick():
                self._time(event.at)
        return self._out

    # --- the caller's voice

    def _voice(self, event: events.Voice) -> None:
        manners = self.manners
        over_us = self.mode == "speaking"
        if event.probability < (manners.over_us_at if over_us else manners.speech_at):
            if self._run_start is not None and event.at - self._run_last > manners.gap_s:
                self._run_start = None
            return
        if self._run_start is None:
            self._run_start = event.at - manners.frame_s
        self._run_last = event.at
        length = event.at - self._run_start
        utterance = self._utterance
        if utterance is None and length >= manners.begin_s:
            utterance = self._utterance = _Utterance(self._run_start - manners.before_s, event.at, over_us=over_us)
        if utterance is not None:
            utterance.last = event.at
            utterance.voiced_s += manners.frame_s
            if utterance.number is not None:  # it goes on: what was found is of a part only
                utterance.number, utterance.text, utterance.finished = None, None, None
            if over_us and length >= manners.barge_in_s and self._may_interrupt():
                self._fall_silent(event.at)

    def _may_interrupt(self) -> bool:
        return bool(self._saying) and all(saying.sentence.interruptible for saying in self._saying)

    def _fall_silent(self, at: float) -> None:
        self._out.append(events.Clear())
        self.mode, self._quiet_since = "paused", at

    def _time(self, at: float) -> None:
        """What is due because time has passed."""
        if self._over:
            return
        if self._utterance is not None:
            self._silence(self._utterance, at)
            return
        keys = self.keypad.pause(at, self.question)
        if keys is not None:
            self._take(keys, "keypad", at)
        elif self.mode == "listening" and not self.keypad.keys:
            self._nudge(at)
        elif self.mode == "thinking":
            self._moment(at)
        elif self.mode == "paused" and not self.keypad.keys and at - self._quiet_since >= self.manners.resume_s:
            self._go_on(at)

    def _moment(self, at: float) -> None:
        if not self._told_to_wait and not self._saying and at - self._turn_since >= self.manners.moment_s:
            self._told_to_wait = True
            self._out.append(events.Ask("one_moment"))

    def _silence(self, utterance: _Utterance, at: float) -> None:
        manners, silent = self.manners, at - utterance.last
        if utterance.number is None:
            if silent >= manners.consider_s - 1e-6:
                self._consider(utterance, at)
            elif at - utterance.start >= manners.longest_s:
                self._consider(utterance, at)
                self._cut, self._utterance = utterance.number, _Utterance(at, at, over_us=utterance.over_us)
            return
        if utterance.text is None:
            if at - utterance.considered_at >= manners.words_wait_s:
                self._no_words(utterance, at)
            return
        wait = manners.patience.wait_s(self.question, text=utterance.text, finished=utterance.finished)
        if silent >= wait - 1e-6:
            self._end(utterance, at)

    def _consider(self, utterance: _Utterance, at: float) -> None:
        self._numbers += 1
        utterance.number, utterance.considered_at = self._numbers, at
        self._out.append(events.Consider(self._numbers, max(utterance.start, 0.0), at, self.question))

    def _words(self, event: events.Recognized) -> None:
        if self._utterance is not None and self._utterance.number == event.number:
            self._utterance.text = event.text.strip()
        elif self._cut == event.number:
            self._cut = None
            if event.text.strip():
                self._take(event.text.strip(), "speech", event.at)

    def _end(self, utterance: _Utterance, at: float) -> None:
        """The caller has stopped: what was said is taken, or it was not meant for us."""
        text = utterance.text or ""
        if not text or (only_filler(text) and self.question != "yes_no"):
            self._no_words(utterance, at)
        elif self.mode in ("paused", "speaking") and utterance.over_us and self._is_listening(text):
            self._utterance = None
            self._go_on(at)
        else:
            self._utterance = None
            self._take(text, "speech", at)

    def _is_listening(self, text: str) -> bool:
        """Whether "yeah" says that the caller listens. Once our last sentence asks for a yes, it is the answer."""
        asking = bool(self._saying) and self._saying[0].last and self.question == "yes_no"
        return only_listening(text) and not asking

    def _no_words(self, utterance: _Utterance, at: float) -> None:
        self._utterance = None
        if self.mode == "paused":
            self._go_on(at)
        elif self.mode == "listening" and utterance.voiced_s >= 0.8:
            self._out.append(events.Ask("not_heard"))
            self._quiet_since = at
        self._let_in(at)

    def _take(self, text: str, how: events.How, at: float) -> None:
        self._give_up_saying()
        self._turns += 1
        self._nudged = 0
        self.mode, self._turn_since, self._told_to_wait = "thinking", at, False
        self._out.append(events.FinalWords(text, how))
        self._let_in(at)

    # --- our voice

    def _reply(self, event: events.Reply) -> None:
        if event.answers:
            self._turns = max(self._turns - 1, 0)
        urgent = any(not sentence.interruptible for sentence in event.sentences)
        if not event.sentences:
            if self._turns == 0 and self.mode == "thinking":
                self.mode, self._quiet_since = "listening", event.at
            return
        if self.mode == "paused" and urgent:
            self._give_up_saying()
        elif not urgent and (self._utterance is not None or self.mode == "paused"):
            self._held.append(event)
            return
        self._say(event)

    def _say(self, event: events.Reply) -> None:
        self.question = event.question
        self.mode = "speaking"
        count = len(event.sentences)
        for place, sentence in enumerate(event.sentences, 1):
            self._numbers += 1
            self._saying.append(_Saying(self._numbers, sentence, event.ref, place == count))
            self._out.append(events.Speak(self._numbers, sentence))
        if event.ref is not None:
            self._played_texts.setdefault(event.ref, [])

    def _let_in(self, at: float) -> None:
        """Say what waited for the caller to finish."""
        held, self._held = self._held, []
        for reply in held:
            self._say(reply)

    def _played(self, event: events.Played) -> None:
        if self.mode == "paused" or not self._saying or event.number not in [one.number for one in self._saying]:
            return  # a clear gives the marks of what was dropped back too
        while self._saying:
            saying = self._saying.pop(0)
            self._played_texts.setdefault(saying.ref, []).append(saying.sentence.text)
            if saying.last:
                self._out.append(events.PlaybackReport(saying.ref, tuple(self._played_texts.pop(saying.ref)), ()))
            if saying.number == event.number:
                break
        if not self._saying:
            self.mode = "thinking" if self._turns else "listening"
            self._quiet_since = self._turn_since = event.at

    def _go_on(self, at: float) -> None:
        """Nothing was meant for us: say again what had not been heard to its end."""
        if self.mode != "paused":
            return
        again, self._saying = self._saying, []
        self.mode = "speaking" if again else "listening"
        self._quiet_since = at
        for saying in again:
            self._numbers += 1
            self._saying.append(_Saying(self._numbers, saying.sentence, saying.ref, saying.last))
            self._out.append(events.Speak(self._numbers, saying.sentence))
        self._let_in(at)

    def _give_up_saying(self) -> None:
        """The caller has taken the turn: what is not said yet will not be. What must be said stays."""
        if any(not saying.sentence.interruptible for saying in self._saying):
            return
        unplayed: dict[str | None, list[str]] = {}
        for saying in self._saying:
            unplayed.setdefault(saying.ref, []).append(saying.sentence.text)
        if self._saying and self.mode == "speaking":
            self._out.append(events.Clear())
        self._saying = []
        for ref, texts in unplayed.items():
            self._out.append(events.PlaybackReport(ref, tuple(self._played_texts.pop(ref, [])), tuple(texts)))

    # --- a carrier that hears and speaks for itself

    def _interrupted(self, event: events.Interrupted) -> None:
        if self.mode != "speaking" or not self._may_interrupt():
            return
        left = _letters(event.played)
        while self._saying and _letters(self._saying[0].sentence.text) in left:
            saying = self._saying.pop(0)
            left = left.split(_letters(saying.sentence.text), 1)[1]
            self._played_texts.setdefault(saying.ref, []).append(saying.sentence.text)
        self.mode = "paused"
        self._quiet_since = event.at

    def _said(self, event: events.Said) -> None:
        text = event.text.strip()
        if self.mode == "paused" and (only_filler(text) or self._is_listening(text)):
            self._go_on(event.at)
        elif text and not (only_filler(text) and self.question != "yes_no"):
            self._take(text, "speech", event.at)

    # --- keys, and silence

    def _pressed(self, event: events.Pressed) -> None:
        if self.mode == "speaking" and self._may_interrupt():
            self._fall_silent(event.at)
        answer = self.keypad.press(event.digit, event.at, self.question)
        if answer is not None:
            self._answer_by_keys(answer, event.at)

    def _answer_by_keys(self, answer: str, at: float) -> None:
        self._utterance = None
        self._take(answer, "keypad", at)

    def _nudge(self, at: float) -> None:
        if at - self._quiet_since < self.manners.nudge_s:
            return
        self._quiet_since = at
        self._nudged += 1
        if self._nudged > self.manners.nudges:
            self._over = True
            self._out.append(events.Finish())
        else:
            self._out.append(events.Ask("still_there" if self._nudged == 1 else "still_there_keys"))


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())
