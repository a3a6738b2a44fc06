"""The turn model: from the sound of the last eight seconds, how likely it is that the caller has finished.

smart-turn v3.2 (Daily, BSD-2-Clause) lies in pipecat's wheel and is run here without pipecat's code: 16 kHz samples,
padded in front to 8 s, normalised to zero mean and unit variance, Whisper's 80 mel bands; one number out. It has been
trained on 16 kHz speech; on 8 kHz calls it is less sure (VOICE.md), and so it only moves the wait.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
WINDOW_S = 8
_FILE = "audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"


class SmartTurn:
    """One thread, one session. `finished` may be called from any thread; calls at once take turns in the runtime."""

    def __init__(self, path: Path | None = None) -> None:
        import onnxruntime
        from faster_whisper.feature_extractor import FeatureExtractor

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path or _shipped()), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._features: Any = FeatureExtractor(feature_size=80, sampling_rate=RATE_HZ, chunk_length=WINDOW_S)

    def finished(self, samples: NDArray[np.float32]) -> float:
        """Probability that the speaker has finished. `samples`: 16 kHz, -1 to 1, any length; the last 8 s count."""
        wanted = WINDOW_S * RATE_HZ
        recent = samples[-wanted:].astype(np.float32)
        padded = np.pad(recent, (wanted - len(recent), 0))
        level = (padded - padded.mean()) / np.sqrt(padded.var() + 1e-7)
        mels = self._features(level.astype(np.float32), padding=0)[:, : WINDOW_S * 100]
        (out,) = self._session.run(None, {"input_features": mels[None].astype(np.float32)})
        return float(np.asarray(out).reshape(-1)[0])


def _shipped() -> Path:
    found = importlib.util.find_spec("pipecat")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("pipecat-ai, whose wheel carries the turn model, is not installed")
    return Path(found.submodule_search_locations[0]) / _FILE
