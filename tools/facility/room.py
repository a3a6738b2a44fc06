"""The hospital's places, specialties and practitioners."""

from __future__ import annotations

from tools.runtime.rooms import FEW, Room

ROOM = Room(
    "facility",
    grants={
        "facility:read": (
            "patient",
            "physician",
            "nurse",
            "front_desk",
            "care_coordinator",
            "ops_lead",
            "quality_officer",
            "auditor",
        ),
    },
    keeps={"location": FEW, "specialty": FEW, "practitioner": FEW},
    in_clear=frozenset({"location", "specialty", "practitioner"}),
)
