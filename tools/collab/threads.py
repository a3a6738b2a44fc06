"""Case threads: the team around a patient discusses a case; people and roles are mentioned, the assistant takes
part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from pydantic import Field
from sqlalchemy import cast as as_type
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text

from db.base import new_id
from tools.collab.content import seal
from tools.collab.tables import CollabMessage, CollabThread
from tools.patients.gates import load_patient
from tools.runtime.constraints import explains
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, InvalidArguments
from tools.runtime.events import event_type
from tools.runtime.names import Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission, Role
from tools.runtime.tool import Args, Effect, Out, get, patch, post, tool
from tools.scheduling.tables import Encounter

OPENED = event_type("CollabThread.Created", "A case discussion was opened")
CLOSED = event_type("CollabThread.Closed", "A case discussion was closed, or opened again")
POSTED = event_type("CollabMessage.Posted", "Somebody wrote in a case discussion")
_READ, _WRITE = Permission("collab:read"), Permission("collab:write")
_MENTION = re.compile(r"(?<![\w@.])@([\w][\w.:|-]{0,98}[\w]|\w)")
_ROLES = frozenset(get_args(Role)) - {"patient"}
ASSISTANT = "assistant"


class ThreadClosed(Conflict):
    code = "thread_closed"
    title = "The discussion is closed"


class AlreadyAnswered(Conflict):
    code = "already_answered"
    title = "The assistant has answered this message"


explains("uq_collab_message_tenant_id_answers", AlreadyAnswered)


class OpenThread(Args):
    patient_id: UUID
    encounter_id: UUID | None = None
    title: Words = Field(min_length=1, max_length=200)


class ThreadId(Args):
    thread_id: UUID


class SetThread(ThreadId):
    state: Literal["open", "closed"]


class ListThreads(PageArgs):
    patient_id: UUID | None = None
    state: Literal["open", "closed"] | None = None


class PostMessage(ThreadId):
    text: str = Field(
        min_length=1, max_length=4000, description="@name a person, @nurse a role, @assistant the assistant"
    )


class AnswerMessage(PostMessage):
    answers: UUID


class ListMessages(PageArgs):
    thread_id: UUID


class ThreadOut(Out):
    id: UUID
    patient_id: UUID
    encounter_id: UUID | None
    state: str
    title: str = Field(description="[erased] where the patient's data was erased")
    opened_by: str
    created_at: datetime
    last_at: datetime
    version: int


class MessageOut(Out):
    id: UUID
    thread_id: UUID
    patient_id: UUID
    author: str
    kind: str
    at: datetime
    mentions: list[str]
    text: str
    answers: UUID | None


def mentions_in(text: str) -> list[str]:
    """Who is mentioned: "assistant", "role:nurse", "user:<principal>"; each once, in order."""
    found = []
    for name in _MENTION.findall(text):
        plain = name.lower().replace("-", "_")
        found.append(ASSISTANT if plain == ASSISTANT else f"role:{plain}" if plain in _ROLES else f"user:{name}")
    return list(dict.fromkeys(found))


@tool("collab.open_thread", rest=post("/api/v1/collab/threads", status=201), needs=_WRITE, effect=Effect.WRITE)
async def open_thread(ctx: ToolContext, args: OpenThread) -> ThreadOut:
    """Open a discussion of a patient's case."""
    patient = await load_patient(ctx, args.patient_id)
    if args.encounter_id is not None and (await ctx.load(Encounter, args.encounter_id)).patient_id != patient.id:
        raise InvalidArguments(errors=[{"field": "encounter_id", "rule": "must be of the same patient"}])
    thread_id = new_id()
    title = await seal(ctx, patient.id, args.title, f"thread/{thread_id}")
    row = CollabThread(
        id=thread_id, tenant_id=ctx.tenant.id, patient_id=patient.id, encounter_id=args.encounter_id,
        opened_by=ctx.principal.id, title=title, last_at=ctx.now, created_at=ctx.now,
    )  # fmt: skip
    ctx.session.add(row)
    await ctx.session.flush()
    ctx.emit(OPENED, row.id)
    [shown] = await _threads(ctx, [row])
    return shown


@tool("collab.list_threads", rest=get("/api/v1/collab/threads"), needs=_READ, effect=Effect.READ)
async def list_threads(ctx: ToolContext, args: ListThreads) -> Page[ThreadOut]:
    """List case discussions, of one patient or of all, oldest first."""
    query = select(CollabThread)
    if args.patient_id is not None:
        query = query.where(CollabThread.patient_id == args.patient_id)
    if args.state is not None:
        query = query.where(CollabThread.state == args.state)
    order = (CollabThread.id,)
    return await page(
        ctx.session, query, args, cursors=ctx.cursors, order=order, show_all=lambda rows: _threads(ctx, rows)
    )


@tool("collab.get_thread", rest=get("/api/v1/collab/threads/{thread_id}"), needs=_READ, effect=Effect.READ)
async def get_thread(ctx: ToolContext, args: ThreadId) -> ThreadOut:
    """Read what a case discussion is about and its state; its messages are listed apart."""
    [shown] = await _threads(ctx, [await ctx.load(CollabThread, args.thread_id)])
    return shown


