"""Tickets: opened by people and by the service, worked on by people, with a time by which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningUpdate

from db.base import new_id
from db.json import JsonObject
from tools.conversations.tables import Conversation
from tools.patients.tables import Patient
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, InvalidArguments
from tools.runtime.events import event_type
from tools.runtime.jobs import task
from tools.runtime.names import Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission, system
from tools.runtime.runtime import Runtime
from tools.runtime.tenants import tenant_work
from tools.runtime.tool import Args, Effect, Out, get, patch, post, tool
from tools.tickets.tables import Ticket, TicketComment

CREATED = event_type("Ticket.Created", "Something was put before a person")
UPDATED = event_type("Ticket.Updated", "A ticket was changed")
RESOLVED = event_type("Ticket.Resolved", "A ticket was resolved")
BREACHED = event_type("Ticket.Breached", "A ticket was not resolved by its due time")
ESCALATED = event_type("Ticket.Escalated", "A critical ticket waits for somebody to take it", alert=True)
SUSPECTED = "suspected_emergency"  # category of what may be an emergency, and the patient was asked
WARNED = event_type("Ticket.EmergencySuspected", "A patient's message may be of an emergency", alert=True)
_READ, _WRITE = Permission("tickets:read"), Permission("tickets:write")
Priority = Literal["low", "normal", "high", "critical"]
State = Literal["open", "in_progress", "resolved", "closed"]

# Minutes by which a person should have answered: the service's own defaults, not a regulation's.
DUE_MINUTES: dict[str, int] = {"critical": 15, "high": 60, "normal": 240, "low": 1440}


@dataclass(frozen=True, slots=True)
class Escalation:
    """`again_s`: a critical ticket that nobody has taken is alerted about again after so long."""

    again_s: float = 300.0


class CreateTicket(Args):
    category: Words = Field(min_length=1, max_length=60)
    subject: Words = Field(min_length=1, max_length=500)
    priority: Priority = "normal"
    patient_id: UUID | None = None
    conversation_id: UUID | None = None
    once: str | None = Field(None, max_length=200, description="The same key opens one ticket only")


class UpdateTicket(Args):
    ticket_id: UUID
    priority: Priority | None = None
    state: State | None = None
    assignee: str | None = Field(None, max_length=200)


class TicketId(Args):
    ticket_id: UUID


class AddComment(Args):
    ticket_id: UUID
    body: str = Field(min_length=1, max_length=4000)


class ListTickets(PageArgs):
    state: State | None = None
    category: str | None = Field(None, max_length=60)
    patient_id: UUID | None = None


class CommentOut(Out):
    id: UUID
    author: str
    body: str
    at: datetime


class TicketOut(Out):
    id: UUID
    number: int | None
    category: str
    priority: str
    subject: str
    state: str
    assignee: str | None
    due_at: datetime
    patient_id: UUID | None
    conversation_id: UUID | None
    resolved_at: datetime | None
    breached_at: datetime | None
    version: int


class TicketWithComments(TicketOut):
    comments: list[CommentOut] = []


@tool("tickets.create_ticket", rest=post("/api/v1/prm/tickets", status=201), needs=_WRITE, effect=Effect.WRITE)
async def create_ticket(ctx: ToolContext, args: CreateTicket) -> TicketOut:
    """Put something before a person; due by its priority."""
    if args.patient_id is not None:
        await ctx.load(Patient, args.patient_id)
    if args.conversation_id is not None:
        await ctx.load(Conversation, args.conversation_id)
    due_at = ctx.now + timedelta(minutes=DUE_MINUTES[args.priority])
    values = {"id": new_id(), "tenant_id": ctx.tenant.id, "state": "open", "due_at": due_at, "version": 1}
    if args.priority == "critical":
        values["alerted_at"] = ctx.now
    made = await ctx.session.execute(
        insert(Ticket).values(**values, **args.model_dump()).on_conflict_do_nothing().returning(Ticket.id)
    )
    made_id = made.scalar()
    if made_id is not None:
        ctx.emit(CREATED, made_id, category=args.category, priority=args.priority)
        if args.priority == "critical":
            ctx.emit(ESCALATED, made_id, category=args.category)
        elif args.category == SUSPECTED:
            ctx.emit(WARNED, made_id)
        return TicketOut.model_validate(await ctx.load(Ticket, made_id))
    return TicketOut.model_validate((await ctx.session.scalars(select(Ticket).where(Ticket.once == args.once))).one())


@tool("tickets.list_tickets", rest=get("/api/v1/prm/tickets"), needs=_READ, effect=Effect.READ)
async def list_tickets(ctx: ToolContext, args: ListTickets) -> Page[TicketOut]:
    """List tickets by due time."""
    query = select(Ticket)
    for column, value in (
        (Ticket.state, args.state),
        (Ticket.category, args.category),
        (Ticket.patient_id, args.patient_id),
    ):
        if value is not None:
            query = query.where(column == value)
    order = (Ticket.due_at, Ticket.id)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=TicketOut.model_validate)


@tool("tickets.get_ticket", rest=get("/api/v1/prm/tickets/{ticket_id}"), needs=_READ, effect=Effect.READ)
async def get_ticket(ctx: ToolContext, args: TicketId) -> TicketWithComments:
    """Read a ticket with its comments."""
    row = await ctx.load(Ticket, args.ticket_id)
    query = select(TicketComment).where(TicketComment.ticket_id == row.id).order_by(TicketComment.id)
    comments = [CommentOut.model_validate(comment) for comment in await ctx.session.scalars(query)]
    return TicketWithComments(**TicketOut.model_validate(row).model_dump(), comments=comments)


@tool("tickets.update_ticket", rest=patch("/api/v1/prm/tickets/{ticket_id}"), needs=_WRITE, effect=Effect.WRITE)
async def update_ticket(ctx: ToolContext, args: UpdateTicket) -> TicketOut:
    """Assign, prioritise, work on, resolve or close a ticket."""
    row = await ctx.load(Ticket, args.ticket_id, lock=True)
    ctx.check_version(row)
    changes: JsonObject = args.model_dump(exclude={"ticket_id"}, exclude_unset=True)
    nulls = [name for name in ("priority", "state") if name in changes and changes[name] is None]
    if nulls:
        raise InvalidArguments(errors=[{"field": name, "rule": "must not be null"} for name in nulls])
    if row.state == "closed":
        raise Conflict("The ticket is closed; open a new one.")
    for name, value in changes.items():
        setattr(row, name, value)
    if args.state == "resolved":
        row.resolved_at = ctx.now
        ctx.emit(RESOLVED, row.id)
    elif args.state in ("open", "in_progress"):
        row.resolved_at = None
    await ctx.session.flush()
    ctx.emit(UPDATED, row.id, fields=sorted(changes))
    return TicketOut.model_validate(row)


@tool(
    "tickets.add_comment",
    rest=post("/api/v1/prm/tickets/{ticket_id}/comments", status=201),
    needs=_WRITE,
    effect=Effect.WRITE,
)
async def add_comment(ctx: ToolContext, args: AddComment) -> CommentOut:
    """Comment on a ticket."""
    await ctx.load(Ticket, args.ticket_id)
    shown = CommentOut(id=new_id(), author=ctx.principal.id, body=args.body, at=ctx.now)
    row = {"tenant_id": ctx.tenant.id, "ticket_id": args.ticket_id, **shown.model_dump()}
    await ctx.session.execute(insert(TicketComment).values(**row))
    ctx.emit(UPDATED, args.ticket_id, fields=["comments"])
    return shown


@task("tickets.find_breaches", every="* * * * *", each_tenant=True)
async def find_breaches(runtime: Runtime, *, tenant: str) -> None:
    """Mark tickets that are past their due time, once; alert again about critical ones that nobody has taken."""
    async with tenant_work(runtime, UUID(tenant), system_name="tickets.find_breaches") as work:
        statement = (
            update(Ticket)
            .where(Ticket.state.in_(("open", "in_progress")), Ticket.due_at < work.now, Ticket.breached_at.is_(None))
            .values(breached_at=work.now, version=Ticket.version + 1)
            .returning(Ticket.id)
            .execution_options(synchronize_session=False)
        )
        ctx = await runtime.context(work, system(work.tenant_id, "tickets"))
        for ticket_id in (await work.session.execute(statement)).scalars().all():
            ctx.emit(BREACHED, ticket_id)
        for row in await work.session.execute(_alerted_again(runtime, work.now)):
            ctx.emit(ESCALATED, row.id, category=row.category)


def _alerted_again(runtime: Runtime, now: datetime) -> ReturningUpdate[UUID, str]:
    again = timedelta(seconds=(runtime.services.find(Escalation) or Escalation()).again_s)
    return (
        update(Ticket)
        .where(
            Ticket.priority == "critical", Ticket.state == "open", Ticket.assignee.is_(None),
            or_(Ticket.alerted_at.is_(None), Ticket.alerted_at <= now - again),
        )
        .values(alerted_at=now)
        .returning(Ticket.id, Ticket.category)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
