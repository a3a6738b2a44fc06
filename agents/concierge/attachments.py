"""What came without words: one kind sentence. It is kept with the message, where people see it."""

from __future__ import annotations

from agents.turn.dialogue import Dialogue
from db.json import JsonObject
from tools.conversations.attachments import kind_of

_SAID = {"audio": "voice_not_heard", "location": "location_noted", "contact": "contact_noted",
         "sticker": "sticker_noted"}  # fmt: skip


def note_attachment(dialogue: Dialogue, media: list[JsonObject]) -> None:
    """Say that it is there, and put again what was read back."""
    kinds = [kind_of(one) for one in media]
    dialogue.say(next((_SAID[kind] for kind in kinds if kind in _SAID), "media_noted"))
    if dialogue.state.pending is not None:
        dialogue.read_back(dialogue.state.pending)
