"""What this room itself says, and how grave a violation may be."""

from __future__ import annotations

from typing import Literal, get_args

from tools.runtime.events import event_type

PAUSED = event_type(
    "Webhook.Paused", "Alerts to an endpoint stopped: a person, many failures, or its receiver is gone", alert=True
)
TESTED = event_type("Webhook.Tested", "Somebody asked for a test alert to one endpoint")

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[str, ...] = get_args(Severity)
