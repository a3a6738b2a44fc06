"""Service requests: what a patient asks of the hospital's people in a conversation, typed, with a number to ask by.

A request is a ticket with a short number. Whoever asks about one by its number, from the number of the telephone that
made it, hears its state and nothing of what was said."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from tools.conversations.tables import Conversation
from tools.patients.tables import Patient
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict
from tools.runtime.names import Words
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, tool
from tools.tickets.tables import Ticket, TicketComment
from tools.tickets.tools import CREATED, DUE_MINUTES, UPDATED, Priority

Category = Literal[
    "bill", "care", "refill", "report", "bill_copy", "certificate", "records", "call_back", "insurance",
    "help_at_visit", "lost_property", "other",
]  # fmt: skip
# How soon a person should answer each kind, by `DUE_MINUTES`: the service's own defaults.
PRIORITY: dict[Category, Priority] = {
    "bill": "normal", "care": "high", "refill": "normal", "report": "normal", "bill_copy": "low", "certificate": "low",
    "records": "low", "call_back": "high", "insurance": "normal", "help_at_visit": "normal", "lost_property": "normal",
    "other": "normal",
}  # fmt: skip
_SAME = timedelta(hours=24)  # another of the same kind from the same number within so long adds to the first
_TRIES = 20
_UNTAKEN = Conflict("There is no free number for a request; try again.")


class RequestService(Args):
    category: Category
    words: Words = Field(min_length=1, max_length=500, description="What the patient said")
    conversation_id: UUID
    patient_id: UUID | None = None


class FindRequests(Args):
    conversation_id: UUID
    number: int | None = Field(None, ge=0, le=999_999_999)


class RequestOut(Out):
    number: int
    category: str
    state: str
    due_at: datetime
    resolved_at: datetime | None


class RequestMade(RequestOut):
    added: bool  # to one that was open already


class RequestsOut(Out):
    items: list[RequestOut]


@tool("tickets.request_service", needs=Permission("self:write"), effect=Effect.WRITE, by_patient=True)
async def request_service(ctx: ToolContext, args: RequestService) -> RequestMade:
    """Put a patient's request before the people whose it is, with a number to ask by. What is said more of the same
    kind within a day is added to the one that is open."""
    await ctx.load(Conversation, args.conversation_id)
    if args.patient_id is not None:
        await ctx.load(Patient, args.patient_id)
    due_at = ctx.now + timedelta(minutes=DUE_MINUTES[PRIORITY[args.category]])
    query = (await _of_address(ctx, args.conversation_id)).where(
        Ticket.category == args.category, Ticket.state.in_(("open", "in_progress")), Ticket.due_at > due_at - _SAME
    )
    standing = (await ctx.session.scalars(query.limit(1))).first()
    if standing is not None:
        comment = TicketComment(
            id=new_id(), tenant_id=ctx.tenant.id, ticket_id=standing.id, author="patient", body=args.words, at=ctx.now
        )
        ctx.session.add(comment)
        await ctx.session.flush()
        ctx.emit(UPDATED, standing.id, fields=["comments"])
        return RequestMade(**_shown(standing), added=True)
    made = await _open(ctx, args, due_at)
    ctx.emit(CREATED, made.id, category=args.category, priority=made.priority)
    return RequestMade(**_shown(made), added=False)


@tool("tickets.find_requests", needs=Permission("self:write"), effect=Effect.READ, by_patient=True)
async def find_requests(ctx: ToolContext, args: FindRequests) -> RequestsOut:
    """The state of the requests that came from a conversation's address, the newest first, five at most."""
    query = await _of_address(ctx, args.conversation_id)
    if args.number is not None:
        query = query.where(Ticket.number == args.number)
    rows = await ctx.session.scalars(query.limit(5))
    return RequestsOut(items=[RequestOut(**_shown(row)) for row in rows])


async def _of_address(ctx: ToolContext, conversation_id: UUID) -> Select[Ticket]:
    """The requests of all conversations with the same address, the newest first."""
    here = await ctx.load(Conversation, conversation_id)
    theirs = select(Conversation.id).where(Conversation.address_key == here.address_key)
    found = select(Ticket).where(Ticket.number.is_not(None), Ticket.conversation_id.in_(theirs))
    return found.order_by(Ticket.id.desc())


async def _open(ctx: ToolContext, args: RequestService, due_at: datetime) -> Ticket:
    priority = PRIORITY[args.category]
    values = {
        "tenant_id": ctx.tenant.id, "category": args.category, "subject": args.words, "priority": priority,
        "state": "open", "due_at": due_at, "version": 1,
        "patient_id": args.patient_id, "conversation_id": args.conversation_id,
    }  # fmt: skip
    for attempt in range(_TRIES):  # five digits, which are easy to say; more where they are nearly taken
        number = 10_000 + secrets.randbelow(90_000 if attempt < _TRIES // 2 else 990_000)
        statement = insert(Ticket).values(**values, id=new_id(), number=number).on_conflict_do_nothing()
        made_id = (await ctx.session.execute(statement.returning(Ticket.id))).scalar()
        if made_id is not None:
            return await ctx.load(Ticket, made_id)
    raise _UNTAKEN


def _shown(row: Ticket) -> dict[str, object]:
    return {name: getattr(row, name) for name in RequestOut.model_fields}
