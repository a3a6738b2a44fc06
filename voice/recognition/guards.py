"""What keeps words that nobody said out of a transcript.

A recogniser is asked only about sound with speech in it (`evidence`), and what it says is then judged by its own
figures and by its form. What is dropped is counted under: silence, no_speech, tones, improbable, looped,
impossible_rate, hot_words, silence_phrase, not_words, language.
"""

from __future__ import annotations

import re
import zlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from voice.audio import Piece
from voice.recognition.engine import Expect, Recognised, Segment
from voice.recognition.evidence import Evidence, weigh

COMPRESSED = 2.4  # text that packs better than this repeats itself (openai/whisper)
_IMPROBABLE, _VERY_IMPROBABLE, _NO_SPEECH = -1.0, -2.0, 0.6
_FASTEST_WORDS, _FASTEST_LETTERS = 8.0, 40.0  # a second of a piece; auctioneers reach 6 words
_FASTEST_DOUBTFUL = 12.0  # words a second of a segment; the times of words within a piece are less sure
_LONG_S, _SLOWEST_PHRASE = 2.5, 0.8  # seconds of speech, and words in each, that are more than a thank-you takes
_FAINT, _WEAK = 0.6, 0.8  # strongest evidence
_DOUBTFUL = 0.5
_WORD = re.compile(r"[^\s.,;:!?…।|\"“”()\[\]♪♫*\-]+")
_NOT_SAID = re.compile(r"^\s*(?:\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|[♪♫\s.…,!?-])*\s*$")

