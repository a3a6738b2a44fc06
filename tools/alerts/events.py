"""What an endpoint may ask to be told of, and what this room itself says."""

from __future__ import annotations

from typing import Literal, get_args

from tools.runtime.events import event_type

PAUSED = event_type("Webhook.Paused", "Alerts to an endpoint stopped: a person, many failures, or its receiver is gone")
TESTED = event_type("Webhook.Tested", "Somebody asked for a test alert to one endpoint")

AlertType = Literal[
    "PolicyViolation.Detected", "PolicyViolation.Acknowledged", "PolicyViolation.Resolved", "BreakGlass.Opened",
    "Patient.Erased", "Policy.Changed", "Retention.Applied", "Audit.Sealed", "Audit.Broken", "Conversation.HandedOff",
    "Webhook.Paused", "Job.Died",
]  # fmt: skip
ALERT_TYPES: tuple[str, ...] = get_args(AlertType)
Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[str, ...] = get_args(Severity)
