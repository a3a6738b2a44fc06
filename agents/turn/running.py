"""Running turns: one message after the other, one writer a conversation, one commit a turn."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram

from agents import flows
from agents.phrases import phrase, spoken_phrase
from agents.turn import graph
from agents.turn.dialogue import EMERGENCY, HospitalDirectory
from agents.turn.state import Overtaken, Turn
from agents.understanding.utterance import Directory, Known, Understanding
from db.engine import Database
from governance.record import STATE, canonical
from tools.conversations.channel import channel_of
from tools.conversations.inbox import Incoming, header_of, receive_message
from tools.conversations.turns import channel_of_conversation, count_failure, end_turn, give_up, reply_to
from tools.facility.directory import read_facts
from tools.runtime.jobs import task
from tools.runtime.principals import system
from tools.runtime.runtime import Runtime
from tools.runtime.traces import span
from tools.runtime.unit_of_work import unit_of_work
from tools.tickets.hand_over import HandOver, hand_over

log = structlog.get_logger()
SECONDS = Histogram("wardline_turn_seconds", "Time of one turn, from reading the message to the commit")
HOSPITAL_TTL_S = 30.0
FAILED = Counter("wardline_turns_failed_total", "Turns that failed and were to be run again, or given up")
ATTEMPTS = 3


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
        flows.all_flows()  # one that is spoken of and not declared stops the start
        self._hospitals: dict[UUID, tuple[float, HospitalDirectory]] = {}

    async def drain(self, tenant_id: UUID, conversation_id: UUID) -> None:
        """Run turns until the conversation's inbox is empty."""
        while await self.run_next(tenant_id, conversation_id):
            pass

    async def run_next(self, tenant_id: UUID, conversation_id: UUID) -> bool:
        """Run the turn of the oldest message that waits. False: none does."""
        return await self.answer_next(tenant_id, conversation_id) is not None

    async def receive_and_answer(
        self, tenant_id: UUID, conversation_id: UUID, incoming: Incoming
    ) -> tuple[UUID | None, Answered | None]:
        """Store what a caller said, and answer the oldest message that waits, as a rule this one: the message's id
        (None where it had been received before), and what the turn came to. Where no model is asked both are one
        commit, since somebody waits on the line; a turn that fails leaves the message stored."""
        if self.runtime.services.get(Understanding).asks_a_model:
            stored = await receive_message(self.runtime, tenant_id, incoming, conversation_id=conversation_id)
            return (stored.message_id if stored else None), None
        try:
            answered = await self.answer_next(tenant_id, conversation_id, incoming=incoming)
        except Exception as error:  # whatever it was, the message is not lost: it is stored, and run again
            stored = await receive_message(self.runtime, tenant_id, incoming, conversation_id=conversation_id)
            if stored is not None:
                await self._failed(tenant_id, conversation_id, message_id=stored.message_id, error=error)
            raise
        return (answered.stored_id if answered else None), answered

    async def answer_next(
        self, tenant_id: UUID, conversation_id: UUID, *, incoming: Incoming | None = None
    ) -> Answered | None:
        """Run the turn of the oldest message that waits; what it came to. None: none does. `incoming` is stored
        before, in the turn's transaction."""
        with span("turn", conversation=conversation_id):
            return await self._answer_next(tenant_id, conversation_id, incoming)

    async def _answer_next(self, tenant_id: UUID, conversation_id: UUID, incoming: Incoming | None) -> Answered | None:
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
        except Exception as error:  # whatever it was is counted, so that a person gets the conversation in the end
            if incoming is None:
                await self._failed(
                    tenant_id, conversation_id, message_id=turn.read.claimed.message_id if turn else None, error=error
                )
            raise
        SECONDS.observe(time.perf_counter() - started)
        return Answered(
            message_id=turn.read.claimed.message_id,
            stored_id=turn.stored_id,
            reply=turn.reply,
            reply_id=reply_id,
            language=turn.dialogue.language,
            awaiting=turn.state.awaiting,
            urgent=turn.screened.level != "none",
            handed_over=turn.dialogue.handed_over or turn.read.claimed.conversation_state == "handed_over",
        )

    async def _finish(self, turn: Turn) -> UUID | None:
        """Put reply, state and entries in the turn's transaction; it commits when its stack closes. The reply's id."""
        dialogue, state = turn.dialogue, turn.state
        work, flow = dialogue.work, canonical(state.stored())
        reply_id = await end_turn(
            work, turn.read.claimed, state=flow, language=dialogue.language, agent=flows.agent_of(state.flow),
            patient_id=state.patient_id, reply=turn.reply, urgent=turn.screened.level != "none",
        )  # fmt: skip
        work.record.append(
            STATE,
            {
                "at": work.now,
                "after": turn.read.claimed.message_id,
                "flow": state.flow,
                "awaiting": state.awaiting,
                "language": dialogue.language,
            },
            full={"state": flow},
        )
        return reply_id

    async def _failed(
        self, tenant_id: UUID, conversation_id: UUID, *, message_id: UUID | None, error: Exception
    ) -> None:
        """Count the failure, wherever it was; after three the patient is told, and a person is given the conversation.
        `message_id`: None where the turn failed before it had its message."""
        log.error("turn.failed", error=type(error).__name__, conversation=str(conversation_id), exc_info=error)
        FAILED.inc()
        try:
            database = self.runtime.database
            message_id, attempts = await count_failure(
                database, tenant_id, conversation_id=conversation_id, message_id=message_id
            )
            if message_id is not None and attempts >= ATTEMPTS:
                await self._give_up(tenant_id, conversation_id, message_id=message_id, error=error)
        except Exception as second:  # the database is away, say: the job runs again, and tells the first error
            log.error("turn.failure_uncounted", error=type(second).__name__, conversation=str(conversation_id))

    async def _give_up(self, tenant_id: UUID, conversation_id: UUID, *, message_id: UUID, error: Exception) -> None:
        tenant = await self.runtime.tenant(tenant_id)
        channel = await channel_of_conversation(self.runtime.database, tenant_id, conversation_id)
        header = header_of(conversation_id, channel, self.runtime.clock.now())
        async with unit_of_work(self.runtime, tenant_id, header=header) as work:
            given_up = await give_up(work, conversation_id, message_id, error=type(error).__name__)
            args = HandOver(
                conversation_id=conversation_id, reason="A message could not be processed",
                priority="critical" if given_up.urgent else "high",
            )  # fmt: skip
            await self.runtime.call_within(work, hand_over, args=args, caller=system(tenant_id, "agent:concierge"))
            tell = spoken_phrase if channel_of(channel).spoken else phrase
            if given_up.urgent:
                body = tell(given_up.language, "emergency", number=EMERGENCY.get(tenant.country, "112"))
            else:
                body = tell(given_up.language, "failed")
            await reply_to(
                work, conversation_id, body, channel=channel, author="agent:concierge", message_id=message_id,
                urgent=given_up.urgent,
            )  # fmt: skip

    async def hospital(self, tenant_id: UUID) -> HospitalDirectory:
        """The hospital's names and facts, read again after half a minute."""
        known = self._hospitals.get(tenant_id)
        if known is not None and time.monotonic() - known[0] < HOSPITAL_TTL_S:
            return known[1]
        hospital = await read_hospital(self.runtime.database, tenant_id)
        self._hospitals[tenant_id] = (time.monotonic(), hospital)
        return hospital


async def read_hospital(database: Database, tenant_id: UUID) -> HospitalDirectory:
    """The hospital's names and facts."""
    facts = await read_facts(database, tenant_id)
    names = Directory(
        practitioners=tuple(Known(id=one.id, name=one.name) for one in facts.practitioners),
        specialties=tuple(Known(id=one.code, name=one.name) for one in facts.specialties),
        locations=tuple(Known(id=one.id, name=one.name, aliases=(*one.aliases, one.city)) for one in facts.locations),
    )
    return HospitalDirectory(
        names=names,
        locations=facts.locations,
        specialty_of={str(one.id): one.specialty_code for one in facts.practitioners},
        sex_of={str(one.id): one.sex for one in facts.practitioners if one.sex is not None},
    )
