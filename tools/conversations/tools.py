"""Conversations as staff see and steer them, and the hand-over from an agent to a person and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from db.json import JsonObject
from tools.conversations.channel import channel_of, channels_for_outreach
from tools.conversations.contents import ERASED, open_contents
from tools.conversations.inbox import end_session, ensure_conversation, one_at_a_time, queue_out
from tools.conversations.purposes import PERSON
from tools.conversations.shown import ConversationOut, show_conversation, show_conversations
from tools.conversations.tables import Conversation, Message
from tools.patients.gates import e164, load_patient, require_consent
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, InvalidArguments
from tools.runtime.events import event_type
from tools.runtime.names import OneOf, Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, post, tool

HANDED_OFF = event_type("Conversation.HandedOff", "An agent handed a conversation to a person", alert=True)
HANDED_BACK = event_type("Conversation.HandedBack", "A person gave a conversation back to the agent")
CLOSED = event_type("Conversation.Closed", "A conversation was closed")
_READ, _WRITE = Permission("conversations:read"), Permission("conversations:write")


class OpenConversation(Args):
    patient_id: UUID
    channel: Annotated[str, OneOf(channels_for_outreach)] = "whatsapp"


class ConversationId(Args):
    conversation_id: UUID


class ListConversations(PageArgs):
    state: Literal["open", "handed_over", "closed"] | None = None
    patient_id: UUID | None = None


class ListMessages(PageArgs):
    conversation_id: UUID


class ListOutbox(PageArgs):
    state: Literal["queued", "sending", "sent", "delivered", "read", "failed", "held", "cancelled"] | None = None


class PostMessage(Args):
    conversation_id: UUID
    body: Words = Field(min_length=1, description="As long as one message of the channel: 1,600 characters on WhatsApp")


class Assign(Args):
    conversation_id: UUID
    to: str | None = Field(max_length=200, description="A person; null gives the conversation back to the agent")


class MessageOut(Out):
    id: UUID
    conversation_id: UUID
    direction: str
    author: str
    body: str
    media: list[JsonObject]
    at: datetime
    state: str
    purpose: str | None
    provider_id: str | None
    in_reply_to: UUID | None
    error: str | None


@tool(
    "conversations.open_conversation",
    rest=post("/api/v1/prm/conversations", status=201),
    needs=_WRITE,
    effect=Effect.WRITE,
)
async def open_conversation(ctx: ToolContext, args: OpenConversation) -> ConversationOut:
    """Open the conversation with a patient, or give the one that is open."""
    patient = await load_patient(ctx, args.patient_id)
    if not patient.phone:
        raise InvalidArguments(errors=[{"field": "patient_id", "rule": "must name a patient with a phone number"}])
    address = e164(patient.phone, ctx.tenant.country)
    made = await ensure_conversation(ctx.work, args.channel, address, patient_id=patient.id)
    return await show_conversation(ctx, await ctx.load(Conversation, made))


async def _messages(ctx: ToolContext, rows: Sequence[Message]) -> list[MessageOut]:
    query = select(Conversation.patient_id).where(Conversation.id.in_({row.conversation_id for row in rows}))
    ctx.seen.extend(patient for patient in await ctx.session.scalars(query.distinct()) if patient is not None)
    contents = await open_contents(ctx.work.keys, rows)
    return [
        MessageOut.model_validate(
            {**row.__dict__, "body": content.text if content else ERASED, "media": content.media if content else []}
        )
        for row, content in zip(rows, contents, strict=True)
    ]


@tool("conversations.list_conversations", rest=get("/api/v1/prm/conversations"), needs=_READ, effect=Effect.READ)
async def list_conversations(ctx: ToolContext, args: ListConversations) -> Page[ConversationOut]:
    """List conversations, oldest first."""
    query = select(Conversation)
    if args.state:
        query = query.where(Conversation.state == args.state)
    if args.patient_id:
        query = query.where(Conversation.patient_id == args.patient_id)
    order = (Conversation.id,)
    return await page(
        ctx.session, query, args, cursors=ctx.cursors, order=order, show_all=lambda rows: show_conversations(ctx, rows)
    )


@tool(
    "conversations.get_conversation",
    rest=get("/api/v1/prm/conversations/{conversation_id}"),
    needs=_READ,
    effect=Effect.READ,
)
async def get_conversation(ctx: ToolContext, args: ConversationId) -> ConversationOut:
    """Read one conversation."""
    return await show_conversation(ctx, await ctx.load(Conversation, args.conversation_id))


@tool(
    "conversations.list_messages",
    rest=get("/api/v1/prm/conversations/{conversation_id}/messages"),
    needs=_READ,
    effect=Effect.READ,
)
async def list_messages(ctx: ToolContext, args: ListMessages) -> Page[MessageOut]:
    """List a conversation's messages in order."""
    await ctx.load(Conversation, args.conversation_id)
    query = select(Message).where(Message.conversation_id == args.conversation_id)
    order = (Message.seq,)
    return await page(
        ctx.session, query, args, cursors=ctx.cursors, order=order, show_all=lambda rows: _messages(ctx, rows)
    )


