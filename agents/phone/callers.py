"""Who calls: a call proves nothing about it."""

from __future__ import annotations

import json
from uuid import UUID

from agents.turn.state import flow_about
from governance.record import canonical
from governance.vault import Owner
from tools.conversations.tables import Conversation
from tools.runtime.work import Work


async def forget_who(work: Work, conversation_id: UUID) -> None:
    """A call proves nothing about who was on the one before: a number can be forged. Whoever calls is verified anew."""
    row = await work.session.get_one(Conversation, conversation_id, with_for_update={"key_share": True})
    sealed = await work.keys.open_one(row.flow, flow_about(conversation_id))
    if sealed is None:
        return
    state = json.loads(sealed)
    state.pop("verified_at", None)
    owner = Owner(conversation_id, "conversation")
    row.flow = await work.keys.seal(owner, canonical(state), flow_about(conversation_id))
