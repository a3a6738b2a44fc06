"""Running turns: one message after the other, one writer a conversation, one commit a turn."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Histogram
from sqlalchemy import select, text

from agents import graph
from agents.dialogue import Place, phrase
from agents.state import State
from agents.turn_state import Overtaken, Turn
from agents.understanding.hearing import Directory, Known
from db.engine import Database
from governance.record import digest
from tools.conversations.inbox import opening_of, queue_out, text_hash
from tools.conversations.tables import Conversation, Message
from tools.facility.tables import Location, Practitioner, Specialty
from tools.facility.tools import LocationOut
from tools.runtime.jobs import task
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from tools.runtime.work import open_work

log = structlog.get_logger()
SECONDS = Histogram("wardline_turn_seconds", "Time of one turn, from reading the message to the commit")
PLACE_TTL_S = 30.0
ATTEMPTS = 3
_NEXT = text(
    """
    SELECT c.channel, c.state, c.version, c.language, c.flow, m.id, m.body, m.media, r.answer
      FROM conversation c
      JOIN LATERAL (SELECT id, body, media FROM message
                     WHERE tenant_id = c.tenant_id AND conversation_id = c.id AND state = 'received'
                     ORDER BY seq LIMIT 1) m ON true
      LEFT JOIN llm_response r ON r.tenant_id = c.tenant_id AND r.message_id = m.id
     WHERE c.id = :conversation
    """
)


@task("run_turns")
async def run_turns(runtime: Any, *, tenant: str, conversation: str) -> None:
    """Answer what has arrived in one conversation."""
    await runtime.turns.drain(UUID(tenant), UUID(conversation))


class Turns:
    """Runs the turns of conversations. Any number of processes may; the database orders them."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.graph = graph.build()
        self._places: dict[UUID, tuple[float, Place]] = {}

    async def drain(self, tenant_id: UUID, conversation_id: UUID) -> None:
        """Run turns until the conversation's inbox is empty."""
        while await self.run_next(tenant_id, conversation_id):
            pass

    async def run_next(self, tenant_id: UUID, conversation_id: UUID) -> bool:
        """Run the turn of the oldest message that waits. False: none does."""
        started = time.perf_counter()
        async with AsyncExitStack() as stack:
            turn = await self._read(tenant_id, conversation_id, stack)
            if turn is None:
                return False
            try:
                async with stack:
                    await self.graph.ainvoke({}, context=turn)
                    await self._finish(turn)
            except Overtaken:
                return True
            except Exception as error:
                await self._failed(turn, error)
                raise
        SECONDS.observe(time.perf_counter() - started)
        return True

    async def _read(self, tenant_id: UUID, conversation_id: UUID, stack: AsyncExitStack) -> Turn | None:
        tenant = await self.runtime.tenant(tenant_id)
        place = await self.place(tenant_id)
        async with self.runtime.database.begin(tenant_id) as session:
            row = (await session.execute(_NEXT, {"conversation": conversation_id})).first()
        if row is None:
            return None
        channel, conversation_state, version, language, flow, message_id, body, media, answer = row
        return Turn(
            runtime=self.runtime,
            tenant=tenant,
            place=place,
            stack=stack,
            conversation_id=conversation_id,
            channel=channel,
            conversation_state=conversation_state,
            version=version,
            language=language,
            state=State.model_validate(flow),
            message_id=message_id,
            text=body,
            media=media,
            recorded=answer,
        )

    async def _finish(self, turn: Turn) -> None:
        """Put reply, state and entries in the turn's transaction; it commits when its stack closes."""
        work, row = turn.work, turn.conversation
        await work.scope(None)
        turn.message.state, turn.message.processed_at = "processed", work.now
        row.last_inbound_at = work.now
        row.language = turn.dialogue.language
        row.agent = "scheduling" if turn.state.flow else "concierge"
        row.flow = turn.state.model_dump(mode="json", exclude_defaults=True)
        if turn.reply:
            author = f"agent:{row.agent}"
            reply = await queue_out(
                work, row.id, turn.reply, channel=turn.channel, author=author, purpose="reply", in_reply_to=turn.message_id
            )  # fmt: skip
            work.record.append(
                "message_out",
                {"at": work.now, "message_id": reply, "author": author, "text_sha256": text_hash(turn.reply)},
            )
        work.record.append(
            "state",
            {"at": work.now, "after": turn.message_id, "flow": turn.state.flow, "awaiting": turn.state.awaiting,
             "state_sha256": digest(row.flow)},
        )  # fmt: skip

    async def _failed(self, turn: Turn, error: Exception) -> None:
        """Count the failure; after three the patient is told, and a person is given the conversation."""
        log.error("turn.failed", error=type(error).__name__, conversation=str(turn.conversation_id), exc_info=error)
        tenant_id = turn.tenant.id
        async with self.runtime.database.begin(tenant_id) as session:
            message = await session.get_one(Message, turn.message_id, with_for_update=True)
            message.attempts += 1
            if message.attempts < ATTEMPTS or message.state != "received":
                return
        opening = opening_of(turn.conversation_id, turn.channel, self.runtime.clock.now())
        async with open_work(self.runtime.database, self.runtime.jobs, self.runtime.clock, tenant_id, opening=opening) as work:
            message = await work.session.get_one(Message, turn.message_id, with_for_update=True)
            row = await work.session.get_one(Conversation, turn.conversation_id, with_for_update={"key_share": True})
            message.state, message.error = "failed", type(error).__name__
            row.last_inbound_at = work.now
            caller = system(tenant_id, "agent:concierge")
            args = {"conversation_id": str(row.id), "reason": "A message could not be processed", "priority": "high"}
            await self.runtime.call_within(work, "conversations.hand_over", args, caller)
            body = phrase(row.language, "failed")
            reply = await queue_out(
                work, row.id, body, channel=row.channel, author="agent:concierge", purpose="reply",
                in_reply_to=turn.message_id,
            )  # fmt: skip
            work.record.append(
                "message_out",
                {"at": work.now, "message_id": reply, "author": "agent:concierge", "text_sha256": text_hash(body)},
            )

    async def place(self, tenant_id: UUID) -> Place:
        """The hospital's names and facts, read again after half a minute."""
        known = self._places.get(tenant_id)
        if known is not None and time.monotonic() - known[0] < PLACE_TTL_S:
            return known[1]
        place = await read_place(self.runtime.database, tenant_id)
        self._places[tenant_id] = (time.monotonic(), place)
        return place


async def read_place(database: Database, tenant_id: UUID) -> Place:
    """The hospital's names and facts."""
    async with database.begin(tenant_id) as session:
        locations = list(await session.scalars(select(Location).order_by(Location.name)))
        specialties = list(await session.scalars(select(Specialty).order_by(Specialty.name)))
        practitioners = list(await session.scalars(select(Practitioner).where(Practitioner.active).order_by(Practitioner.name)))
    directory = Directory(
        practitioners=tuple(Known(id=row.id, name=row.name) for row in practitioners),
        specialties=tuple(Known(id=row.code, name=row.name) for row in specialties),
        locations=tuple(Known(id=row.id, name=row.name, aliases=(*row.aliases, row.city)) for row in locations),
    )
    return Place(
        directory=directory,
        locations=tuple(LocationOut.model_validate(row) for row in locations),
        specialty_of={str(row.id): row.specialty_code for row in practitioners},
    )
