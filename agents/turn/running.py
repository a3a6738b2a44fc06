"""Running turns: one message after the other, one writer a conversation, one commit a turn."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy import select

from agents import flows
from agents.phrases import phrase, spoken_phrase
from agents.turn import graph
from agents.turn.dialogue import EMERGENCY, HospitalDirectory
from agents.turn.state import Overtaken, Turn, flow_about
from agents.understanding.model import FallingBack
from agents.understanding.utterance import Directory, Known, Understanding
from db.engine import Database, direct
from governance.record import STATE, canonical
from governance.vault import Owner
from tools.conversations.inbox import MESSAGE_OUT, Incoming, opening_of, queue_out, take_in
from tools.conversations.tables import Conversation, Message
from tools.facility.tables import Location, Practitioner, Specialty
from tools.facility.tools import LocationOut
from tools.runtime.jobs import task
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from tools.runtime.work import Work, open_work
from tools.tickets.hand_over import HandOver, hand_over

log = structlog.get_logger()
SECONDS = Histogram("wardline_turn_seconds", "Time of one turn, from reading the message to the commit")
HOSPITAL_TTL_S = 30.0
FAILED = Counter("wardline_turns_failed_total", "Turns that failed and were to be run again, or given up")
ATTEMPTS = 3
_PROCESSED = "UPDATE message SET state = 'processed', processed_at = %s WHERE id = %s"
_SAVE = """
    UPDATE conversation SET flow = %s, language = %s, agent = %s, last_inbound_at = %s,
           patient_id = coalesce(%s, patient_id), version = version + 1
     WHERE id = %s
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """What one turn came to, for whoever has the patient on the line. Without a message: it must be run again."""

    message_id: UUID | None = None
    stored_id: UUID | None = None  # the message that was stored with it
    reply: str = ""
    reply_id: UUID | None = None
    language: str = "en"
    awaiting: str | None = None
    urgent: bool = False  # a red flag
    handed_over: bool = False


@task("run_turns", queue="turns")
async def run_turns(runtime: Runtime, *, tenant: str, conversation: str) -> None:
    """Answer what has arrived in one conversation."""
    await runtime.services.get(Turns).drain(UUID(tenant), UUID(conversation))


