"""Recordings, and what was said in them."""

from __future__ import annotations

from tools.runtime.rooms import CLINICAL, FEW, DataClass, Room
from tools.voice.retention import MOST_RECORDINGS, count_past_audio, destroy_past_audio, erase_recordings

RECORDINGS = DataClass(
    "recordings", days=30, at_least=1, counted_as="recordings", count=count_past_audio, most=MOST_RECORDINGS,
    why="by then the transcript, kept as other texts are, has been read and corrected",
)  # fmt: skip

ROOM = Room(
    "voice",
    grants={
        "voice:read": ("physician", "nurse", "privacy_officer"),
        "voice:write": ("physician", "nurse"),
    },
    classes=(RECORDINGS,),
    deletes={"recordings": (destroy_past_audio,)},
    ends={"voice_part": "recordings"},
    keeps={"voice_session": CLINICAL, "voice_segment": CLINICAL, "voice_print": FEW},
    erase=erase_recordings,
    erases_after=("conversations",),
)
