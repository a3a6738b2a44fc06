"""Handing a conversation over to a person: the agent falls silent, and a ticket starts the clock on the person's
answer."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from tools.conversations.shown import ConversationOut, show_conversation
from tools.conversations.tables import Conversation
from tools.conversations.tools import HANDED_OFF
from tools.runtime.context import ToolContext
from tools.runtime.names import Words
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, tool
from tools.tickets.tools import CreateTicket, create_ticket


class HandOver(Args):
    conversation_id: UUID
    reason: Words = Field(min_length=1, max_length=500)
    priority: Literal["normal", "high", "critical"] = "normal"


@tool("conversations.hand_over", needs=Permission("self:write"), effect=Effect.WRITE, by_patient=True)
async def hand_over(ctx: ToolContext, args: HandOver) -> ConversationOut:
    """Hand a conversation to a person: the agent is silent, a ticket starts the clock on the person's answer."""
    row = await ctx.load(Conversation, args.conversation_id)
    if row.state == "open":
        row.state = "handed_over"
        ctx.emit(HANDED_OFF, row.id)
    await ctx.session.flush()
    ticket = CreateTicket(
        category="hand_over", subject=args.reason, priority=args.priority, patient_id=row.patient_id,
        conversation_id=row.id,
    )  # fmt: skip
    await ctx.call(create_ticket, ticket)
    return await show_conversation(ctx, row)
