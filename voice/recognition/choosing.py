"""Which recogniser a slot gets, and what `wardline doctor` says of it."""

from __future__ import annotations

from dataclasses import dataclass

from voice.recognition.engine import Engine, EngineUnavailable, Slot
from voice.recognition.sphinx import Sphinx
from voice.recognition.whisper import Whisper, device_of, find_model


@dataclass(frozen=True, slots=True)
class Chosen:
    """The recogniser of a slot, without its weights; `why` is a sentence, `usable` whether its files are there."""

    slot: Slot
    engine: str
    model: str
    device: str
    compute_type: str
    stand_in: bool
    usable: bool
    why: str


def choose(model: str | None, *, device: str, compute_type: str | None, slot: Slot, download: bool) -> Engine:
    """Whisper where a model is configured, else the stand-in. The weights are loaded by the first piece that is heard.
    Raises EngineUnavailable where the model is not there and may not be downloaded."""
    if not model:
        return Sphinx()
    if not download:
        find_model(model, download=False)
    return Whisper(model, slot=slot, device=device, compute_type=compute_type, download=download)


def describe(model: str | None, *, device: str, compute_type: str | None, slot: Slot, download: bool) -> Chosen:
    """What `choose` gives for the same settings. Loads no weights and downloads nothing."""
    if not model:
        why = "WARDLINE_WHISPER_MODEL is not set: pocketsphinx stands in, which is good for closed questions only."
        return Chosen(slot, Sphinx.name, Sphinx.model, Sphinx.device, Sphinx.compute_type, True, True, why)
    used = device_of(device)
    computes = compute_type or ("float16" if used == "cuda" else "int8")
    try:
        usable, why = True, f"found in {find_model(model, download=False)}"
    except EngineUnavailable as error:
        usable = False
        why = f"{model} will be downloaded when it is first needed." if download else str(error)
    return Chosen(slot, Whisper.name, model, used, computes, False, usable, why)