@tool("collab.set_thread", rest=patch("/api/v1/collab/threads/{thread_id}"), needs=_WRITE, effect=Effect.WRITE)
async def set_thread(ctx: ToolContext, args: SetThread) -> ThreadOut:
    """Close a case discussion, or open it again."""
    row = await ctx.load(CollabThread, args.thread_id, lock=True)
    ctx.check_version(row)
    if row.state != args.state:
        row.state = args.state
        ctx.emit(CLOSED, row.id, state=args.state)
        await ctx.session.flush()
    [shown] = await _threads(ctx, [row])
    return shown


@tool("collab.post_message", rest=post("/api/v1/collab/threads/{thread_id}/messages", status=201), needs=_WRITE,
      effect=Effect.WRITE, raises=(ThreadClosed,))  # fmt: skip
async def post_message(ctx: ToolContext, args: PostMessage) -> MessageOut:
    """Write in a case discussion. Who is mentioned finds it among their mentions; @assistant is answered in the
    thread."""
    return await _post(ctx, args, kind="person", answers=None)


@tool(
    "collab.answer_message",
    needs=Permission("collab:answer"),
    effect=Effect.WRITE,
    raises=(ThreadClosed, AlreadyAnswered),
)
async def answer_message(ctx: ToolContext, args: AnswerMessage) -> MessageOut:
    """Answer a message as the assistant. For the service itself."""
    return await _post(ctx, args, kind="agent", answers=args.answers)


async def _post(ctx: ToolContext, args: PostMessage, *, kind: str, answers: UUID | None) -> MessageOut:
    thread = await ctx.load(CollabThread, args.thread_id, lock=True)
    if thread.state != "open":
        raise ThreadClosed
    message_id = new_id()
    row = CollabMessage(
        id=message_id, tenant_id=ctx.tenant.id, thread_id=thread.id, patient_id=thread.patient_id, kind=kind,
        at=ctx.now,
        author=ASSISTANT if kind == "agent" else ctx.principal.id, answers=answers,
        mentions=mentions_in(args.text) if kind == "person" else [],
        content=await seal(ctx, thread.patient_id, args.text, f"message/{message_id}"),
    )  # fmt: skip
    ctx.session.add(row)
    thread.last_at = ctx.now
    await ctx.session.flush()
    ctx.emit(POSTED, thread.id, message_id=str(row.id), asks=ASSISTANT in row.mentions)
    [shown] = await _messages(ctx, [row])
    return shown


@tool("collab.list_messages", rest=get("/api/v1/collab/threads/{thread_id}/messages"), needs=_READ, effect=Effect.READ)
async def list_messages(ctx: ToolContext, args: ListMessages) -> Page[MessageOut]:
    """The messages of a case discussion, oldest first."""
    await ctx.load(CollabThread, args.thread_id)
    query = select(CollabMessage).where(CollabMessage.thread_id == args.thread_id)
    order = (CollabMessage.id,)
    return await page(
        ctx.session, query, args, cursors=ctx.cursors, order=order, show_all=lambda rows: _messages(ctx, rows)
    )


@tool("collab.list_mentions", rest=get("/api/v1/collab/mentions"), needs=_READ, effect=Effect.READ)
async def list_mentions(ctx: ToolContext, args: PageArgs) -> Page[MessageOut]:
    """Messages that mention the caller, or a role of the caller's, oldest first."""
    mine = [f"user:{ctx.principal.id}", *(f"role:{role}" for role in sorted(ctx.principal.roles))]
    named = as_type(CollabMessage.mentions, JSONB).has_any(as_type(mine, ARRAY(Text)))
    order = (CollabMessage.id,)
    return await page(
        ctx.session, select(CollabMessage).where(named), args, cursors=ctx.cursors, order=order,
        show_all=lambda rows: _messages(ctx, rows),
    )  # fmt: skip


async def _threads(ctx: ToolContext, rows: Sequence[CollabThread]) -> list[ThreadOut]:
    titles = await ctx.work.keys.open_many([(row.title, f"thread/{row.id}") for row in rows])
    return [
        ThreadOut(
            id=row.id, patient_id=row.patient_id, encounter_id=row.encounter_id, state=row.state,
            title=title or "[erased]",
            opened_by=row.opened_by, created_at=row.created_at, last_at=row.last_at, version=row.version,
        )
        for row, title in zip(rows, titles, strict=True)
    ]  # fmt: skip


async def _messages(ctx: ToolContext, rows: Sequence[CollabMessage]) -> list[MessageOut]:
    texts = await ctx.work.keys.open_many([(row.content, f"message/{row.id}") for row in rows])
    return [
        MessageOut(
            id=row.id, thread_id=row.thread_id, patient_id=row.patient_id, author=row.author, kind=row.kind, at=row.at,
            mentions=row.mentions, text=text or "[erased]", answers=row.answers,
        )
        for row, text in zip(rows, texts, strict=True)
    ]  # fmt: skip
