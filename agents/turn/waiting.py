"""The job behind "nobody meets silence": whoever wrote to a person and was left without an answer is told again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from agents.concierge.waiting import Patience, in_words, note_told, what_to_say
from agents.turn.conversation_state import Waiting, read_state
from db.json import JsonObject
from tools.conversations.channel import channel_of
from tools.conversations.inbox import header_of
from tools.conversations.turns import (
    change_state,
    channel_of_conversation,
    language_of,
    last_of_person,
    reply_to,
    unanswered,
)
from tools.runtime.jobs import task
from tools.runtime.runtime import Runtime
from tools.runtime.tenants import tenant_work
from tools.runtime.unit_of_work import UnitOfWork, unit_of_work


@task("conversations.tell_waiting", every="* * * * *", each_tenant=True)
async def tell_waiting(runtime: Runtime, *, tenant: str) -> None:
    """Tell those whose last message waits for a person for longer than the setting."""
    patience = runtime.services.find(Patience) or Patience()
    tenant_id = UUID(tenant)
    async with tenant_work(runtime, tenant_id, system_name="conversations.tell_waiting") as work:
        left = await unanswered(work, before=work.now - timedelta(seconds=patience.again_s))
    for conversation_id, message_id in left:
        channel = await channel_of_conversation(runtime.database, tenant_id, conversation_id)
        if channel_of(channel).spoken:  # nobody is on the line by now
            continue
        header = header_of(conversation_id, channel, runtime.clock.now())
        async with unit_of_work(runtime, tenant_id, header=header) as work:
            await _tell(runtime, work, conversation_id, message_id=message_id, channel=channel, patience=patience)


async def _tell(
    runtime: Runtime, work: UnitOfWork, conversation_id: UUID, *, message_id: UUID, channel: str, patience: Patience
) -> None:
    tenant = await runtime.tenant(work.tenant_id)
    language = await language_of(work, conversation_id)
    by_person = await last_of_person(work, conversation_id)
    told: list[str] = []

    def tell(stored: JsonObject) -> None:
        state, _ = read_state(stored)
        now = work.now
        waiting = state.waiting or Waiting(since=now, due_at=now + timedelta(seconds=patience.offer_s))
        name = what_to_say(waiting, now, patience, by_person=by_person)
        if name is None:
            return
        told.append(in_words(waiting, name, tenant=tenant, now=now, language=language))
        note_told(waiting, now, name)
        stored["waiting"] = waiting.model_dump(mode="json")

    await change_state(work, conversation_id, tell)
    for body in told:
        await reply_to(
            work, conversation_id, body, channel=channel, author="agent:concierge", message_id=message_id, urgent=False
        )
