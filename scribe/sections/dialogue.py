"""The section of a short dialogue: which of MTS-Dialog's twenty headers its content belongs under.

The weights in `data/dialogue.npz` were fitted by `evals/training/sections.py` on the training split of MTS-Dialog (Ben
Abacha et al., EACL 2023, CC BY 4.0). They are weights of hashed words that occur in several dialogues, and hold none
of them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from scribe.sections.features import describe_dialogue
from scribe.sections.linear import LinearModel, load_model

_WEIGHTS = Path(__file__).parent / "data" / "dialogue.npz"
LONGEST_DIALOGUE = 20_000  # characters read; a section is clear long before


@cache
def load_dialogue_model() -> LinearModel:
    return load_model(_WEIGHTS)


def classify_dialogue(text: str) -> str:
    """MTS-Dialog's header ("FAM/SOCHX", "GENHX", ...) of a dialogue with a line a turn (`Doctor: ...`)."""
    return load_dialogue_model().choose(describe_dialogue(text[:LONGEST_DIALOGUE]))
