"""Session headers: what a session was opened with, as exports and proofs show it, and the hash that its first entry
follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import direct
from db.json import JsonObject
from governance.chain import Head, genesis

_FIELDS = ("agent", "channel", "principal", "patient_id", "conversation_id", "started_at")
_SESSION_HEADERS = """
    SELECT id, agent, channel, principal, patient_id, conversation_id, started_at FROM llm_session
     WHERE tenant_id = %s AND id = ANY(%s::uuid[])
"""


async def read_session_headers(session: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> dict[UUID, JsonObject]:
    """The headers of sessions that are there."""
    if not ids:
        return {}
    rows = await (await direct(session, _SESSION_HEADERS, (tenant_id, list(ids)))).fetchall()
    return {
        row[0]: {
            "agent": row[1], "channel": row[2], "principal": row[3], "patient_id": row[4] and str(row[4]),
            "conversation_id": row[5] and str(row[5]), "started_at": row[6].astimezone(UTC).isoformat(),
        }
        for row in rows
    }  # fmt: skip


def hash_of(tenant_id: UUID, session_id: UUID, header: JsonObject) -> bytes:
    """The hash that the session's first entry follows. Raises KeyError, TypeError or ValueError for what is no
    header."""
    if header.keys() != set(_FIELDS) or not all(isinstance(header[name], str) for name in _FIELDS[:3]):
        raise ValueError("not a session header")
    patient_id, conversation_id = (header[name] and UUID(header[name]) for name in _FIELDS[3:5])
    started_at = datetime.fromisoformat(header["started_at"])
    return genesis(
        Head(
            session_id, tenant_id, header["agent"], header["channel"], header["principal"], patient_id, conversation_id,
            started_at, None, None, 0, b"",
        )
    )  # fmt: skip
