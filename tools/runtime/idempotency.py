"""The same call under the same key acts once: its stored result is given back."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from db.base import new_id
from governance.record import digest
from governance.vault import Owner
from tools.runtime.errors import AlreadyRunning, Gone, KeyReused
from tools.runtime.tables import IdempotencyKey
from tools.runtime.work import Work

WAIT_MS = 5000


async def claim(work: Work, principal: str, key: str, *, tool: str, arguments: str) -> tuple[IdempotencyKey, bool]:
    """(the key's row, is it new?). Waits while the first call under the key runs, then 409."""
    row = {"id": new_id(), "tenant_id": work.tenant_id, "principal": principal, "key": key, "tool": tool}
    args_hash = digest([tool, arguments])
    await work.session.execute(text(f"SET LOCAL lock_timeout = {WAIT_MS}"))
    try:
        made = await work.session.execute(
            insert(IdempotencyKey)
            .values(**row, args_hash=args_hash)
            .on_conflict_do_nothing()
            .returning(IdempotencyKey.id)
        )
    except OperationalError as error:
        raise AlreadyRunning from error
    await work.session.execute(text("SET LOCAL lock_timeout = 0"))
    new = made.scalar() is not None
    stored = (
        await work.session.scalars(
            select(IdempotencyKey).where(IdempotencyKey.principal == principal, IdempotencyKey.key == key)
        )
    ).one()
    if stored.args_hash != args_hash:
        raise KeyReused(f"The key was used for {stored.tool} with other arguments.")
    return stored, new


async def store(work: Work, row: IdempotencyKey, result: str, *, patient_id: UUID | None) -> None:
    """Keep the result of the first call, sealed."""
    owner = Owner(patient_id, "patient") if patient_id else Owner(work.tenant_id, "tenant")
    row.result = await work.keys.seal(owner, result, f"idempotency:{row.id}")


async def stored(work: Work, row: IdempotencyKey) -> str:
    """The result of the first call. Raises Gone where the patient was erased since."""
    if row.result is None:
        return "null"
    result = await work.keys.open_one(row.result, f"idempotency:{row.id}")
    if result is None:
        raise Gone
    return result
