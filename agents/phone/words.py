"""What a call understands by itself, outside of turns: consent to recording, its withdrawal, and "stop"; and how
answers become sentences that can be said."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from agents.phrases import all_phrases
from agents.understanding.resolve.confirmation import is_plain_yes
from agents.understanding.resolve.spelling import plain
from lexicon import beside
from tools.conversations.texts import LANGUAGES
from voice.calls.events import Question, Sentence
from voice.recognition.engine import Expect
from voice.speech.saying import sayable
from voice.speech.sentences import sentences

_WORDS = beside(__file__)
_NO = re.compile(
    r"(?:no|nope|nah|not|never|please|thanks|thank you|sorry|i|do not|don't|dont|want|agree|consent|record|recording|"
    r"it|this|the call|call|me|rather|would|prefer|nahi|nahin|mat|karo|kijiye|ji|na)(?: |$)"
)
_REFUSAL = re.compile(r"\b(?:no|nope|nah|not|never|don't|dont|nahi|nahin|mat|na)\b|नहीं|मत|ना\b")
_RECORDING = re.compile(r"\brecord(?:ing)?\b|रिकॉर्ड|रिकार्ड")
_ENDING = re.compile(
    r"\b(?:stop|end|don't|dont|do not|no|turn off|switch off|quit|band|bandh|roko|rok|mat)\b|बंद|रोक|मत"
)
_STOP = re.compile(
    r"(?:please )?(?:stop|be quiet|quiet|wait|hold on|stop talking|stop it|stop please|ruko|bas|chup)[.! ]*"
)
# What each thing that a turn asks for is, as a question on the phone.
_ASKED: dict[str | None, Question] = {"confirm": "yes_no", "choice": "choice", "birth_date": "date"}
_YES_NO = tuple(_WORDS.texts("yes_no"))
_CHOICES = tuple(_WORDS.texts("choices"))


def consent_in(text: str) -> Literal["granted", "refused"] | None:
    """A clear yes or a clear no to being recorded; None where the words are neither."""
    if is_plain_yes(text):
        return "granted"
    said = " ".join(plain(text).text.replace(",", " ").replace(".", " ").replace("!", " ").split())
    if not _REFUSAL.search(said) and not _REFUSAL.search(text):
        return None
    left = _NO.sub("", said + " ").strip()
    return "refused" if not left or not re.search(r"\w", _REFUSAL.sub("", left)) else None


def ends_recording(text: str) -> bool:
    """Whether the caller wants no recording any more: a short sentence about just that."""
    return len(text) <= 80 and bool(_RECORDING.search(text.lower()) and _ENDING.search(text.lower()))


def only_stop(text: str) -> bool:
    """ "Stop" on the phone means us, and not the messages that STOP ends on WhatsApp."""
    return bool(_STOP.fullmatch(text.lower().strip()))


def question_of(awaiting: str | None) -> Question:
    """What kind of answer the turn waits for."""
    return _ASKED.get(awaiting, "free")


def expected(question: Question) -> Expect | None:
    """The closed set that a recogniser may listen for, in English."""
    if question == "yes_no":
        return Expect(phrases=_YES_NO)
    if question == "choice":
        return Expect(phrases=_CHOICES)
    return Expect(digits=True) if question == "digits" else None


def to_say(text: str, language: str, *, must: bool = False) -> tuple[Sentence, ...]:
    """The sentences of an answer. `must`: they are said to their end."""
    return tuple(Sentence(piece, interruptible=not must) for piece in sentences(sayable(text, language)))


@cache
def fixed_sentences() -> frozenset[str]:
    """Every sentence of the house's own that names nobody."""
    found: set[str] = set()
    for language in LANGUAGES:
        for text in all_phrases(language).values():
            if "{" not in text:
                found.update(sentences(sayable(text, language)))
    return frozenset(found)
