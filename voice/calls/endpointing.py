"""How long a caller's silence must last before their words are taken as final.

The wait starts from the question's patience, and is moved by two opinions where they came in time: the turn model's (a
probability from the sound) and the words' own. Patients pause longer than customers do (PriMock57: pauses inside a
patient's turn have a median of 2.0 s), so that what is plainly unfinished is given up to three seconds. The turn model
only lengthens the wait: on narrow sound it calls most pauses between sentences finished (`evals.endpointing`: 85%).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from voice.calls.events import Question
from voice.calls.meaning import wholeness


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of silence, by question, and the bounds."""

    by_question: dict[Question, float] = field(
        default_factory=lambda: {
            "yes_no": 0.5, "choice": 0.7, "free": 0.7, "none": 0.7, "digits": 1.5, "date": 1.5, "spelling": 1.8,
        }
    )  # fmt: skip
    shortest_s: float = 0.35
    longest_s: float = 3.0
    unfinished_at: float = 0.5  # the turn model's probability under which the caller goes on
    longer_s: float = 0.8
    by_number: frozenset[Question] = frozenset({"digits", "date", "spelling"})

    def wait_s(self, question: Question, *, text: str | None, finished: float | None) -> float:
        """The silence that ends the turn. `text`: the words so far, None while they are not known; `finished`: the turn
        model's probability, None while it is not known."""
        base = self.by_question[question]
        said = wholeness(text, question) if text else "unknown"
        if said == "whole":
            return (
                self.shortest_s
                if question in self.by_number or question == "yes_no"
                else max(base - 0.3, self.shortest_s)
            )
        if said == "open":
            return min(max(base + self.longer_s, 1.5), self.longest_s)
        if finished is None or question in self.by_number:  # a number's groups each sound finished
            return base
        if finished <= self.unfinished_at:
            return min(base + self.longer_s, self.longest_s)
        return base
