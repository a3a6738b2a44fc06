"""Which section a stretch of talk belongs in: MTS-Dialog's headers for a dialogue, the note's divisions for a
sentence."""

from scribe.sections.dialogue import classify_dialogue
from scribe.sections.division import Context, division_of

__all__ = ["Context", "classify_dialogue", "division_of"]