class Turns:
    """Runs the turns of conversations. Any number of processes may; the database orders them."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.graph = graph.build()
        self._hospitals: dict[UUID, tuple[float, HospitalDirectory]] = {}

    async def drain(self, tenant_id: UUID, conversation_id: UUID) -> None:
        """Run turns until the conversation's inbox is empty."""
        while await self.run_next(tenant_id, conversation_id):
            pass

    async def run_next(self, tenant_id: UUID, conversation_id: UUID) -> bool:
        """Run the turn of the oldest message that waits. False: none does."""
        return await self.answer_next(tenant_id, conversation_id) is not None

    async def hear(
        self, tenant_id: UUID, conversation_id: UUID, incoming: Incoming
    ) -> tuple[UUID | None, Answered | None]:
        """Store what a caller said, and answer the oldest message that waits, as a rule this one: the message's id (None
        where it had been received before), and what the turn came to. Where no model is asked both are one commit, since
        somebody waits on the line; a turn that fails leaves the message stored."""
        if isinstance(self.runtime.services.get(Understanding), FallingBack):
            stored = await take_in(self.runtime, tenant_id, incoming, conversation_id=conversation_id)
            return (stored.message_id if stored else None), None
        try:
            answered = await self.answer_next(tenant_id, conversation_id, incoming=incoming)
        except Exception as error:
            stored = await take_in(self.runtime, tenant_id, incoming, conversation_id=conversation_id)
            if stored is not None:
                await self._failed(tenant_id, conversation_id, stored.message_id, error)
            raise
        return (answered.stored_id if answered else None), answered

    async def answer_next(
        self, tenant_id: UUID, conversation_id: UUID, *, incoming: Incoming | None = None
    ) -> Answered | None:
        """Run the turn of the oldest message that waits; what it came to. None: none does. `incoming` is stored before, in
        the turn's transaction."""
        started = time.perf_counter()
        tenant, hospital = await self.runtime.tenant(tenant_id), await self.hospital(tenant_id)
        turn = None
        try:
            async with AsyncExitStack() as stack:
                turn = await Turn.begin(self.runtime, tenant, hospital, conversation_id, stack, incoming=incoming)
                if turn is None:
                    return None
                await self.graph.ainvoke({}, context=turn)
                reply_id = await self._finish(turn)
        except Overtaken:
            return Answered()
        except Exception as error:
            if incoming is None:
                await self._failed(tenant_id, conversation_id, turn.read.message_id if turn else None, error)
            raise
        SECONDS.observe(time.perf_counter() - started)
        return Answered(
            message_id=turn.read.message_id,
            stored_id=turn.stored_id,
            reply=turn.reply,
            reply_id=reply_id,
            language=turn.dialogue.language,
            awaiting=turn.state.awaiting,
            urgent=bool(turn.red_flags),
            handed_over=turn.dialogue.handed_over or turn.read.conversation_state == "handed_over",
        )

    async def _finish(self, turn: Turn) -> UUID | None:
        """Put reply, state and entries in the turn's transaction; it commits when its stack closes. The reply's id."""
        dialogue, state = turn.dialogue, turn.state
        work = dialogue.work
        await work.session.flush()
        await work.scope(None)
        agent = flows.agent_of(state.flow)
        flow = canonical(state.stored())
        await direct(work.session, _PROCESSED, (work.now, turn.read.message_id))
        owner = Owner(turn.conversation_id, "conversation")
        sealed = await work.keys.seal(owner, flow, flow_about(turn.conversation_id))
        saved = (sealed, dialogue.language, agent, turn.read.at, state.patient_id, turn.conversation_id)
        await direct(work.session, _SAVE, saved)
        reply_id = None
        if turn.reply:
            reply_id = await say_out(
                work, turn.conversation_id, turn.reply, channel=turn.read.channel, agent=agent, to=turn.read.message_id,
                urgent=bool(turn.red_flags),
            )  # fmt: skip
        work.record.append(
            STATE,
            {
                "at": work.now,
                "after": turn.read.message_id,
                "flow": state.flow,
                "awaiting": state.awaiting,
                "language": dialogue.language,
            },
            full={"state": flow},
        )
        return reply_id

    async def _failed(self, tenant_id: UUID, conversation_id: UUID, message_id: UUID | None, error: Exception) -> None:
        """Count the failure, wherever it was; after three the patient is told, and a person is given the conversation.
        `message_id`: None where the turn failed before it had its message."""
        log.error("turn.failed", error=type(error).__name__, conversation=str(conversation_id), exc_info=error)
        FAILED.inc()
        try:
            message_id, attempts = await self._count(tenant_id, conversation_id, message_id)
            if message_id is not None and attempts >= ATTEMPTS:
                await self._give_up(tenant_id, conversation_id, message_id, error)
        except (
            Exception
        ) as second:  # the database is away, say: the job is tried again, and what is told is the first error
            log.error("turn.failure_uncounted", error=type(second).__name__, conversation=str(conversation_id))

    async def _count(self, tenant_id: UUID, conversation_id: UUID, message_id: UUID | None) -> tuple[UUID | None, int]:
        async with self.runtime.database.begin(tenant_id) as session:
            waiting = select(Message).where(Message.conversation_id == conversation_id, Message.state == "received")
            if message_id is not None:
                waiting = waiting.where(Message.id == message_id)
            found = waiting.order_by(Message.urgent.desc(), Message.seq).limit(1).with_for_update()
            message = (await session.scalars(found)).first()
            if message is None:
                return None, 0
            message.attempts += 1
            return message.id, message.attempts

    async def _give_up(self, tenant_id: UUID, conversation_id: UUID, message_id: UUID, error: Exception) -> None:
        tenant = await self.runtime.tenant(tenant_id)
        async with self.runtime.database.begin(tenant_id) as session:
            channel = (await session.get_one(Conversation, conversation_id)).channel
        opening = opening_of(conversation_id, channel, self.runtime.clock.now())
        async with open_work(self.runtime, tenant_id, opening=opening) as work:
            message = await work.session.get_one(Message, message_id, with_for_update=True)
            row = await work.session.get_one(Conversation, conversation_id, with_for_update={"key_share": True})
            message.state, message.error = "failed", type(error).__name__
            row.last_inbound_at = work.now
            caller = system(tenant_id, "agent:concierge")
            args = HandOver(
                conversation_id=row.id, reason="A message could not be processed",
                priority="critical" if message.urgent else "high",
            )  # fmt: skip
            await self.runtime.call_within(work, hand_over, args, caller)
            tell = spoken_phrase if row.channel == "phone" else phrase
            if message.urgent:
                body = tell(row.language, "emergency", number=EMERGENCY.get(tenant.country, "112"))
            else:
                body = tell(row.language, "failed")
            await say_out(work, row.id, body, channel=channel, agent="concierge", to=message_id, urgent=message.urgent)

    async def hospital(self, tenant_id: UUID) -> HospitalDirectory:
        """The hospital's names and facts, read again after half a minute."""
        known = self._hospitals.get(tenant_id)
        if known is not None and time.monotonic() - known[0] < HOSPITAL_TTL_S:
            return known[1]
        hospital = await read_hospital(self.runtime.database, tenant_id)
        self._hospitals[tenant_id] = (time.monotonic(), hospital)
        return hospital


async def say_out(
    work: Work, conversation_id: UUID, body: str, *, channel: str, agent: str, to: UUID, urgent: bool = False
) -> UUID:
    """Put an answer to a message in the outbox and on the record; its id."""
    author = f"agent:{agent}"
    reply = await queue_out(
        work, conversation_id, body, channel=channel, author=author, purpose="reply", in_reply_to=to, screened=True,
        urgent=urgent,
    )  # fmt: skip
    entry = {"at": work.now, "message_id": reply, "author": author, "length": len(body)}
    work.record.append(MESSAGE_OUT, entry, full={"text": body})
    return reply


async def read_hospital(database: Database, tenant_id: UUID) -> HospitalDirectory:
    """The hospital's names and facts."""
    async with database.begin(tenant_id) as session:
        locations = list(await session.scalars(select(Location).order_by(Location.name)))
        specialties = list(await session.scalars(select(Specialty).order_by(Specialty.name)))
        practitioners = list(
            await session.scalars(select(Practitioner).where(Practitioner.active).order_by(Practitioner.name))
        )
    names = Directory(
        practitioners=tuple(Known(id=row.id, name=row.name) for row in practitioners),
        specialties=tuple(Known(id=row.code, name=row.name) for row in specialties),
        locations=tuple(Known(id=row.id, name=row.name, aliases=(*row.aliases, row.city)) for row in locations),
    )
    return HospitalDirectory(
        names=names,
        locations=tuple(LocationOut.model_validate(row) for row in locations),
        specialty_of={str(row.id): row.specialty_code for row in practitioners},
    )
