"""Conversations, messages and communications."""

from __future__ import annotations

from tools.conversations.erasure import erase_conversations
from tools.runtime.rooms import FEW, DataClass, Room, deleting

MESSAGES = DataClass(
    "messages", days=2555, at_least=30, counted_as="messages",
    why="with the record that tells of them: seven years, the hospital's rule (spec/governance.md)",
)  # fmt: skip
_COMMUNICATIONS = deleting(
    "DELETE FROM communication WHERE id IN (SELECT id FROM communication WHERE at < :before LIMIT :most)"
)
# with its answer, which is newer by a moment only
_MESSAGES = deleting(
    "DELETE FROM message WHERE coalesce(in_reply_to, id) IN (SELECT m.id FROM message m WHERE m.at < :before"
    " AND m.in_reply_to IS NULL AND NOT EXISTS (SELECT 1 FROM communication c JOIN message r ON r.id = c.message_id"
    " WHERE coalesce(r.in_reply_to, r.id) = m.id)"
    " AND NOT EXISTS (SELECT 1 FROM voice_session v WHERE v.message_id = m.id) ORDER BY m.at LIMIT :most)"
)
_REPORTS = deleting(
    "DELETE FROM delivery_report WHERE id IN (SELECT id FROM delivery_report WHERE at < :before LIMIT :most)"
)

ROOM = Room(
    "conversations",
    grants={
        "communications:read": ("physician", "nurse", "front_desk", "care_coordinator", "quality_officer"),
        "communications:write": ("front_desk", "care_coordinator"),
        "conversations:read": ("physician", "nurse", "front_desk", "care_coordinator", "quality_officer"),
        "conversations:write": ("front_desk", "care_coordinator"),
        "outbox:read": ("front_desk", "care_coordinator"),
        "templates:write": ("care_coordinator",),
    },
    classes=(MESSAGES,),
    deletes={"messages": (_COMMUNICATIONS, _MESSAGES), "deliveries": (_REPORTS,)},
    ends={
        "communication": "messages",
        "message": "messages",
        "provider_message": "messages",
        "message_answer": "messages",
        "delivery_report": "deliveries",
    },
    keeps={
        "conversation": "one a patient and channel at a time; its texts end by their keys",
        "message_template": FEW,
    },
    erase=erase_conversations,
    in_clear=frozenset({"message_template"}),
)
