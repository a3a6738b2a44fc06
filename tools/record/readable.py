"""What people may read of a session's sealed parts: redacted, or, under a break-glass grant, as they were."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from db.json import JsonObject
from governance.redaction.redactor import NOT_IDENTIFIERS, Redactor
from tools.patients.people import read_people
from tools.record.tables import BreakGlass
from tools.runtime.context import ToolContext
from tools.runtime.guard import KnownPeople

# What is shown redacted. Arguments, results and states are records, not texts: their readable part is in the body.
_OWN_WORDS = frozenset({"kind", "slot", "flow", "tool", "decisions", "stopped"})
_TEXTS = ("text", "commands", "calls", "asked", "detail")


async def grant_of(ctx: ToolContext, session_id: UUID) -> BreakGlass | None:
    """The caller's own open grant for a session."""
    query = (
        select(BreakGlass)
        .where(
            BreakGlass.session_id == session_id, BreakGlass.principal == ctx.principal.id,
            BreakGlass.expires_at > ctx.now
        )
        .order_by(BreakGlass.expires_at.desc())
    )  # fmt: skip
    return (await ctx.session.scalars(query)).first()


async def redact_all(
    ctx: ToolContext, fulls: list[JsonObject | None], patients: Iterable[UUID]
) -> list[JsonObject | None]:
    """The texts of a session's entries without personal data."""
    texts = [{name: full[name] for name in _TEXTS if full.get(name)} if full is not None else {} for full in fulls]
    return [shown or None for shown in await redact_values(ctx, texts, patients)]


async def redact_values(ctx: ToolContext, values: list[JsonObject], patients: Iterable[UUID]) -> list[JsonObject]:
    """Values without personal data in any text of theirs; these patients are masked in any spelling."""
    known = await ctx.service(KnownPeople).known(ctx.session, ctx.tenant.id)
    focus = tuple(await read_people(ctx.session, patients))

    def masked(value: Any) -> Any:
        if isinstance(value, str):
            return ctx.service(Redactor).redact(value, known=known, focus=focus, keep=NOT_IDENTIFIERS)
        if isinstance(value, list):
            return [masked(inner) for inner in value]
        if isinstance(value, dict):
            return {name: inner if name in _OWN_WORDS else masked(inner) for name, inner in value.items()}
        return value

    return await asyncio.to_thread(lambda: [masked(value) for value in values])
