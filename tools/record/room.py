"""Reading the record, and what ends it."""

from __future__ import annotations

from tools.record.purging import MOST_SESSIONS, count_keys, count_sessions, destroy_keys, purge_sessions
from tools.runtime.rooms import FEW, DataClass, Room

RECORD = DataClass(
    "record", days=2555, at_least=2192, counted_as="sessions", count=count_sessions, most=MOST_SESSIONS,
    why="seven years, the hospital's rule (spec/governance.md). HIPAA asks six for documentation"
    " (45 CFR 164.316(b)(2)(i)), below which it cannot be set; the database holds that floor too",
)  # fmt: skip
TEXTS = DataClass(
    "texts", days=2555, at_least=30, counted_as="text_keys", count=count_keys,
    why="with the record that they belong to (spec/governance.md)",
)  # fmt: skip

ROOM = Room(
    "record",
    grants={
        "access_log:read": (
            "physician",
            "quality_officer",
            "auditor",
            "privacy_officer",
            "safety_officer",
            "model_owner",
        ),
        "privacy:write": ("privacy_officer",),
        "record:break_glass": ("privacy_officer", "safety_officer"),
        "record:read": ("quality_officer", "auditor", "privacy_officer", "safety_officer", "model_owner"),
        "record:report": ("model_owner",),
        "record:rerun": ("model_owner",),
        "tools:read": ("auditor", "privacy_officer", "safety_officer", "model_owner"),
    },
    classes=(RECORD, TEXTS),
    deletes={"record": (purge_sessions,), "texts": (destroy_keys,)},
    ends={
        "audit_entry": "record",
        "llm_session": "record",
        "llm_response": "record",
        "patient_access": "record",
        "vault_key": "texts",
    },
    keeps={
        "seal": "proof of the record, one each minute in use",
        "seal_leaf": "proof of the record",
        "key_check": FEW,
        "break_glass": "proof of who saw what",
        "retention_rule": FEW,
    },
)
