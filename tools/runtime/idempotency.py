"""The same call under the same key acts once: its stored result is given back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from db.base import new_id
from governance.record import digest
from governance.vault import Owner
from tools.runtime.errors import AlreadyRunning, Gone, KeyReused
from tools.runtime.tables import IdempotencyKey
from tools.runtime.unit_of_work import UnitOfWork

WAIT_MS = 5000
RUNS_AT_MOST = timedelta(minutes=10)  # a model that thinks for long; a process that died frees its key after that
_LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True, slots=True)
class Asked:
    """A call made under a key: the tool, its arguments as JSON, and who made it."""

    tool: str
    arguments: str
    principal: str
    key: str


async def claim(work: UnitOfWork, asked: Asked, *, ours: bool = False) -> tuple[IdempotencyKey, bool]:
    """(the key's row, is it new?). Waits while the first call under the key runs, then 409. `ours`: this call claimed
    it before (`begin`)."""
    row = {
        "id": new_id(), "tenant_id": work.tenant_id, "principal": asked.principal, "key": asked.key, "tool": asked.tool,
    }  # fmt: skip
    args_hash = digest([asked.tool, asked.arguments])
    await work.session.execute(text(f"SET LOCAL lock_timeout = {WAIT_MS}"))
    try:
        made = await work.session.execute(
            insert(IdempotencyKey)
            .values(**row, args_hash=args_hash)
            .on_conflict_do_nothing()
            .returning(IdempotencyKey.id)
        )
        new = made.scalar() is not None
        query = select(IdempotencyKey).where(
            IdempotencyKey.principal == asked.principal, IdempotencyKey.key == asked.key
        )
        stored = (await work.session.scalars(query.with_for_update())).one()
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise AlreadyRunning from error
        raise
    await work.session.execute(text("SET LOCAL lock_timeout = 0"))
    if stored.args_hash != args_hash:
        raise KeyReused(f"The key was used for {stored.tool} with other arguments.")
    if stored.running_until is not None and not new:
        if stored.running_until > work.now and not ours:
            raise AlreadyRunning
        new = True  # the first call died on its way
    return stored, new


def begin(work: UnitOfWork, row: IdempotencyKey) -> None:
    """Note that the call runs outside a transaction: until it has ended, or for some minutes, a repeat is told so."""
    row.running_until = work.now + RUNS_AT_MOST


async def give_up(work: UnitOfWork, asked: Asked) -> None:
    """The call did not come to its end: the key may be used again."""
    await work.session.execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.principal == asked.principal,
            IdempotencyKey.key == asked.key,
            IdempotencyKey.running_until.is_not(None),
        )
    )


async def store(work: UnitOfWork, row: IdempotencyKey, result: str, *, patient_id: UUID | None) -> None:
    """Keep the result of the first call, sealed."""
    owner = Owner(patient_id, "patient") if patient_id else Owner(work.tenant_id, "tenant")
    row.running_until = None
    row.result = await work.keys.seal(owner, result, f"idempotency:{row.id}")


async def stored(work: UnitOfWork, row: IdempotencyKey) -> str:
    """The result of the first call. Raises Gone where the patient was erased since."""
    if row.result is None:
        return "null"
    result = await work.keys.open_one(row.result, f"idempotency:{row.id}")
    if result is None:
        raise Gone
    return result
