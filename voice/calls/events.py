"""What the turn-taking of a call is told, and what it wants done. Times are seconds of the call's own clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Question = Literal["free", "yes_no", "choice", "digits", "date", "spelling", "none"]
How = Literal["speech", "keypad"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sayable sentence. What is not `interruptible` is said to its end."""

    text: str
    interruptible: bool = True


# --- what happens ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Voice:
    """The probability of speech in the caller's last 32 ms of audio."""

    at: float
    probability: float


@dataclass(frozen=True, slots=True)
class Recognized:
    """The recogniser's words for what was to be considered under that number; empty: no words."""

    at: float
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """The turn model's probability that the caller has finished."""

    at: float
    number: int
    finished: float


@dataclass(frozen=True, slots=True)
class Said:
    """Final words, from a carrier that hears for itself."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A carrier that speaks for itself was interrupted: what had been heard until then."""

    at: float
    played: str


@dataclass(frozen=True, slots=True)
class Played:
    """The caller has heard the sentence of that number."""

    at: float
    number: int


@dataclass(frozen=True, slots=True)
class Pressed:
    at: float
    digit: str


@dataclass(frozen=True, slots=True)
class Reply:
    """Something to say, and what is asked with it. `ref` names the message it is; `answers`: it is a turn's answer."""

    at: float
    sentences: tuple[Sentence, ...]
    question: Question = "free"
    ref: str | None = None
    answers: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passes."""

    at: float


Event = Voice | Recognized | Judged | Said | Interrupted | Played | Pressed | Reply | Tick


# --- what is to be done ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Speak:
    """Say a sentence after those before it; tell when it has been heard, by its number."""

    number: int
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Clear:
    """Be silent at once: drop what is being said and what waits."""


@dataclass(frozen=True, slots=True)
class Consider:
    """Recognise the caller's words between two times, and judge whether they are finished. Only the newest counts."""

    number: int
    start_s: float
    end_s: float
    question: Question


@dataclass(frozen=True, slots=True)
class FinalWords:
    """The caller's words are final: they go to the turn."""

    text: str
    how: How


@dataclass(frozen=True, slots=True)
class PlaybackReport:
    """What of an answer the caller has heard, and what not."""

    ref: str | None
    played: tuple[str, ...]
    unplayed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Say a phrase of the house by its name: still_there, still_there_keys, not_heard, one_moment."""

    phrase: Literal["still_there", "still_there_keys", "not_heard", "one_moment"]


@dataclass(frozen=True, slots=True)
class Finish:
    """Nobody is there any more: say goodbye and end the call."""


Action = Speak | Clear | Consider | FinalWords | PlaybackReport | Ask | Finish