@tool("conversations.list_outbox", rest=get("/api/v1/prm/outbox"), needs=Permission("outbox:read"), effect=Effect.READ)
async def list_outbox(ctx: ToolContext, args: ListOutbox) -> Page[MessageOut]:
    """List outgoing messages with their delivery state; `held` ones rest here because no carrier is configured."""
    query = select(Message).where(Message.direction == "out")
    if args.state:
        query = query.where(Message.state == args.state)
    order = (Message.seq,)
    return await page(
        ctx.session, query, args, cursors=ctx.cursors, order=order, show_all=lambda rows: _messages(ctx, rows)
    )


@tool(
    "conversations.post_message",
    rest=post("/api/v1/prm/conversations/{conversation_id}/messages", status=201),
    needs=_WRITE,
    effect=Effect.WRITE,
)
async def post_message(ctx: ToolContext, args: PostMessage) -> MessageOut:
    """Write to the patient as a person."""
    row = await ctx.load(Conversation, args.conversation_id, lock=True)
    if row.state == "closed":
        raise Conflict("The conversation is closed; open a new one.")
    if row.patient_id is not None:
        await require_consent(ctx, row.patient_id, "messages")
    channel_of(row.channel).check_length(args.body)
    made = await queue_out(ctx.work, row.id, args.body, channel=row.channel, author=ctx.principal.id, purpose=PERSON)
    await ctx.session.flush()
    return (await _messages(ctx, [await ctx.load(Message, made)]))[0]


@tool(
    "conversations.assign_conversation",
    rest=post("/api/v1/prm/conversations/{conversation_id}/assign"),
    needs=_WRITE,
    effect=Effect.WRITE,
)
async def assign_conversation(ctx: ToolContext, args: Assign) -> ConversationOut:
    """Give a conversation to a person (the agent is silent from then on), or back to the agent."""
    row = await ctx.load(Conversation, args.conversation_id, lock=True)
    ctx.check_version(row)
    if row.state == "closed":
        raise Conflict("The conversation is closed.")
    was = row.state
    row.assigned_to = args.to
    row.state = "open" if args.to is None else "handed_over"
    if was != row.state:
        ctx.emit(HANDED_BACK if args.to is None else HANDED_OFF, row.id, by=ctx.principal.id)
    await ctx.session.flush()
    return await show_conversation(ctx, row)


@tool(
    "conversations.close_conversation",
    rest=post("/api/v1/prm/conversations/{conversation_id}/close"),
    needs=_WRITE,
    effect=Effect.WRITE,
)
async def close_conversation(ctx: ToolContext, args: ConversationId) -> ConversationOut:
    """Close a conversation; the patient's next message opens a new one."""
    row = await ctx.load(Conversation, args.conversation_id)
    await one_at_a_time(ctx.work, row.channel, row.address_key)  # before the row: so does who receives a message
    row = await ctx.load(Conversation, args.conversation_id, lock=True)
    ctx.check_version(row)
    if row.state != "closed":
        row.state = "closed"
        ctx.emit(CLOSED, row.id)
        await end_session(ctx.work, row, "closed")
    await ctx.session.flush()
    return await show_conversation(ctx, row)
