"""The espeak-ng process: reads sentences on its input, writes their sound on its output. Run as a program.

espeak-ng (GPL-3) is used as a program of its own over pipes, and is not safe with threads. In: a line of JSON a
sentence, {"text", "language"}. Out: pieces of u-law at 8 kHz, each after its length (4 bytes, big-endian); length 0
ends a sentence, 0xFFFFFFFF says that it failed.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import struct
import sys
from pathlib import Path

import numpy as np

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS
_UTF8, _END_PAUSE = 1, 0x1000
_VOICES = {"en": b"en-us", "hi": b"hi"}
_RATE, _WORDS_A_MINUTE = 1, 150
_FAILED = struct.pack(">I", 0xFFFFFFFF)


def main() -> None:
    from voice.speech.narrowing import Narrower

    found = importlib.util.find_spec("espeakng_loader")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("espeakng-loader is not installed")
    folder = Path(found.submodule_search_locations[0])
    library = ctypes.CDLL(str(folder / "libespeak-ng.so"))
    rate_hz = library.espeak_Initialize(_SYNCHRONOUS, 200, str(folder).encode(), 0)
    if rate_hz <= 0:
        raise SystemExit("espeak-ng did not start")
    library.espeak_SetParameter(_RATE, _WORDS_A_MINUTE, 0)
    out = sys.stdout.buffer
    line: Narrower

    def made(samples: int, count: int, _events: int) -> int:
        if samples and count:
            piece = np.ctypeslib.as_array(ctypes.cast(samples, ctypes.POINTER(ctypes.c_short)), (count,))
            _write(out, line.push(piece.copy()))
        return 0

    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
    callback = kind(made)
    library.espeak_SetSynthCallback(callback)
    for request in sys.stdin.buffer:
        wanted = json.loads(request)
        line = Narrower(rate_hz)
        text = wanted["text"].encode() + b"\x00"
        voiced = library.espeak_SetVoiceByName(_VOICES.get(wanted["language"], b"en-us")) == 0
        done = voiced and library.espeak_Synth(text, len(text), 0, 0, 0, _UTF8 | _END_PAUSE, None, None) == 0
        _write(out, line.finish())
        out.write(struct.pack(">I", 0) if done else _FAILED)
        out.flush()


def _write(out: object, piece: bytes) -> None:
    if piece:
        out.write(struct.pack(">I", len(piece)) + piece)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
