"""Telling the turn-taking machine what happens on a call, in lists that can be replayed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from voice.calls import events as e
from voice.calls.events import Action, Event, Sentence
from voice.calls.turn_taking import Manners, TurnTaking

FRAME_S = 0.032


@dataclass
class Script:
    """A call's clock, its machine, and everything that was done with the time of it."""

    manners: Manners = field(default_factory=Manners)
    at: float = 0.0
    done: list[tuple[float, Action]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.machine = TurnTaking(self.manners)

    def tell(self, event: Event) -> list[Action]:
        self.events.append(event)
        actions = self.machine.on(event)
        self.done += [(event.at, action) for action in actions]
        return actions

    def _frames(self, seconds: float, probability: float) -> list[Action]:
        actions = []
        for _ in range(round(seconds / FRAME_S)):
            self.at = round(self.at + FRAME_S, 3)
            actions += self.tell(e.Voice(self.at, probability))
        return actions

    def speech(self, seconds: float) -> list[Action]:
        return self._frames(seconds, 0.95)

    def silence(self, seconds: float) -> list[Action]:
        return self._frames(seconds, 0.02)

    def says(
        self, text: str, *, seconds: float = 1.0, finished: float | None = None, then: float = 0.2
    ) -> list[Action]:
        """Speech and a pause, at which the recogniser gives the words at once."""
        self.speech(seconds)
        actions = self.silence(0.25)
        considered = [action for action in actions if isinstance(action, e.Consider)]
        assert considered, "nothing was to be considered"
        if finished is not None:
            actions += self.tell(e.Judged(self.at, considered[-1].number, finished))
        actions += self.tell(e.Recognized(self.at, considered[-1].number, text))
        return actions + self.silence(then)

    def reply(
        self, *texts: str, question: e.Question = "free", ref: str | None = "m1", must: bool = False
    ) -> list[Action]:
        sentences = tuple(Sentence(text, interruptible=not must) for text in texts)
        return self.tell(e.Reply(self.at, sentences, question, ref=ref, answers=True))

    def play(self, *numbers: int) -> list[Action]:
        return [action for number in numbers for action in self.tell(e.Played(self.at, number))]

    def spoken(self) -> list[e.Speak]:
        return [action for _, action in self.done if isinstance(action, e.Speak)]

    def when(self, kind: type[Action]) -> list[float]:
        return [at for at, action in self.done if isinstance(action, kind)]


def final_words(actions: Iterable[Action]) -> list[str]:
    return [action.text for action in actions if isinstance(action, e.FinalWords)]
