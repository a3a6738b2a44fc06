"""Scores of hearing: `python -m evals.voice`. What is not at hand (../shared/data/voice, a Whisper) is said and left
out.

1. Voice activity on the hand-labelled clips of data/voice/vad_testset (TEN, for measuring only), as pyannote.metrics
  counts:
   detection error rate, and precision, recall and F1 by time; at 16 kHz, and at 8 kHz through u-law. Thresholds are
   those that phone calls use; published: Silero 6.2.3 at .5, from shared/VOICE.md.
2. Word error rate of each recogniser through the whole path (decode, windows, recognise, guards), after small letters
  and
   no punctuation, with the time it took over the length of the sound. With WARDLINE_WHISPER_MODEL also faster-whisper's
   own `transcribe(vad_filter=True, word_timestamps=True)` over the same model and files, and the ratio to it.
3. Invented text: sounds without speech at five levels, through the whole path and as one piece of a call. Must be 0.
4. Bad audio: what each file gives.
"""

from __future__ import annotations

import importlib.util
import io
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.detection import DetectionErrorRate, DetectionPrecision, DetectionRecall

from tests.voice import sounds
from tests.voice.small_whisper import make_scripted
from tests.voice.test_decoding import BAD, wav
from voice.activity import PHONE, SpeechActivity, Thresholds, probabilities, spans_of
from voice.audio import RATE_HZ, Floats, Piece, mulaw_to_pcm, pcm_to_mulaw, resample, to_floats, to_shorts, wav_bytes
from voice.decoding import BadAudio, Layout, decode, probe
from voice.recognition.choosing import choose
from voice.recognition.engine import Engine, Expect
from voice.recognition.sphinx import Sphinx
from voice.recognition.whisper import Whisper
from voice.windows import read_windows, transcribe

DATA = Path(__file__).parents[2] / "shared/data/voice"
LEVELS = (0.9, 0.3, 0.1, 0.01, 0.001)
SEEDS = (0, 1, 2, 3)
RANKS = ["ace", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "jack", "queen", "king", "lady"]
SUITS = ("clubs", "hearts", "diamonds", "spades")
_JFK = "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
_BROOKLYN = "how old is the brooklyn bridge"


def main() -> None:
    if DATA.is_dir():
        activity()
        words()
    else:
        print(f"activity, words: left out, there is no {DATA}")
    invented()
    bad_audio()
    speakers()


def speakers() -> None:
    """Who spoke when: evals.voice_speakers, where it is."""
    if importlib.util.find_spec("evals.voice_speakers") is not None:
        importlib.import_module("evals.voice_speakers").main()


# --- voice activity -------------------------------------------------------------------------------------------------


def activity() -> None:
    print("voice activity (data/voice/vad_testset)")
    for name, measure, published in (
        ("16 kHz", probabilities, "P .948 R .930 F1 .939"),
        ("8 kHz u-law", _by_telephone, "P .942 R .935 F1 .939"),
    ):
        bare = Thresholds(PHONE.start, PHONE.start, 0.0, 0.0, 0.0)
        for kind, thresholds in (("bare .5", bare), ("calls", PHONE)):
            print(f"  {name:12} {kind:8} {_detected(measure, thresholds)}   (published, bare: {published})")


def _detected(measure: Callable[[Floats], Any], thresholds: Thresholds) -> str:
    error, precision, recall = DetectionErrorRate(), DetectionPrecision(), DetectionRecall()
    for path in sorted((DATA / "vad_testset").glob("*.wav")):
        sound = load(path)
        reference, extent = _labels(path.with_suffix(".scv"))
        found = Annotation()
        for number, span in enumerate(spans_of(measure(sound), thresholds)):
            found[Segment(span.start_s, min(span.end_s, extent.end)), number] = "speech"
        for metric in (error, precision, recall):
            metric(reference, found, uem=Timeline([extent]))
    p, r = abs(precision), abs(recall)
    return f"error {100 * abs(error):5.1f} %  P {p:.3f} R {r:.3f} F1 {2 * p * r / (p + r):.3f}"


def _labels(path: Path) -> tuple[Annotation, Segment]:
    fields = path.read_text().strip().split(",")[1:]
    spoken = Annotation()
    for at in range(0, len(fields) - 2, 3):
        if fields[at + 2] == "1":
            spoken[Segment(float(fields[at]), float(fields[at + 1])), at] = "speech"
    return spoken, Segment(0, float(fields[-2]))


