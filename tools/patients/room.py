"""Patients, their relatives and their consents."""

from __future__ import annotations

from tools.runtime.rooms import CLINICAL, Room

ROOM = Room(
    "patients",
    grants={
        "patients:read": (
            "patient",
            "physician",
            "nurse",
            "front_desk",
            "care_coordinator",
            "quality_officer",
            "privacy_officer",
        ),
        "patients:write": ("front_desk", "care_coordinator"),
        "self:write": ("patient",),
    },
    keeps={"patient": CLINICAL, "patient_identifier": CLINICAL, "patient_relation": CLINICAL, "consent": CLINICAL},
    in_clear=frozenset({"patient", "patient_identifier", "patient_relation", "consent"}),
)
