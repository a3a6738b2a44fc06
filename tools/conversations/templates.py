"""Approved message templates: which Twilio Content SID stands for a purpose in a language, outside the 24-hour window.

A template's variables have the names of the facts that a notice is made of: given, practitioner, when, location,
hospital."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.base import new_id
from tools.conversations.channel import channels_with_templates
from tools.conversations.tables import MessageTemplate
from tools.runtime.context import ToolContext
from tools.runtime.names import OneOf, Words
from tools.runtime.pages import Page, PageArgs, page
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, get, post, tool

_ADMIN = Permission("templates:write")


class SetTemplate(Args):
    name: Words = Field(min_length=1, max_length=60, description="The purpose it serves: reminder, confirmation, ...")
    language: Literal["en", "hi"]
    channel: Annotated[str, OneOf(channels_with_templates)] = "whatsapp"
    content_sid: str = Field(pattern=r"^HX[0-9a-fA-F]{32}$", description="Twilio's Content SID")


class TemplateOut(Out):
    id: UUID
    name: str
    language: str
    channel: str
    content_sid: str
    version: int


@tool(
    "communications.set_template",
    rest=post("/api/v1/prm/notifications/templates", status=201),
    needs=_ADMIN,
    effect=Effect.WRITE,
)
async def set_template(ctx: ToolContext, args: SetTemplate) -> TemplateOut:
    """Name the approved template for a purpose and language; an earlier one is replaced."""
    values = {"id": new_id(), "tenant_id": ctx.tenant.id, "version": 1, **args.model_dump()}
    statement = insert(MessageTemplate).values(values)
    made = await ctx.session.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "name", "language", "channel"],
            set_={"content_sid": args.content_sid, "version": MessageTemplate.version + 1},
        ).returning(MessageTemplate.id)
    )
    return TemplateOut.model_validate(await ctx.load(MessageTemplate, made.scalar_one()))


@tool(
    "communications.list_templates",
    rest=get("/api/v1/prm/notifications/templates"),
    needs=_ADMIN,
    effect=Effect.READ,
)
async def list_templates(ctx: ToolContext, args: PageArgs) -> Page[TemplateOut]:
    """List the approved templates."""
    order = (MessageTemplate.name, MessageTemplate.id)
    query = select(MessageTemplate)
    return await page(ctx.session, query, args, cursors=ctx.cursors, order=order, show=TemplateOut.model_validate)
