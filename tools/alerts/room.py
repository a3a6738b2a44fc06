"""Alerts to other systems, by webhooks."""

from __future__ import annotations

from tools.runtime.rooms import FEW, Room, deleting

_DELIVERIES = deleting(
    "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE created_at < :before"
    " AND state <> 'pending' LIMIT :most)"
)

ROOM = Room(
    "alerts",
    grants={
        "alerts:read": ("auditor", "privacy_officer", "safety_officer"),
        "alerts:write": ("safety_officer",),
    },
    deletes={"deliveries": (_DELIVERIES,)},
    ends={"webhook_delivery": "deliveries"},
    keeps={"webhook_endpoint": FEW},
)
