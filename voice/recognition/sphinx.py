"""The recogniser that needs nothing but its wheel: pocketsphinx with its own English model.

It stands in where no Whisper is configured. With a closed set of answers (`Expect`) it is fast and good: an answer is
taken where it fits the sound about as well as any row of phones would; else, and without a closed set, it listens as to
free speech, where it gets a quarter to two thirds of the words wrong, and says so by the flag low_confidence.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from voice.activity import STEP_S, probabilities
from voice.audio import Piece, to_shorts
from voice.recognition.engine import Expect, Word
from voice.recognition.guards import Guarded, Guess
from voice.recognition.phrases import segments_of

_FRAME_S = 0.01
_LEAST_OF_SPEECH = 0.6  # an answer is not a few words found in long speech
_WORSE_A_FRAME = 3e-4  # log score by which the best answer may lie under the best row of phones
_DIGITS = ("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "double", "triple")
_NOT_A_WORD = re.compile(r"^[<\[+]|\(NULL\)")
_OTHER_READING = re.compile(r"\(\d+\)$")
_KEPT_GRAMMARS = 64


class Sphinx(Guarded):
    """English only. Decoders for free speech, for grammars and for phones, each made when it is first needed."""

    name = "pocketsphinx"
    model = "en-us"
    device = "cpu"
    compute_type = "float32"
    stand_in = True

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: Any = None
        self._phones: Any = None
        self._closed: Any = None
        self._grammars: list[str] = []

    def _understands(self, language: str | None) -> bool:
        return language is None or language.lower().split("-")[0] == "en"

    def _recognise_pieces(
        self, pieces: Sequence[Piece], *, language: str | None, hot_words: Sequence[str], expect: Expect | None
    ) -> list[list[Guess]]:
        with self._lock:  # a decoder is not for several threads
            return [self._expected(piece, expect) or self._free_speech(piece) for piece in pieces]

    def _expected(self, piece: Piece, expect: Expect | None) -> list[Guess]:
        """The answer, where it is one of those expected."""
        decoder = self._with_grammar(expect) if expect is not None else None
        if expect is None or decoder is None:
            return []
        decoded = _decode(decoder, piece)
        if not decoded.words or not _is_whole([word.text.strip() for word in decoded.words], expect):
            return []
        speech_s = STEP_S * float(np.sum(probabilities(piece.samples) > 0.5))
        if sum(word.end_s - word.start_s for word in decoded.words) < _LEAST_OF_SPEECH * speech_s:
            return []
        if self._phones is None:
            self._phones = _decoder(lm=None, allphone=_phone_model(), beam=1e-20, pbeam=1e-20, lw=2.0)
        if decoded.score < _decode(self._phones, piece).score - _WORSE_A_FRAME * decoded.frames:
            return []
        return [Guess(segment) for segment in segments_of(decoded.words, piece, language="en")]

    def _free_speech(self, piece: Piece) -> list[Guess]:
        if self._free is None:
            self._free = _decoder()
        segments = segments_of(_decode(self._free, piece).words, piece, language="en")
        return [Guess(replace(segment, flags=segment.flags | {"low_confidence"})) for segment in segments]

    def _with_grammar(self, expect: Expect) -> Any:
        """The decoder, set to a closed set; None where none of its phrases can be pronounced."""
        if self._closed is None:
            self._closed = _decoder(lm=None)
        grammar = grammar_of(expect, lambda word: self._closed.lookup_word(word) is not None)
        if grammar is None:
            return None
        if grammar not in self._grammars:
            if len(self._grammars) >= _KEPT_GRAMMARS:
                self._closed, self._grammars = _decoder(lm=None), []
            self._closed.add_jsgf_string(f"expected{len(self._grammars)}", grammar)
            self._grammars.append(grammar)
        self._closed.activate_search(f"expected{self._grammars.index(grammar)}")
        return self._closed


def grammar_of(expect: Expect, known: Callable[[str], bool]) -> str | None:
    """A JSGF grammar of what is expected; phrases with a word that is not `known` are left out."""
    said = dict.fromkeys(" ".join(re.findall(r"[a-z']+", phrase.lower())) for phrase in expect.phrases)
    choices = [phrase for phrase in said if phrase and all(known(word) for word in phrase.split())]
    if expect.digits:
        choices.append("<digit>+")
    if not choices:
        return None
    digits = " | ".join(_DIGITS)
    return f"#JSGF V1.0;\ngrammar expected;\n<digit> = {digits};\npublic <said> = {' | '.join(choices)};\n"


def _is_whole(words: Sequence[str], expect: Expect) -> bool:
    """Whether words are an answer to its end: a search can stop in the middle of a phrase."""
    if expect.digits and all(word in _DIGITS for word in words) and words[-1] not in ("double", "triple"):
        return True
    return " ".join(words) in {" ".join(re.findall(r"[a-z']+", phrase.lower())) for phrase in expect.phrases}


@dataclass(frozen=True, slots=True)
class _Decoded:
    words: list[Word]
    score: float  # logarithm, of the whole piece
    frames: int


def _decoder(**settings: Any) -> Any:
    import pocketsphinx

    return pocketsphinx.Decoder(pocketsphinx.Config(samprate=16000, loglevel="FATAL", cmn="batch", **settings))


def _phone_model() -> str:
    import pocketsphinx

    return str(Path(pocketsphinx.get_model_path()) / "en-us" / "en-us-phone.lm.bin")


def _decode(decoder: Any, piece: Piece) -> _Decoded:
    decoder.reinit_feat()  # forget the loudness and the noise of the sound before
    decoder.start_utt()
    decoder.process_raw(to_shorts(piece.samples).tobytes(), full_utt=True)
    decoder.end_utt()
    best = decoder.hyp()
    if best is None:
        return _Decoded([], -math.inf, decoder.n_frames())
    words = []
    for part in decoder.seg():
        if not _NOT_A_WORD.search(part.word):
            start = piece.start_s + part.start_frame * _FRAME_S
            end = piece.start_s + (part.end_frame + 1) * _FRAME_S
            words.append(Word(" " + _OTHER_READING.sub("", part.word), start, end, min(1.0, part.prob)))
    return _Decoded(words, math.log(max(best.best_score, 1e-300)), decoder.n_frames())
