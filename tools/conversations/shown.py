"""A conversation as callers see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import Field

from tools.conversations.contents import open_addresses
from tools.conversations.tables import Conversation
from tools.runtime.context import ToolContext
from tools.runtime.tool import Out


class ConversationOut(Out):
    id: UUID
    channel: str
    address: str | None = Field(description="E.164; null where it was erased")
    patient_id: UUID | None
    state: str
    assigned_to: str | None
    agent: str
    language: str
    last_inbound_at: datetime | None
    version: int


async def show_conversation(ctx: ToolContext, row: Conversation) -> ConversationOut:
    """A conversation as callers see it, its address opened."""
    return (await show_conversations(ctx, [row]))[0]


async def show_conversations(ctx: ToolContext, rows: Sequence[Conversation]) -> list[ConversationOut]:
    """Conversations as callers see them."""
    addresses = await open_addresses(ctx.work.keys, rows)
    return [
        ConversationOut.model_validate({**row.__dict__, "address": address})
        for row, address in zip(rows, addresses, strict=True)
    ]