# What Whisper says of silence: subtitles' ends, in the languages of our wards.
_SILENCE_PHRASES = frozenset(
    {
        "thank you", "thank you very much", "thank you so much", "thanks", "thank you for watching",
        "thanks for watching",
        "thank you for your watching", "please subscribe", "subscribe", "like and subscribe", "see you next time",
        "see you in the next video", "bye", "bye bye", "goodbye", "you", "the end", "no thank you", "no", "okay", "so",
        "i'll see you next time", "subtitles by the amara org community", "transcription by castingwords", "i'm sorry",
        "धन्यवाद", "शुक्रिया", "सब्सक्राइब करें", "gracias", "merci", "vielen dank", "danke",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guess:
    """A segment as a recogniser gives it. `logprob`: mean log-probability of its tokens; `no_speech`: probability that
    it is none; both None where the recogniser has no such figure."""

    segment: Segment
    logprob: float | None = None
    no_speech: float | None = None
    unsure_of_language: bool = False


class Guarded(ABC):
    """A recogniser behind the guards. A subclass only hears; an instance may be used from several threads."""

    @abstractmethod
    def _recognise_pieces(
        self, pieces: Sequence[Piece], *, language: str | None, hot_words: Sequence[str], expect: Expect | None
    ) -> list[list[Guess]]:
        """The guesses for each piece; each piece has at most 30 s."""

    def _understands(self, language: str | None) -> bool:
        return True

    def recognise(
        self,
        pieces: Sequence[Piece],
        *,
        language: str | None,
        hot_words: Sequence[str] = (),
        expect: Expect | None = None,
    ) -> Recognised:
        """See `Engine.recognise`."""
        kept = Recognised(([] for _ in pieces), dropped=Counter())
        evidence, against = sift(pieces)
        kept.dropped.update(reason for reason in against if reason)
        asked = [number for number, reason in enumerate(against) if reason is None]
        if asked and not self._understands(language):
            kept.dropped["language"] += len(asked)
            return kept
        if not asked:
            return kept
        guesses = self._recognise_pieces(
            [pieces[number] for number in asked], language=language, hot_words=hot_words, expect=expect
        )
        for number, made in zip(asked, guesses, strict=True):
            segments, dropped = judge(made, evidence[number], pieces[number], hot_words=hot_words)
            kept[number] = segments
            kept.dropped += dropped
        return kept


def sift(pieces: Sequence[Piece]) -> tuple[list[Evidence], list[str | None]]:
    """The evidence of each piece, and why there are no words in it. Among music, what is like it is taken for music."""
    evidence = [weigh(piece.samples) for piece in pieces]
    against = [item.against() for item in evidence]
    tones_s = sum(piece.duration_s for piece, reason in zip(pieces, against, strict=True) if reason == "tones")
    if tones_s > sum(piece.duration_s for piece in pieces) / 2:
        against = [reason or item.against(among_tones=True) for item, reason in zip(evidence, against, strict=True)]
    return evidence, against


def judge(
    guesses: Sequence[Guess], evidence: Evidence, piece: Piece, *, hot_words: Sequence[str]
) -> tuple[list[Segment], Counter[str]]:
    """Which guesses about a piece stay, with their flags; the others counted by reason."""
    said = [_words(guess.segment.text) for guess in guesses]
    if _too_many([word for words in said for word in words], piece.duration_s):
        return [], Counter({"impossible_rate": len(guesses)})
    looped = loops(said)
    kept: list[Segment] = []
    dropped = Counter[str]()
    for guess, in_loop in zip(guesses, looped, strict=True):
        reason = "looped" if in_loop else why_not(guess, evidence, hot_words=hot_words, alone=len(guesses) == 1)
        if reason:
            dropped[reason] += 1
        else:
            kept.append(_flagged(guess, hot_words))
    return kept, dropped


def why_not(guess: Guess, evidence: Evidence, *, hot_words: Sequence[str], alone: bool) -> str | None:
    """Why a guess was not said, or None. `alone`: it is all that its piece is said to hold."""
    segment, words = guess.segment, _words(guess.segment.text)
    if not words or _NOT_SAID.match(segment.text):
        return "not_words"
    if compression(segment.text) > COMPRESSED:
        return "looped"
    lasts_s = max(segment.end_s - segment.start_s, 0.2)
    if segment.confidence < _DOUBTFUL and len(words) >= 3 and len(words) / lasts_s > _FASTEST_DOUBTFUL:
        return "impossible_rate"
    if _echoes(words, hot_words, weak=evidence.strongest < _WEAK):
        return "hot_words"
    if " ".join(words) in _SILENCE_PHRASES and (evidence.strongest < _FAINT or (alone and _too_few(words, evidence))):
        return "silence_phrase"
    logprob, no_speech = guess.logprob, guess.no_speech
    if logprob is not None:
        silent = no_speech is not None and no_speech > _NO_SPEECH
        if logprob < _VERY_IMPROBABLE or (logprob < _IMPROBABLE and (silent or evidence.strongest < _FAINT)):
            return "improbable"
    return None


def compression(text: str) -> float:
    """How well a text packs: bytes before to bytes after."""
    raw = text.strip().encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def loops(segments: Sequence[Sequence[str]]) -> list[bool]:
    """For segments that follow each other, which of them are mostly a phrase said again and again: one word eight times
    running, two to twelve words four times."""
    said = [word for words in segments for word in words]
    inside = [False] * len(said)
    for length in range(1, 13):
        same = 0
        for at in range(length, len(said)):
            same = same + 1 if said[at] == said[at - length] else 0
            if same >= (7 if length == 1 else 3 * length) and not said[at].isdigit():
                inside[at - same - length + 1 : at + 1] = [True] * (same + length)
    found, at = [], 0
    for words in segments:
        share = inside[at : at + len(words)]
        found.append(bool(words) and sum(share) > len(words) / 2)
        at += len(words)
    return found


def _too_many(words: Sequence[str], length_s: float) -> bool:
    """Whether nobody can say the words in that time."""
    letters, seconds = sum(map(len, words)), max(length_s, 0.2)
    return len(words) >= 3 and (len(words) / seconds > _FASTEST_WORDS or letters / seconds > _FASTEST_LETTERS)


def _too_few(words: Sequence[str], evidence: Evidence) -> bool:
    """Whether the words leave most of the speech unexplained."""
    return evidence.speech_s > _LONG_S and len(words) / evidence.speech_s < _SLOWEST_PHRASE


def _echoes(words: Sequence[str], hot_words: Sequence[str], *, weak: bool) -> bool:
    """Whether a text only says the hot words again: all of three or more, or, where there is little speech, a run of
    them in their order."""
    listed = _split(tuple(hot_words))
    if not listed:
        return False
    names = [word for name in listed for word in name]
    if len(listed) >= 3 and _runs(words, names) and len(words) >= 0.8 * len(names):
        return True
    runs = [names[at : at + len(words)] for at in range(len(names) - len(words) + 1)]
    return weak and list(words) in runs


def _runs(words: Sequence[str], names: Sequence[str]) -> bool:
    joined, whole = " ".join(words), " ".join(names)
    return joined in whole or whole in joined


def _flagged(guess: Guess, hot_words: Sequence[str]) -> Segment:
    segment, flags = guess.segment, set(guess.segment.flags)
    if segment.confidence < _DOUBTFUL or (guess.logprob is not None and guess.logprob < _IMPROBABLE):
        flags.add("low_confidence")
    if guess.unsure_of_language:
        flags.add("uncertain_language")
    words = _words(segment.text)
    names = [word for name in _split(tuple(hot_words)) for word in name]
    if len(words) >= 3 and " ".join(words) in " ".join(names):
        flags.add("only_hot_words")
    return replace(segment, flags=frozenset(flags))


@cache
def _split(hot_words: tuple[str, ...]) -> list[list[str]]:
    return [words for name in hot_words if (words := _words(name))]


def _words(text: str) -> list[str]:
    found = (word.lower().replace("’", "'") for word in _WORD.findall(text))
    return [word for word in found if any(letter.isalnum() for letter in word)]
