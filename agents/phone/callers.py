"""Who calls: a call proves nothing about it."""

from __future__ import annotations

from uuid import UUID

from tools.conversations.turns import change_state
from tools.runtime.unit_of_work import UnitOfWork


async def forget_who(work: UnitOfWork, conversation_id: UUID) -> None:
    """A call proves nothing about who was on the one before: a number can be forged. Whoever calls is verified anew."""
    await change_state(work, conversation_id, lambda state: state.pop("verified_at", None))
