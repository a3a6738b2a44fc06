"""Speaker vectors by GE2E (Wan et al. 2018, "Generalized End-to-End Loss for Speaker Verification"), with the weights
that the Resemblyzer wheel carries (Apache-2.0). Its three LSTM layers are computed by numpy; torch is not needed."""

from __future__ import annotations

import importlib.util
import pickle
import sys
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray

from db.json import JsonObject

RATE_HZ = 16_000
HOP = 160  # 10 ms
_FFT = 400  # 25 ms
_MELS = 40
FRAMES = 160  # a window of 1.6 s
DIMENSIONS = 256
_LAYERS = 3
_LOUDNESS_DBFS = -30.0
_BATCH = 64
_TYPES = {"FloatStorage": np.float32, "LongStorage": np.int64}
Array = NDArray[np.float32]


def mel_frames(samples: Array) -> Array:
    """[frames, 40] mel power spectrogram of 16 kHz audio, quiet audio raised to -30 dBFS; a frame each 10 ms."""
    loudness = float(np.sqrt(np.mean(np.square(samples)))) if samples.size else 0.0
    if loudness > 0:
        samples = samples * max(1.0, 10 ** (_LOUDNESS_DBFS / 20) / loudness)
    padded = np.pad(samples, _FFT // 2)
    count = 1 + (padded.size - _FFT) // HOP
    strides = (padded.strides[0] * HOP, padded.strides[0])
    framed = np.lib.stride_tricks.as_strided(padded, (count, _FFT), strides, writeable=False)
    power = np.square(np.abs(np.fft.rfft(framed * _window(), axis=1))).astype(np.float32)
    mels: Array = power @ _filters()
    return mels


def vectors(windows: Array) -> Array:
    """[n, 256] unit vectors of [n, 160, 40] mel windows."""
    found = [_batch(windows[at : at + _BATCH]) for at in range(0, len(windows), _BATCH)]
    return np.concatenate(found) if found else np.zeros((0, DIMENSIONS), np.float32)


def _batch(windows: Array) -> Array:
    weights = _weights()
    inputs = np.ascontiguousarray(windows.transpose(1, 0, 2))  # time first
    for layer in range(_LAYERS):
        inputs = _lstm(inputs, weights, layer)
    raw = np.maximum(inputs[-1] @ weights["linear.weight"].T + weights["linear.bias"], 0.0)
    out: Array = raw / np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-9)
    return out


def _lstm(inputs: Array, weights: dict[str, Array], layer: int) -> Array:
    steps, count, _ = inputs.shape
    driven = inputs @ weights[f"lstm.weight_ih_l{layer}"].T
    driven += weights[f"lstm.bias_ih_l{layer}"] + weights[f"lstm.bias_hh_l{layer}"]
    recurrent = np.ascontiguousarray(weights[f"lstm.weight_hh_l{layer}"].T)
    hidden = np.zeros((count, DIMENSIONS), np.float32)
    cell = np.zeros_like(hidden)
    out = np.empty((steps, count, DIMENSIONS), np.float32)
    for step in range(steps):
        gates = driven[step] + hidden @ recurrent  # input, forget, cell, output
        candidate = np.tanh(gates[:, 512:768])
        gates = 0.5 * (1.0 + np.tanh(0.5 * gates))  # the logistic function, without overflow
        cell = gates[:, 256:512] * cell + gates[:, :256] * candidate
        hidden = out[step] = gates[:, 768:] * np.tanh(cell)
    return out


@lru_cache(maxsize=1)
def _window() -> Array:
    periodic: Array = np.hanning(_FFT + 1)[:-1].astype(np.float32)
    return periodic


@lru_cache(maxsize=1)
def _filters() -> Array:
    filters: Array = FeatureExtractor.get_mel_filters(RATE_HZ, _FFT, n_mels=_MELS).astype(np.float32).T
    return np.ascontiguousarray(filters)


@lru_cache(maxsize=1)
def _weights() -> dict[str, Array]:
    found = importlib.util.find_spec("resemblyzer")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("the resemblyzer wheel, which carries the speaker model, is not installed")
    with (Path(found.submodule_search_locations[0]) / "pretrained.pt").open("rb") as file:
        state = _read_legacy(file)["model_state"]
    return {name: np.ascontiguousarray(value) for name, value in state.items() if value.dtype == np.float32}


class _Reader(pickle.Unpickler):
    """Reads tensors of torch's old file format as numpy arrays, and nothing else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: JsonObject = {}

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        raise pickle.UnpicklingError(f"{module}.{name} is not part of a speaker model")

    def persistent_load(self, pid: Any) -> Any:
        _, kind, key, _, size, _ = pid
        return self.storages.setdefault(str(key), np.empty(size, kind))


def _Tensor(storage: Any, offset: int, shape: tuple[int, ...], *_: Any) -> Any:
    count = int(np.prod(shape)) if shape else 1
    return storage[offset : offset + count].reshape(shape)


def _read_legacy(file: BinaryIO) -> Any:
    """torch's file before 1.6: three pickled headers, the pickled object, the storages' names, the storages."""
    for _ in range(3):
        _Reader(file).load()
    reader = _Reader(file)
    loaded = reader.load()
    for key in _Reader(file).load():
        storage = reader.storages[str(key)]
        size = int.from_bytes(file.read(8), sys.byteorder)
        if size != storage.size:
            raise pickle.UnpicklingError("a storage of the speaker model has another size than its tensors")
        storage[:] = np.frombuffer(file.read(storage.nbytes), storage.dtype)
    return loaded
