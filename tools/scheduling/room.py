"""Schedules, slots, appointments, the waitlist and encounters."""

from __future__ import annotations

from tools.runtime.rooms import CLINICAL, FEW, Room

ROOM = Room(
    "scheduling",
    grants={
        "appointments:read": ("patient", "physician", "nurse", "front_desk", "care_coordinator", "quality_officer"),
        "appointments:write": ("patient", "physician", "nurse", "front_desk", "care_coordinator"),
        "encounters:read": ("physician", "nurse", "front_desk", "care_coordinator", "quality_officer"),
        "encounters:write": ("physician", "nurse", "front_desk"),
        "schedules:read": (
            "patient",
            "physician",
            "nurse",
            "front_desk",
            "care_coordinator",
            "ops_lead",
            "quality_officer",
        ),
        "schedules:write": ("physician", "front_desk", "ops_lead"),
        "waitlist:write": ("patient", "front_desk", "care_coordinator"),
    },
    keeps={
        "appointment": CLINICAL,
        "encounter": CLINICAL,
        "waitlist_entry": CLINICAL,
        "time_slot": CLINICAL,
        "slot_hold": "released when it expires",
        "provider_schedule": FEW,
        "holiday": FEW,
    },
    in_clear=frozenset({"appointment", "encounter", "waitlist_entry", "time_slot", "slot_hold", "provider_schedule"}),
)
