"""The two screens of a message, before anything else: rules, and likeness to phrases of emergencies. Where both agree,
or the rules or a great likeness say so, it is an emergency; where only a lesser likeness says so, it is suspected. A
rule's words in a message that is far more like harmless ones (the news, a joke, long ago) do not count: FAR says how
far, and docs/adr/0020-likeness.md what that costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from agents.screen.likeness import likeness
from agents.screen.red_flags import RedFlag, label_of, red_flags
from rag.embedding.shared import Embeddings

FAR = 4.0  # log odds below what is suspected
# Log odds below what is suspected by pieces of words alone, from which the vector is not asked for. Of 603 emergencies
# of four sets that likeness finds none is further below than 2.6; so far below are nearly nine in ten of what patients
# write in the middle of a conversation, and two in three of what they begin with.
CLEAR = 5.0
LONG = 7  # words: what is shorter ("i have chest pain") tells no story that likeness could know better
ANSWERED = 3.0  # log odds above what is suspected, from which even an answer to what was asked is
Level = Literal["none", "suspected", "emergency"]


@dataclass(frozen=True, slots=True)
class Screened:
    """What a message was found to be, and the signs of it. `by`: which screens saw it."""

    level: Level = "none"
    flags: tuple[RedFlag, ...] = ()
    by: tuple[Literal["rules", "likeness"], ...] = ()
    margin: float = 0.0  # log odds above what is suspected

    def in_an_answer(self) -> Screened:
        """The same of a message that gives what was asked for: there a slight likeness counts for nothing, and where
        only likeness sees an emergency it is asked about."""
        if self.level == "suspected" and self.margin < ANSWERED:
            return NOTHING
        return replace(self, level="suspected") if self.by == ("likeness",) else self


NOTHING = Screened()


class Screens:
    """Without an embedder, likeness goes by pieces of words alone."""

    def __init__(self, embeddings: Embeddings | None = None) -> None:
        self._embeddings = embeddings

    def look(self, text: str) -> Screened:
        """What is in a message."""
        if not any(char.isalpha() for char in text):
            return NOTHING
        flags = red_flags(text)
        like = likeness(text, None)
        if self._embeddings is not None and (flags or like.margin >= -CLEAR):
            like = likeness(text, self._embeddings.of(text))
        if flags and (like.margin >= -FAR or len(text.split()) < LONG):
            return Screened("emergency", flags, ("rules", "likeness") if like.margin >= 0 else ("rules",))
        if like.margin < 0:
            return NOTHING
        alike = RedFlag(like.code, label_of(like.code), text)
        return Screened("emergency" if like.sure else "suspected", (alike,), ("likeness",), like.margin)

    def urgent(self, text: str) -> bool:
        """Whether a message goes before all others."""
        return self.look(text).level != "none"
