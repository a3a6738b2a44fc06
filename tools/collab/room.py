"""Notes, their versions, and talk about a case."""

from __future__ import annotations

from tools.runtime.rooms import CLINICAL, Room

ROOM = Room(
    "collab",
    grants={
        "collab:read": ("physician", "nurse", "care_coordinator"),
        "collab:write": ("physician", "nurse", "care_coordinator"),
        "notes:measure": ("quality_officer",),
        "notes:read": ("physician", "nurse", "care_coordinator"),
        "notes:sign": ("physician",),
        "notes:write": ("physician", "nurse"),
    },
    service=frozenset({"collab:answer"}),
    keeps={"note_revision": CLINICAL, "collab_thread": CLINICAL, "collab_message": CLINICAL},
)
