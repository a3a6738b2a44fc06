"""Keys of a phone as an answer: digits until # or a pause, equal to speech."""

from __future__ import annotations

from dataclasses import dataclass

from voice.calls.events import Question

MAX_KEYS = 20
PERSON = "agent"  # the word that asks for a person in every channel
_AT_ONCE: frozenset[Question] = frozenset({"yes_no", "choice"})  # one key answers
_MANY: frozenset[Question] = frozenset({"digits", "date"})


@dataclass(slots=True)
class Keypad:
    """Collects keys. 0 alone asks for a person; * begins again."""

    pause_s: float = 2.0
    keys: str = ""
    at: float = 0.0

    def press(self, digit: str, at: float, question: Question) -> str | None:
        """One key. The answer, where it is whole with it; PERSON for the key that asks for one."""
        self.at = at
        if digit == "*":
            self.keys = ""
            return None
        if digit == "#":
            return self._answer(question)
        self.keys = (self.keys + digit)[-MAX_KEYS:]
        if question not in _MANY and self.keys == "0":
            return self._answer(question)
        if question in _AT_ONCE and len(self.keys) == 1:
            return self._answer(question)
        return self._answer(question) if question == "date" and len(self.keys) == 8 else None

    def pause(self, at: float, question: Question) -> str | None:
        """The answer, where the caller has stopped pressing."""
        return self._answer(question) if self.keys and at - self.at >= self.pause_s else None

    def _answer(self, question: Question) -> str | None:
        keys, self.keys = self.keys, ""
        if not keys:
            return None
        if keys == "0":
            return PERSON
        if question == "yes_no":
            return {"1": "yes", "2": "no"}.get(keys, keys)
        if question == "date" and len(keys) == 8:
            return f"{keys[:2]}/{keys[2:4]}/{keys[4:]}"
        return keys