def _by_telephone(sound: Floats) -> list[float]:
    line = to_floats(mulaw_to_pcm(pcm_to_mulaw(to_shorts(resample(sound, RATE_HZ, 8_000)))))
    stream = SpeechActivity(8_000)
    return [stream.push(line[at : at + 256]) for at in range(0, len(line) - 255, 256)]


# --- words ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spoken:
    path: Path
    text: str


def words() -> None:
    engines: list[tuple[str, Hear]] = [("pocketsphinx", _path(Sphinx()))]
    model = os.environ.get("WARDLINE_WHISPER_MODEL")
    if model:
        engines += [("ours, batch", _path(_whisper(model, "batch"))), ("ours, live", _path(_whisper(model, "live")))]
        engines += [("faster-whisper's transcribe", _theirs(model))]
    else:
        print("words: WARDLINE_WHISPER_MODEL is not set: pocketsphinx alone")
    print("words: WER, time of work / length of sound")
    published = {"read speech": "28 %", "jfk": "23 %", "cards, grammar": "0 %"}
    for corpus, spoken in _corpora().items():
        for name, hear in engines:
            print(f"  {corpus:16} {name:28} {_scored(spoken, hear)}   {_beside(name, published.get(corpus))}")
    cards = Sphinx()
    expect = Expect(tuple(_cards()))

    def hear(sound: Floats) -> str:
        return _texts(cards.recognise([Piece(None, 0.0, sound)], language="en", expect=expect)[0])

    print(f"  {'cards, grammar':16} {'pocketsphinx':28} {_scored(_carded(), hear)}   {_beside('pocketsphinx', '0 %')}")
    if model:
        _ratio(engines)


Hear = Callable[[Floats], str]


def _ratio(engines: Sequence[tuple[str, Hear]]) -> None:
    every = [one for spoken in _corpora().values() for one in spoken]
    ours, theirs = (_errors(every, dict(engines)[name]) for name in ("ours, batch", "faster-whisper's transcribe"))
    print(f"  all: ours {100 * ours[0]:.2f} % in {ours[1]:.1f} s, theirs {100 * theirs[0]:.2f} % in {theirs[1]:.1f} s;"
          f" WER ratio {ours[0] / max(theirs[0], 1e-9):.3f} (bound 1.01),"
          f" time ratio {ours[1] / theirs[1]:.2f}")  # fmt: skip


def _beside(name: str, figure: str | None) -> str:
    return f"(shared/VOICE.md: {figure})" if figure and name == "pocketsphinx" else ""


def _whisper(model: str, slot: Any) -> Engine:
    device = os.environ.get("WARDLINE_WHISPER_DEVICE", "auto")
    return choose(model, device=device, compute_type=None, slot=slot, download=False)


def _path(engine: Engine) -> Hear:
    def hear(sound: Floats) -> str:
        source = io.BytesIO(wav_bytes(sound, RATE_HZ))
        found = [
            transcribe(window, engine, language="en", hot_words=[]) for window in read_windows(source, probe(source))
        ]
        return " ".join(_texts(one.segments) for one in found)

    return hear


def _theirs(model: str) -> Hear:
    from faster_whisper import WhisperModel

    loaded = WhisperModel(
        model, compute_type="default", cpu_threads=len(os.sched_getaffinity(0)), local_files_only=True
    )

    def hear(sound: Floats) -> str:
        segments, _ = loaded.transcribe(sound, language="en", vad_filter=True, word_timestamps=True)
        return _texts(segments)

    return hear


def _texts(segments: Any) -> str:
    return " ".join(segment.text.strip() for segment in segments)


def _scored(spoken: Sequence[Spoken], hear: Hear) -> str:
    wrong, took_s, length_s = _errors(spoken, hear)
    return f"WER {100 * wrong:5.1f} %  RTF {took_s / length_s:.3f}  ({len(spoken)} files, {length_s:.0f} s)"


def _errors(spoken: Sequence[Spoken], hear: Hear) -> tuple[float, float, float]:
    hear(load(spoken[0].path))  # weights are loaded
    sounds_ = [load(one.path) for one in spoken]
    started = time.perf_counter()
    heard = [_plain(hear(sound)) for sound in sounds_]
    took_s = time.perf_counter() - started
    wrong = jiwer.wer([_plain(one.text) for one in spoken], heard)
    return float(wrong), took_s, sum(map(len, sounds_)) / RATE_HZ


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w' ]", " ", text.lower().replace("’", "'")).split())


