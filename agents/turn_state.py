"""One turn: what it has read, what it has understood, and its transaction."""

from __future__ import annotations

import dataclasses
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from agents.dialogue import Dialogue, Place
from agents.screen.red_flags import RedFlag
from agents.state import State
from agents.understanding.hearing import Hearing, Understood
from agents.understanding.model import FallingBack, ModelAnswer
from db.base import new_id
from governance.record import Opening
from governance.tables import LLMResponse
from tools.conversations.inbox import opening_of
from tools.conversations.tables import Conversation, Message
from tools.runtime.context import Tenant
from tools.runtime.runtime import Runtime
from tools.runtime.work import Work, open_work


class Overtaken(Exception):
    """The conversation changed between reading and taking it: the turn starts again."""


@dataclass(slots=True)
class Turn:
    runtime: Runtime
    tenant: Tenant
    place: Place
    stack: AsyncExitStack
    conversation_id: UUID
    channel: str
    conversation_state: str
    version: int
    language: str
    state: State
    message_id: UUID
    text: str
    media: list[Any]
    recorded: dict[str, Any] | None  # a model's answer from an earlier try of this turn
    red_flags: tuple[RedFlag, ...] = ()
    injection: bool = False
    understood: Understood = field(default_factory=lambda: Understood((), "built-in"))
    reply: str = ""
    _dialogue: Dialogue | None = None
    _conversation: Conversation | None = None
    _message: Message | None = None

    @property
    def dialogue(self) -> Dialogue:
        assert self._dialogue is not None, "the turn has not been taken"
        return self._dialogue

    @property
    def conversation(self) -> Conversation:
        assert self._conversation is not None
        return self._conversation

    @property
    def message(self) -> Message:
        assert self._message is not None
        return self._message

    @property
    def work(self) -> Work:
        return self.dialogue.work

    @property
    def opening(self) -> Opening:
        now = self.runtime.clock.now()
        return opening_of(self.conversation_id, self.channel, now, self.state.patient_id)

    def hearing(self) -> Hearing:
        now = self.runtime.clock.now().astimezone(self.tenant.zone)
        return Hearing(
            text=self.text,
            now=now,
            language=self.language,
            awaiting=self.state.awaiting,
            flow=self.state.flow,
            options=tuple(option.label for option in self.state.options),
            last_answer=self.state.last_answer,
            directory=self.place.directory,
        )

    async def understand(self) -> None:
        """Ask the model or the built-in; a model's answer of an earlier try is taken as it was."""
        understanding = self.runtime.understanding
        if not isinstance(understanding, FallingBack):
            self.understood = await understanding.understand(self.hearing())
            return
        if self.recorded is not None:
            self.understood = await understanding.from_stored(ModelAnswer(**self.recorded), self.hearing())
            return
        self.understood, answer = await understanding.understand_recorded(self.hearing())
        if answer is not None:
            await self._record_answer(answer)

    async def _record_answer(self, answer: ModelAnswer) -> None:
        body = dataclasses.asdict(answer)
        async with open_work(
            self.runtime.database, self.runtime.jobs, self.runtime.clock, self.tenant.id, opening=self.opening
        ) as work:
            statement = insert(LLMResponse).values(
                id=new_id(), tenant_id=self.tenant.id, session_id=self.conversation_id, message_id=self.message_id, answer=body
            )  # fmt: skip
            made = await work.session.execute(statement.on_conflict_do_nothing().returning(LLMResponse.id))
            if made.scalar() is not None:
                work.record.append("model_answer", {"at": work.now, "for": self.message_id, **body})

    async def take(self) -> None:
        """Open the transaction, lock the conversation, and make sure that nothing has changed since it was read."""
        work = await self.stack.enter_async_context(
            open_work(self.runtime.database, self.runtime.jobs, self.runtime.clock, self.tenant.id, opening=self.opening)
        )
        lock = {"key_share": True}  # new messages refer to the row meanwhile
        row = await work.session.get(Conversation, self.conversation_id, with_for_update=lock)
        message = await work.session.get(Message, self.message_id)
        if row is None or message is None or row.version != self.version or message.state != "received":
            raise Overtaken
        self._conversation, self._message = row, message
        self._dialogue = Dialogue(
            runtime=self.runtime,
            work=work,
            tenant=self.tenant,
            place=self.place,
            state=self.state,
            text=self.text,
            commands=self.understood.commands,
            language=self.language,
            conversation_id=self.conversation_id,
            turn=str(self.message_id),
            channel=self.channel,
        )
        work.record.append(
            "understood",
            {
                "at": work.now,
                "message_id": self.message_id,
                "by": self.understood.by,
                "commands": [command.model_dump() for command in self.understood.commands],
                "red_flags": [flag.code for flag in self.red_flags],
                "injection": self.injection,
            },
        )
