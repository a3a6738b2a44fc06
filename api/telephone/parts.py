"""What the calls of a process share: the voice, the recogniser's threads, the turn model, and who is on the line."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import onnxruntime  # noqa: F401  here with scipy.signal: an import while calls go on would hold up their sound
import scipy.signal  # noqa: F401
import structlog

from agents.phone.words import expected, fixed_sentences
from agents.phrases import phrase
from settings import Settings
from tools.runtime.runtime import Runtime
from tools.voice.recognizers import Recognizers
from voice.audio import Piece
from voice.calls.caller_audio import for_models
from voice.calls.events import Question
from voice.calls.measuring import Measuring, OnMeasured, Stream
from voice.calls.smart_turn import SmartTurn
from voice.speech.engine import FixedPhrases, Speech, SpeechFailed, whole
from voice.speech.espeak import Espeak
from voice.speech.openai import FallingBack, OpenAISpeech

log = structlog.get_logger()
Wanted = Callable[[], bool]


class CallParts:
    """Made once; models are loaded with the first call. Recognition and the turn model run in a few threads of their
    own, and what has been overtaken when its turn comes is left."""

    def __init__(self, settings: Settings, runtime: Runtime, *, recognition_threads: int = 2) -> None:
        self._runtime = runtime
        self.speech: Speech = FixedPhrases(_voice(settings), fixed_sentences())
        self.live: set[str] = set()  # calls that have their socket here
        self._recognition = ThreadPoolExecutor(recognition_threads, "call-words")
        self._judging = ThreadPoolExecutor(1, "call-turn")
        self._measuring = Measuring()
        self._model: SmartTurn | None = None
        self._warmed = False
        self._voicing: asyncio.Future[None] | None = None

    @property
    def stand_in(self) -> bool:
        """Whether words are heard by the recogniser that stands in where there is no Whisper."""
        recognizers = self._runtime.services.find(Recognizers)
        return recognizers is not None and bool(recognizers.live.stand_in)

    def measure(self, stream: Stream, at: float, chunk: bytes, on_measured: OnMeasured) -> None:
        """Measure the speech in 32 ms of u-law sound; `told` is called with (time, probability), in order."""
        self._measuring.push(stream, at, chunk, on_measured)

    def warm(self) -> None:
        """Load in a thread what the first call would wait for; once."""
        if not self._warmed:
            self._warmed = True
            self._judging.submit(self._load)
            self._voicing = asyncio.ensure_future(self._first_words())

    def _load(self) -> None:
        import_module("governance.policies.checks")
        Measuring.load()
        try:
            self._model = self._model or SmartTurn()
        except Exception as error:  # without it the wait is the question's own
            log.warning("call.turn_model", error=type(error).__name__)
        gc.freeze()  # what lives for ever is not looked through again: that took a tenth of a second at a time

    async def _first_words(self) -> None:
        try:
            await whole(self.speech, phrase("en", "call_one_moment"), language="en")
        except SpeechFailed as error:
            log.error("call.voice", error=str(error))

    async def words(
        self, sound: bytes, *, start_s: float, question: Question, language: str | None, hot_words: tuple[str, ...],
        wanted: Wanted,
    ) -> str:  # fmt: skip
        """The words in u-law sound; empty where there are none, or where nobody wants them any more."""

        def recognise() -> str:
            if not wanted():
                return ""
            piece = Piece(0, start_s, for_models(sound))
            found = self._runtime.services.get(Recognizers).live.recognise(
                [piece], language=language, hot_words=hot_words, expect=expected(question)
            )
            return " ".join(segment.text.strip() for segment in found[0])

        return await asyncio.get_running_loop().run_in_executor(self._recognition, recognise)

    async def finished(self, sound: bytes, *, wanted: Wanted) -> float | None:
        """The turn model's probability that the caller has finished; None where nobody wants it any more."""

        def judge() -> float | None:
            if not wanted():
                return None
            if self._model is None:
                self._model = SmartTurn()
            return self._model.finished(for_models(sound))

        try:
            return await asyncio.get_running_loop().run_in_executor(self._judging, judge)
        except Exception as error:  # without it the wait is the question's own
            log.warning("call.turn_model", error=type(error).__name__)
            return None

    async def aclose(self) -> None:
        if self._voicing is not None:
            self._voicing.cancel()
        self._measuring.close()
        self._recognition.shutdown(wait=False, cancel_futures=True)
        self._judging.shutdown(wait=False, cancel_futures=True)
        await self.speech.aclose()


def _voice(settings: Settings) -> Speech:
    espeak = Espeak()
    if settings.voice_speech != "openai" or settings.voice_speech_url is None:
        return espeak
    server = OpenAISpeech(
        settings.voice_speech_url,
        settings.voice_speech_key,
        model=settings.voice_speech_model,
        voice=settings.voice_speech_voice,
    )
    return FallingBack(server, espeak)
