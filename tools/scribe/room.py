"""Notes drafted and checked; what is kept of them lies in the room of notes."""

from __future__ import annotations

from tools.runtime.rooms import Room

ROOM = Room(
    "scribe",
)
