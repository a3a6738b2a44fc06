"""One turn: what it has read, what it has understood, and its transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

import structlog
from prometheus_client import Counter
from pydantic import JsonValue, TypeAdapter, ValidationError

from agents.commands import Affirm, Deny
from agents.phrases import own_words
from agents.screen.answers import is_happening, is_not_happening
from agents.screen.language import detect_language, switched_to
from agents.screen.languages import OtherLanguage, other_language
from agents.screen.red_flags import RedFlag
from agents.screen.screening import NOTHING, Screened, Screens
from agents.turn.conversation_state import State, read_state
from agents.turn.dialogue import CRISIS, EMERGENCY, Dialogue, HospitalDirectory
from agents.understanding.builtin.answers import gives_what_was_asked
from agents.understanding.builtin.intents import messages_wanted
from agents.understanding.model import MODEL_ANSWER, ModelAnswer
from agents.understanding.utterance import Understanding, Understood, Utterance
from governance.policies.screening import Subject
from governance.readable import readable
from governance.record import SessionHeader, canonical, entry_kind
from tools.conversations.inbox import Incoming, header_of, is_audio, store
from tools.conversations.turns import Claimed, claim, keep_answer
from tools.runtime.context import Tenant
from tools.runtime.runtime import Runtime
from tools.runtime.unit_of_work import UnitOfWork, unit_of_work

_ANSWER = TypeAdapter(ModelAnswer)
Media = dict[str, JsonValue]  # of a message: content_type, url; of a voice note, `heard`
UNDERSTOOD = entry_kind("understood", "What a message was understood as")
STATE_DROPPED = entry_kind("state_dropped", "A conversation's state could not be read")

log = structlog.get_logger()
STATES_DROPPED = Counter("wardline_states_dropped_total", "States of conversations that could not be read")


class Overtaken(Exception):
    """The conversation changed while the model was asked: the turn starts again."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a turn reads when it claims the conversation. `recorded`: a model's answer from an earlier try of this turn;
    `lost`: why the state was not read."""

    claimed: Claimed
    flow: dict[str, JsonValue]
    recorded: ModelAnswer | None
    lost: str | None = None


@dataclass(slots=True)
class Turn:
    runtime: Runtime
    tenant: Tenant
    hospital: HospitalDirectory
    stack: AsyncExitStack  # holds the transaction, while one is open
    conversation_id: UUID
    read: Read
    state: State
    language: str
    work: UnitOfWork | None
    screened: Screened = NOTHING
    resumes: bool = False  # the agent goes on where a person was waited for
    other_language: OtherLanguage | None = None  # of the message, where it is not offered
    understood: Understood = field(default_factory=lambda: Understood((), "built-in"))
    reply: str = ""
    stored_id: UUID | None = None  # the message that was stored in this turn's transaction
    lost: str | None = None  # what of the conversation's state could not be read: the flow is dropped
    said_before: str | None = None  # a message that was set aside while it was suspected, and is answered now
    goes_on_from: str | None = None  # the same, where the question was passed over
    _dialogue: Dialogue | None = None

    @classmethod
    async def begin(
        cls,
        runtime: Runtime,
        tenant: Tenant,
        hospital: HospitalDirectory,
        conversation_id: UUID,
        stack: AsyncExitStack,
        *,
        incoming: Incoming | None = None,
    ) -> Turn | None:
        """Claim the conversation and read its oldest message; None where none waits. `incoming` is stored first."""
        work = await _open(runtime, tenant, conversation_id=conversation_id, stack=stack)
        stored = await store(work, conversation_id, incoming) if incoming is not None else None
        read = await _claim(work, conversation_id)
        if read is None:
            return None
        stored_id = stored.message_id if stored else None
        state, unread = read_state(read.flow)
        lost = read.lost or unread
        if lost is not None:
            log.error("turn.state_dropped", conversation=str(conversation_id), fields=lost)
            STATES_DROPPED.inc()
        turn = cls(runtime, tenant, hospital, stack, conversation_id, read, state, read.claimed.language, work)
        turn.screened, turn.stored_id, turn.lost = screened(runtime, read.claimed, state), stored_id, lost
        return turn

    @property
    def text(self) -> str:
        if self.said_before is not None:
            return self.said_before
        said = self.read.claimed.text
        return said if self.goes_on_from is None else f"{self.goes_on_from}. {said}"

    @property
    def red_flags(self) -> tuple[RedFlag, ...]:
        """The signs of an emergency, where the turn is one."""
        return self.screened.flags if self.screened.level == "emergency" else ()

    @property
    def voice_note(self) -> bool:
        return any(is_audio(media) for media in self.read.claimed.media)

    @property
    def dialogue(self) -> Dialogue:
        assert self._dialogue is not None, "the conversation has not been claimed"
        return self._dialogue

    def utterance(self) -> Utterance:
        now = self.runtime.clock.now().astimezone(self.tenant.zone)
        return Utterance(
            text=self.text,
            now=now,
            language=self.language,
            awaiting=self.state.awaiting,
            flow=self.state.flow,
            options=tuple(option.label for option in self.state.options) if self.state.awaiting == "choice" else (),
            last_answer=self.state.last_answer,
            directory=self.hospital.names,
        )

    def screen(self) -> Literal["waiting", "emergency", "suspected", "elsewhere", "converse"]:
        """What stands before understanding: red flags, hand-over, language."""
        if self.screened.level != "none":
            return self.screened.level
        if self.state.suspicion is not None:
            before, self.state.suspicion = self.state.suspicion.text, None
            if is_not_happening(self.text):
                self.said_before = before
            elif self.text.strip() and self.state.flow is None and messages_wanted(self.text) is None:
                self.goes_on_from = before  # neither yes nor no: what was set aside is read with it
        steers_messages = messages_wanted(self.text) is not None
        self.other_language = None if steers_messages else other_language(self.text)
        if self.read.claimed.conversation_state == "handed_over" and not steers_messages:
            self.resumes = self._understood_again()
            if not self.resumes:
                return "waiting"
        if self.other_language is not None:
            return "elsewhere"
        if not self.state.greeted:
            self.language = detect_language(self.text) or self.language
        elif not self.state.chose_language:
            self.language = switched_to(self.text) or self.language
        return "converse"

    def _understood_again(self) -> bool:
        """Whether one who waits since another language was written now writes one that is offered."""
        waiting = self.state.waiting
        foreign = waiting is not None and waiting.language is not None and not waiting.urgent
        return foreign and self.other_language is None and detect_language(self.text) is not None

    async def understand(self) -> None:
        """Ask the built-in, or the model: then no transaction is open. A model's answer of an earlier try is taken as
        it was."""
        understanding = self.runtime.services.get(Understanding)
        numbered = self.state.by_number(self.text)
        if numbered is not None:
            self.understood = Understood((Affirm() if numbered == "yes" else Deny(),), "built-in")
            return
        if not understanding.asks_a_model:
            self.understood = await understanding.understand(self.utterance())
            return
        if self.read.recorded is not None:
            self.understood = await understanding.from_stored(self.read.recorded, self.utterance())
            return
        await self.stack.aclose()
        self.work = None
        self.understood, answer = await understanding.understand_recorded(self.utterance())
        if answer is not None:
            await self._record_answer(answer)

    async def _record_answer(self, answer: ModelAnswer) -> None:
        full, message_id = dataclasses.asdict(answer), self.read.claimed.message_id
        body = {name: full.pop(name) for name in ModelAnswer.metadata()} | {"at": None, "for": message_id}
        async with AsyncExitStack() as stack:
            work = await _open(self.runtime, self.tenant, conversation_id=self.conversation_id, stack=stack)
            if await keep_answer(
                work, self.conversation_id, message_id=message_id, answer=canonical(dataclasses.asdict(answer))
            ):
                work.record.append(MODEL_ANSWER, body | {"at": work.now}, full=full)

    def grounds(self) -> Iterator[object]:
        """What an answer may rest on: our own words, the hospital's facts, what tools gave, what was said, the
        state; what has been read before, or is short, first."""
        yield own_words(self.language)
        yield from (*EMERGENCY.values(), *CRISIS.values())  # each by itself: together they would read as one number
        yield from (location.model_dump_json() for location in self.hospital.locations)
        yield from self.dialogue.worked_out
        yield self.text
        yield from (out.model_dump_json() for out in reversed(self.dialogue.results))
        yield self.state.model_dump_json()
        yield self.read.flow
        yield self.dialogue.now.isoformat()

    async def claim(self) -> None:
        """From here on the turn acts: claim the conversation again where it was let go while the model was asked."""
        if self.work is None:
            self.work = await _open(self.runtime, self.tenant, conversation_id=self.conversation_id, stack=self.stack)
            again = await _claim(self.work, self.conversation_id)
            if again is None or (again.claimed.version, again.claimed.message_id) != (
                self.read.claimed.version,
                self.read.claimed.message_id,
            ):
                raise Overtaken
        self._dialogue = Dialogue(
            runtime=self.runtime,
            work=self.work,
            tenant=self.tenant,
            hospital=self.hospital,
            state=self.state,
            text=self.text,
            commands=self.understood.commands,
            language=self.language,
            conversation_id=self.conversation_id,
            address=self.read.claimed.address,
            turn=str(self.read.claimed.message_id),
            channel=self.read.claimed.channel,
        )
        if self.lost is not None:
            self.work.record.append(STATE_DROPPED, {"at": self.work.now, "fields": self.lost})
        self.work.record.append(
            UNDERSTOOD,
            {
                "at": self.work.now,
                "message_id": self.read.claimed.message_id,
                "by": self.understood.by,
                "commands": [readable(command) for command in self.understood.commands],
                "red_flags": [flag.code for flag in self.screened.flags],
                "screened": self.screened.level,
                "screens": list(self.screened.by),
                "prompt": self.understood.prompt,
                "conversation": self.read.claimed.conversation_state,
            },
            full={"commands": [command.model_dump() for command in self.understood.commands]},
        )
        if self.text:
            await self.work.guard.judge(self.work, Subject("message_in", self.text), patient_id=None)


async def _open(runtime: Runtime, tenant: Tenant, *, conversation_id: UUID, stack: AsyncExitStack) -> UnitOfWork:
    header: SessionHeader = header_of(conversation_id, "conversation", runtime.clock.now())
    return await stack.enter_async_context(unit_of_work(runtime, tenant.id, header=header))


async def _claim(work: UnitOfWork, conversation_id: UUID) -> Read | None:
    found = await claim(work, conversation_id)
    if found is None:
        return None
    who: dict[str, JsonValue] = {"patient_id": str(found.patient_id)} if found.patient_id else {}
    return Read(
        claimed=found,
        flow=who if found.state is None else found.state,
        recorded=_answer(found.answer),
        lost="all" if found.state is None else None,
    )


def _answer(text: str | None) -> ModelAnswer | None:
    """A recorded answer; one that another version wrote differently is asked for again."""
    try:
        return _ANSWER.validate_json(text or "")
    except ValidationError:
        return None


def screened(runtime: Runtime, claimed: Claimed, state: State) -> Screened:
    """What the screens see in a message. A yes to "is this happening now?", or the like of it said twice running, is an
    emergency."""
    text = said_in(claimed.text, claimed.media)
    seen = (runtime.services.find(Screens) or Screens()).look(text)
    if state.suspicion is None:
        return seen.in_an_answer() if gives_what_was_asked(text, state.awaiting) else seen
    if seen.level == "emergency":
        return seen
    if seen.level == "suspected":
        return replace(seen, level="emergency")
    if is_happening(text):
        return Screened("emergency", tuple(one.flag() for one in state.suspicion.signs), seen.by)
    return seen


def said_in(text: str, media: list[Media]) -> str:
    """What was written, or else what may have been said in a voice note that was not clear enough to act on: red flags
    are looked for in it."""
    return text or " ".join(str(one.get("heard", "")) for one in media)
