"""Handing a conversation over to a person: the agent falls silent, and a ticket starts the clock on the person's
answer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from tools.conversations.shown import ConversationOut, show_conversation
from tools.conversations.tables import Conversation
from tools.conversations.tools import HANDED_BACK, HANDED_OFF
from tools.runtime.context import ToolContext
from tools.runtime.names import Words
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, tool
from tools.tickets.tools import CreateTicket, create_ticket


class HandOver(Args):
    conversation_id: UUID
    reason: Words = Field(min_length=1, max_length=500)
    priority: Literal["normal", "high", "critical"] = "normal"


class TakeBack(Args):
    conversation_id: UUID


class HandedOver(ConversationOut):
    answer_due_at: datetime  # by when a person should have answered


@tool("conversations.hand_over", needs=Permission("self:write"), effect=Effect.WRITE, by_patient=True)
async def hand_over(ctx: ToolContext, args: HandOver) -> HandedOver:
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
    made = await ctx.call(create_ticket, ticket)
    return HandedOver(**(await show_conversation(ctx, row)).model_dump(), answer_due_at=made.due_at)


@tool("conversations.take_back", needs=Permission("self:write"), effect=Effect.WRITE, by_patient=True)
async def take_back(ctx: ToolContext, args: TakeBack) -> ConversationOut:
    """Let the agent go on where the patient asked for that, since nobody has answered. The ticket stays open."""
    row = await ctx.load(Conversation, args.conversation_id)
    if row.state == "handed_over":
        row.state, row.assigned_to = "open", None
        ctx.emit(HANDED_BACK, row.id, by=ctx.principal.id)
        await ctx.session.flush()
    return await show_conversation(ctx, row)
