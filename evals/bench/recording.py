"""Recordings: what hearing costs beside the recogniser, and whether memory grows with their length. `--quick`: less of
it.

The sound is made of the recordings of ../shared/data/voice with pauses between them, over and over; where they are not
there, of espeak-ng's voice. It is read from a file that exists only as a description. The recogniser is a Whisper of
the size of "base" in 8 bits whose weights mean nothing (the arithmetic is the same; it says about 100 tokens in 30 s,
as speech has), made by the tests. Its share is timed on some minutes of the hour, everything else on all of it; each in
a process of its own."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, create_subprocess_exec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from tests.voice.small_whisper import BASE, make_random, make_scripted
from tests.voice.sounds import spoken
from voice.audio import RATE_HZ, to_shorts, wav_bytes
from voice.decoding import Layout, decode, probe
from voice.recognition.whisper import Whisper
from voice.windows import read_windows, transcribe

DATA = Path(__file__).parents[3] / "shared/data/voice"
BOUND = 0.10
_HEAD = 44


async def main(*, quick: bool = False) -> None:
    hour_s, engine_s = (600, 60) if quick else (3600, 300)
    short_s, long_s = (300, 1800) if quick else (600, 3 * 3600)
    with tempfile.TemporaryDirectory() as folder:
        make_random(Path(folder) / "base", size=BASE, stop_after=100)
        make_scripted(Path(folder) / "small", "and so it goes on")
        content, kind = sound_of()
        (Path(folder) / "pcm").write_bytes(content)
        print(f"recording: {hour_s // 60} minutes of {kind}, a Whisper of the size of base, 8 bits")
        front = await _child("front", hour_s, folder, "none")
        for slot in ("batch", "live"):
            engine = await _child(slot, engine_s, folder, "base")
            beside = front["front_s"] / hour_s + engine["guards_s"] / engine_s
            alone = engine["engine_s"] / engine_s
            print(
                f"  {slot:5} decode, speech, windows {1000 * front['front_s'] / hour_s:.1f} ms for a second of sound, "
                f"guards "
                f"{1000 * engine['guards_s'] / engine_s:.1f} ms, recogniser {1000 * alone:.1f} ms ({engine_s} s of "
                f"it): {100 * beside / alone:.1f} % beside it (bound {100 * BOUND:.0f} %)"
            )
        print(f"  memory at most, without a recogniser: {front['peak_mb']:.0f} MB for {hour_s // 60} minutes")
        short, long = [await _child("memory", length, folder, "small") for length in (short_s, long_s)]
        print(
            f"  memory at most, with a small Whisper: {short['peak_mb']:.0f} MB for {short_s / 60:.0f} minutes, "
            f"{long['peak_mb']:.0f} MB for {long_s / 60:.0f} minutes ({long['segments']} segments)"
        )


async def _child(what: str, length_s: int, folder: str, model: str) -> dict[str, Any]:
    command = (sys.executable, "-m", "evals.bench.recording", "--child", what, str(length_s), folder, model)
    child = await create_subprocess_exec(*command, stdout=PIPE)
    out, _ = await child.communicate()
    if child.returncode:
        raise SystemExit(f"recording: {what} failed")
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def measure(what: str, length_s: int, folder: Path, model: str) -> dict[str, Any]:
    """What a child measures."""
    source: Any = Looped(folder / "pcm", length_s)
    layout = probe(source)
    if what == "front":
        started = time.perf_counter()
        speech = sum(len(window.pieces) for window in read_windows(source, layout))
        return {"front_s": time.perf_counter() - started, "segments": speech, "peak_mb": _peak_mb()}
    engine = Timed(str(folder / model), slot="live" if what == "live" else "batch", device="cpu")
    engine.load()
    segments, asked_s = 0, 0.0
    for window in read_windows(source, layout):
        heard = transcribe(window, engine, language="en", hot_words=[])
        segments, asked_s = segments + len(heard.segments), asked_s + heard.engine_s
    return {
        "engine_s": engine.heard_s, "guards_s": asked_s - engine.heard_s, "segments": segments, "peak_mb": _peak_mb(),
    }  # fmt: skip


def _peak_mb() -> float:
    """Of this program alone: getrusage would count what its parent had when it was started."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


class Timed(Whisper):
    """Tells the time in the model from that of the guards around it."""

    heard_s = 0.0

    def _recognise_pieces(self, *args: Any, **named: Any) -> Any:
        started = time.perf_counter()
        found = super()._recognise_pieces(*args, **named)
        self.heard_s += time.perf_counter() - started
        return found


class Looped:
    """A WAV file of a length that repeats some minutes of sound."""

    def __init__(self, path: Path, length_s: int) -> None:
        self._pcm = np.memmap(path, np.uint8, mode="r")
        size = length_s * RATE_HZ * 2
        self._head = wav_bytes(np.zeros(0, np.float32), RATE_HZ)[: _HEAD - 4] + size.to_bytes(4, "little")
        self._size, self._at = _HEAD + size, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = (0, self._at, self._size)[whence] + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        wanted = self._size - self._at if size < 0 else min(size, self._size - self._at)
        if self._at < _HEAD:
            found = self._head[self._at : self._at + wanted]
        else:
            begin = (self._at - _HEAD) % len(self._pcm)
            found = bytes(self._pcm[begin : begin + max(0, min(wanted, 1 << 16))])
        self._at += len(found)
        return found


def sound_of() -> tuple[bytes, str]:
    """Some minutes of 16-bit sound at 16 kHz, and what it is."""
    pause = np.zeros(RATE_HZ, np.float32)
    if DATA.is_dir():
        paths = sorted([*(DATA / "ami").glob("*.wav"), *(DATA / "telephony").glob("*.wav")])
        parts = [part for path in paths for part in (_loaded(path), pause)]
        return to_shorts(np.concatenate(parts)).tobytes(), f"{len(paths)} recordings of data/voice"
    said = [f"This is sentence number {number}, which the patient says to the doctor." for number in range(40)]
    return to_shorts(
        np.concatenate([part for one in spoken(*said) for part in (one, pause)])
    ).tobytes(), "espeak-ng's voice"


def _loaded(path: Path) -> Any:
    with path.open("rb") as file:
        return np.concatenate(list(decode(file, Layout(1, None, "", 0))), axis=1)[0]


if __name__ == "__main__":
    if "--child" in sys.argv:
        kind, length, place, whisper = islice(sys.argv, sys.argv.index("--child") + 1, None)
        print(json.dumps(measure(kind, int(length), Path(place), whisper)))
    else:
        import asyncio

        asyncio.run(main(quick="--quick" in sys.argv))
