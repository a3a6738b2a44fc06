"""Purging the record itself, as its retention asks: sessions with a certificate each, and the keys of sealed texts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text

from governance.key_lifecycle import count_retired, destroy_retired, retire
from governance.record import entry_kind
from tools.runtime.context import ToolContext

SESSION_PURGED = entry_kind("session_purged", "A session past its retention was removed")
KEYS_DESTROYED = entry_kind("keys_destroyed", "Keys past their retention were destroyed")

MOST_SESSIONS = 500  # that are removed at once
KEY_YEAR = timedelta(days=365)  # a data key seals for a year at most, so that its texts end together
_PAST = text("SELECT count(*) FROM llm_session s WHERE session_is_past(s, :before)")
_PURGE = text("SELECT session_id, head_seq, head_hash FROM record_purge(:before, :most)")


async def count_sessions(ctx: ToolContext, before: datetime) -> int:
    return int(await ctx.session.scalar(_PAST, {"before": before}) or 0)


async def purge_sessions(ctx: ToolContext, before: datetime) -> int:
    """Remove sessions that began before a time, each with a certificate on the record."""
    purged = (await ctx.session.execute(_PURGE, {"before": before, "most": MOST_SESSIONS})).all()
    for session_id, head_seq, head_hash in purged:
        gone = {"at": ctx.now, "session_id": session_id, "head_seq": head_seq, "head_hash": head_hash.hex()}
        ctx.work.record.append(SESSION_PURGED, gone)
    return len(purged)


async def count_keys(ctx: ToolContext, before: datetime) -> int:
    return await count_retired(ctx.session, before=before)


async def destroy_keys(ctx: ToolContext, before: datetime) -> int:
    """Destroy the keys that were retired before a time, and retire those that have sealed for a year."""
    await retire(ctx.session, made_before=ctx.now - KEY_YEAR, now=ctx.now)
    keys = await destroy_retired(ctx.session, before=before, now=ctx.now)
    if keys:
        ctx.work.record.append(KEYS_DESTROYED, {"at": ctx.now, "retired_before": before, "keys": keys})
    return len(keys)
