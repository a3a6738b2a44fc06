"""What may be said, and what was found."""

from __future__ import annotations

from tools.runtime.rooms import FEW, Room

ROOM = Room(
    "policies",
    grants={
        "policies:read": ("auditor", "privacy_officer", "safety_officer", "model_owner"),
        "policies:write": ("safety_officer",),
        "violations:read": ("quality_officer", "auditor", "privacy_officer", "safety_officer", "model_owner"),
        "violations:write": ("privacy_officer", "safety_officer"),
    },
    keeps={"policy": FEW, "policy_violation": "proof of what was found"},
)
