"""What erasing a patient does to conversations: they are closed, their keys go, and nothing of them waits to be
sent."""

from __future__ import annotations

import secrets

from sqlalchemy import select, update

from tools.conversations.inbox import end_session, one_at_a_time
from tools.conversations.tables import Conversation, Message
from tools.runtime.context import ToolContext
from tools.runtime.rooms import Erasing


async def erase_conversations(ctx: ToolContext, erasing: Erasing) -> None:
    """Close a patient's conversations, so that the number no longer leads to them."""
    query = select(Conversation).where(Conversation.patient_id == erasing.patient_id).order_by(Conversation.id)
    for row in await ctx.session.scalars(query):
        await one_at_a_time(ctx.work, row.channel, row.address_key)  # before the rows: so does who receives a message
    locked = query.with_for_update().execution_options(populate_existing=True)
    conversations = list(await ctx.session.scalars(locked))
    ids = [row.id for row in conversations]
    for row in conversations:
        if row.state != "closed":
            await end_session(ctx.work, row, "erased")
        row.state, row.flow = "closed", None
        row.address_key = secrets.token_bytes(32)
    unread = Message.conversation_id.in_(ids), Message.state.in_(("received", "queued", "held"))
    await ctx.session.execute(update(Message).where(*unread).values(state="cancelled", error="erased"))
    erasing.owners += ids
    erasing.found["conversations"] = ids
