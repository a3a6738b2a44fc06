"""What grows and what ends it: the rows that retention lets go of, besides the record's own sessions and keys.

Every table is named once, here: with what lets go of its rows, or why they stay. A test holds this against the tables.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text

from tools.runtime.context import ToolContext

Class = Literal["events", "deliveries", "messages"]
MOST_A_TIME = 5_000
# By class, in order: what refers to a row goes before it. `:most` rows a statement, older than `:before`.
_GOING: dict[Class, tuple[str, ...]] = {
    "events": (
        "DELETE FROM reacted WHERE id IN (SELECT id FROM reacted WHERE created_at < :before LIMIT :most)",
        "SELECT events_purge(:before, :most)",
    ),
    "deliveries": (
        "DELETE FROM delivery_report WHERE id IN (SELECT id FROM delivery_report WHERE at < :before LIMIT :most)",
        "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE created_at < :before"
        " AND state <> 'pending' LIMIT :most)",
        "DELETE FROM dead_job WHERE id IN (SELECT id FROM dead_job WHERE at < :before AND state <> 'dead' LIMIT :most)",
        "DELETE FROM approval WHERE id IN (SELECT id FROM approval WHERE expires_at < :before LIMIT :most)",
    ),
    "messages": (
        "DELETE FROM communication WHERE id IN (SELECT id FROM communication WHERE at < :before LIMIT :most)",
        # with its answer, which is newer by a moment only
        "DELETE FROM message WHERE coalesce(in_reply_to, id) IN (SELECT m.id FROM message m WHERE m.at < :before"
        " AND m.in_reply_to IS NULL AND NOT EXISTS (SELECT 1 FROM communication c JOIN message r ON r.id = c.message_id"
        " WHERE coalesce(r.in_reply_to, r.id) = m.id)"
        " AND NOT EXISTS (SELECT 1 FROM voice_session v WHERE v.message_id = m.id) ORDER BY m.at LIMIT :most)",
    ),
}
_CLINICAL = "clinical record: kept as the law of the place asks, and erased on request"
_FEW = "as many as there are of them"
RULES: dict[str, str] = {
    "audit_entry": "record", "llm_session": "record", "llm_response": "record", "patient_access": "record",
    "event_log": "events", "reacted": "events", "delivery_report": "deliveries", "webhook_delivery": "deliveries",
    "dead_job": "deliveries", "approval": "deliveries", "communication": "messages", "message": "messages",
    "provider_message": "messages", "message_answer": "messages",
    "idempotency_key": "stored_answers", "voice_part": "recordings", "vault_key": "texts",
    "slot_hold": "released when it expires", "seal": "proof of the record, one each minute in use",
    "seal_leaf": "proof of the record", "key_check": _FEW, "break_glass": "proof of who saw what",
    "policy_violation": "proof of what was found", "appointment": _CLINICAL, "encounter": _CLINICAL, "patient": _CLINICAL,
    "patient_identifier": _CLINICAL, "patient_relation": _CLINICAL, "consent": _CLINICAL, "note_revision": _CLINICAL,
    "voice_session": _CLINICAL, "voice_segment": _CLINICAL, "collab_thread": _CLINICAL, "collab_message": _CLINICAL,
    "ticket": _CLINICAL, "ticket_comment": _CLINICAL, "waitlist_entry": _CLINICAL, "time_slot": _CLINICAL,
    "conversation": "one a patient and channel at a time; its texts end by their keys", "provider_schedule": _FEW, "holiday": _FEW,
    "api_key": _FEW, "location": _FEW, "specialty": _FEW, "practitioner": _FEW, "tenant": _FEW, "policy": _FEW,
    "retention_rule": _FEW, "message_template": _FEW, "voice_print": _FEW, "webhook_endpoint": _FEW,
}  # fmt: skip


async def let_go(ctx: ToolContext, which: Class, *, before: datetime) -> int:
    """Remove up to `MOST_A_TIME` rows of each table of a class; how many went."""
    gone = 0
    for statement in _GOING[which]:
        result: Any = await ctx.session.execute(text(statement), {"before": before, "most": MOST_A_TIME})
        gone += int(result.scalar_one()) if result.returns_rows else result.rowcount
    return gone
