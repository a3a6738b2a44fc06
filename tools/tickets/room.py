"""What waits for a person."""

from __future__ import annotations

from tools.runtime.rooms import CLINICAL, Room

ROOM = Room(
    "tickets",
    grants={
        "tickets:read": ("physician", "nurse", "front_desk", "care_coordinator", "ops_lead", "quality_officer"),
        "tickets:write": ("physician", "nurse", "front_desk", "care_coordinator", "ops_lead"),
    },
    keeps={"ticket": CLINICAL, "ticket_comment": CLINICAL},
    in_clear=frozenset({"ticket", "ticket_comment"}),
)