def _corpora() -> dict[str, list[Spoken]]:
    read = [Spoken(path.with_suffix(".wav"), path.read_text()) for path in sorted((DATA / "read_speech").glob("*.txt"))]
    telephony = [
        Spoken(DATA / "telephony/gcp_audio.wav", _BROOKLYN),
        Spoken(DATA / "telephony/gcp_audio_silence_padding.wav", _BROOKLYN),
        Spoken(DATA / "telephony/azure_whatstheweatherlike_mulaw.wav", "what's the weather like"),
    ]  # fmt: skip
    return {
        "read speech": read,
        "jfk": [Spoken(DATA / "faster_whisper_tests/jfk.flac", _JFK)],
        "short questions": telephony,
    }


def _carded() -> list[Spoken]:
    found = re.findall(r"<s> (.*?) +</s> \((\d+)\)", (DATA / "read_speech/cards.transcription").read_text())
    return [Spoken(DATA / f"read_speech/{name}.wav", text) for text, name in found]


def _cards() -> Iterator[str]:
    """What the grammar of the cards allows, but for three cards of which one rank each is tried."""
    cards = [f"{rank} of {suit}" for rank in RANKS for suit in SUITS]
    yield from cards
    yield from (f"{one} {other}" for one in RANKS for other in RANKS)
    yield from (f"{rank} {card}" for rank in RANKS for card in cards)
    yield "eight of spades four of clubs seven of hearts"


# --- invented text --------------------------------------------------------------------------------------------------


def invented() -> None:
    """The sounds of four seeds, so that no melody is one that a threshold was chosen by."""
    with tempfile.TemporaryDirectory() as folder:
        engines: list[Engine] = [
            Sphinx(),
            Whisper(str(make_scripted(Path(folder), "thank you")), slot="batch", device="cpu"),
        ]
        if model := os.environ.get("WARDLINE_WHISPER_MODEL"):
            engines.append(_whisper(model, "batch"))
        print(f"invented text: sounds with words / sounds, {len(SEEDS)} seeds, {len(LEVELS)} levels (must be 0)")
        for engine in engines:
            name = "a Whisper that says 'thank you' of anything" if folder in engine.model else engine.name
            print(f"  {name:44} {_invented_by(engine)}")


def _invented_by(engine: Engine) -> str:
    count, by_path, by_piece, names = 0, 0, 0, set()
    for seed in SEEDS:
        for name, sound in sounds.not_speech(6.0, seed=seed).items():
            for level in LEVELS:
                count += 1
                in_path = bool(_path(engine)(sound * level))
                in_piece = bool(engine.recognise([Piece(0, 0.0, sound * level)], language="en")[0])
                by_path, by_piece = by_path + in_path, by_piece + in_piece
                names |= {f"{name} {level}"} if in_path or in_piece else set()
    return f"as a recording {by_path} / {count}, as a piece of a call {by_piece} / {count} {' '.join(sorted(names))}"


# --- bad audio ------------------------------------------------------------------------------------------------------


def bad_audio() -> None:
    print("bad audio")
    whole = wav_bytes(np.zeros(5 * RATE_HZ, np.float32), RATE_HZ)
    files = {name: content for name, (content, _) in BAD.items()} | {
        "silence": whole, "cut off": wav()[:60_000], "a header that claims 4 GB": wav(size=0xFFF00000),
        "one sample": wav_bytes(np.ones(1, np.float32), RATE_HZ),
        "6 channels at 96 kHz": wav_bytes(np.zeros((6, 96_000), np.float32), 96_000),
    }  # fmt: skip
    for name, content in files.items():
        started = time.perf_counter()
        print(f"  {name:28} {_outcome(content)}  [{1000 * (time.perf_counter() - started):.0f} ms]")


def _outcome(content: bytes) -> str:
    source = io.BytesIO(content)
    try:
        windows = list(read_windows(source, probe(source)))
    except BadAudio as bad:
        return f"{bad.code}: {bad}"
    speech = sum(len(window.pieces) for window in windows)
    cut = ", breaks off" if any(window.truncated for window in windows) else ""
    return (
        f"{sum(one.end_sample - one.start_sample for one in windows) / RATE_HZ:.2f} s, {speech} stretches of "
        f"speech{cut}"
    )


def load(path: Path) -> Floats:
    """A file as one channel at 16 kHz."""
    with path.open("rb") as file:
        return np.concatenate(list(decode(file, Layout(1, None, "", 0))), axis=1)[0]


if __name__ == "__main__":
    main()
