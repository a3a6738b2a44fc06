"""What people may read of a session's sealed parts: redacted, or, under a break-glass grant, as they were."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from governance.redaction.known import Known
from governance.redaction.person import Person
from governance.redaction.redactor import Redactor
from governance.tables import AuditEntry
from tools.patients.people import read_people
from tools.record.tables import BreakGlass
from tools.runtime.context import ToolContext

# What is shown redacted. Arguments, results and states are records, not texts: their readable part is in the body.
_TEXTS = ("text", "commands", "calls", "asked", "detail")


async def grant_of(ctx: ToolContext, session_id: UUID) -> BreakGlass | None:
    """The caller's own open grant for a session."""
    query = (
        select(BreakGlass)
        .where(
            BreakGlass.session_id == session_id, BreakGlass.principal == ctx.principal.id, BreakGlass.expires_at > ctx.now
        )
        .order_by(BreakGlass.expires_at.desc())
    )  # fmt: skip
    return (await ctx.session.scalars(query)).first()


async def redact_all(
    ctx: ToolContext, rows: list[AuditEntry], fulls: list[dict[str, Any] | None], patients: Iterable[UUID]
) -> list[dict[str, Any] | None]:
    """The texts of a session's entries without personal data; the session's own patients are masked in any spelling."""
    known = await ctx.people.known(ctx.session, ctx.tenant.id)
    focus = tuple(await read_people(ctx.session, patients))
    return await asyncio.to_thread(_redact_all, ctx.redactor, known, focus, fulls)


def _redact_all(
    redactor: Redactor, known: Known, focus: tuple[Person, ...], fulls: list[dict[str, Any] | None]
) -> list[dict[str, Any] | None]:
    def masked(value: Any) -> Any:
        if isinstance(value, str):
            return redactor.redact(value, known=known, focus=focus)
        if isinstance(value, list):
            return [masked(inner) for inner in value]
        if isinstance(value, dict):
            return {name: inner if name in ("kind", "slot", "flow") else masked(inner) for name, inner in value.items()}
        return value

    return [
        None if full is None else {name: masked(full[name]) for name in _TEXTS if full.get(name)} or None
        for full in fulls
    ]
