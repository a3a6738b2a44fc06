"""A session run again from its record: the same code, the same messages at the same times, tools answered from the
record, another understanding, prompt, model or policy where wanted, and nothing written.

Each turn begins from the state that the record holds, so that one difference does not make all later turns differ.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from agents.commands import COMMANDS
from agents.turn.conversation_state import read_state
from agents.turn.dialogue import HospitalDirectory
from agents.turn.running import Turns
from agents.turn.state import Media, Read, Turn, screened
from agents.understanding.model import FallingBack
from agents.understanding.utterance import Understanding, Understood, Utterance
from db.engine import Session
from db.json import JsonObject
from governance.policies.policy import Policy
from governance.policies.screening import BETWEEN, Decision, Subject
from governance.readable import texts_in
from governance.record import Record, canonical
from governance.vault import Keyring
from tools.conversations.inbox import header_of
from tools.conversations.turns import Claimed
from tools.record.rerun import Choice, ReadEntry, Rerun, Seen
from tools.runtime.context import Tenant
from tools.runtime.entries import parse, permitted
from tools.runtime.errors import ToolError, all_errors
from tools.runtime.guard import Guard
from tools.runtime.principals import Principal
from tools.runtime.runtime import Runtime, Step
from tools.runtime.tool import Effect, find_tool
from tools.runtime.unit_of_work import Clock, UnitOfWork

Body = JsonObject  # JSON of the record, of the shape of its entry's kind


class NotOnRecord(LookupError):
    """The turn asks for something that the record cannot answer: it goes another way from there."""


@dataclass(slots=True)
class RecordedTurn:
    """One turn, as the record tells it."""

    message_id: UUID
    text: str
    media: list[Media]
    at: datetime
    state: Body
    language: str
    conversation: str  # open or handed_over
    was: Seen
    by: str
    answers: dict[tuple[str, str], list[Body]]  # (tool, arguments) -> outcomes in order


def read_turns(entries: list[ReadEntry]) -> list[RecordedTurn]:
    """The turns of a conversation's session. Raises NotOnRecord where a text was erased."""
    turns: list[RecordedTurn] = []
    messages: dict[str, tuple[Body, str]] = {}
    state: Body = {}
    language = "en"
    current: RecordedTurn | None = None
    for kind, body, full in entries:
        if kind == "message_in":
            if full is None:
                raise NotOnRecord("a message of this session was erased")
            messages[body["message_id"]] = (full, body["at"])
        elif kind == "understood":
            said, _ = messages[body["message_id"]]
            current = RecordedTurn(
                message_id=UUID(body["message_id"]), text=said["text"], media=said["media"],
                at=datetime.fromisoformat(body["at"]), state=state, language=language,
                conversation=body["conversation"],
                was=Seen(commands=(full or {}).get("commands", [])), by=body["by"], answers=defaultdict(list),
            )  # fmt: skip
            turns.append(current)
        elif current is not None:
            if kind == "state" and body.get("after") == str(current.message_id):
                state, language = json.loads((full or {})["state"]), body["language"]
                current = None
            else:
                _add(current, kind, body=body, full=full or {})
    return turns


def _add(turn: RecordedTurn, kind: str, *, body: Body, full: Body) -> None:
    if kind == "message_out":
        turn.was.reply = full.get("text", "")
    elif kind == "policy_decision" and "policy" in body:
        turn.was.decisions.append(body["rule"])
    elif kind == "tool_call" and "step" in body:
        args = full.get("args")
        turn.answers[(body["tool"], canonical(args))].append({**body, **full})
        tool = find_tool(body["tool"])
        if tool is not None and tool.effect is not Effect.READ and body["outcome"] == "ok":
            turn.was.effects.append({"tool": tool.name, "args": args})


class Rehearsal(Runtime):
    """A runtime for one turn that was: the clock stands still, tools answer from the record, nothing is written."""

    def __init__(self, runtime: Runtime, turn: RecordedTurn, policy: Policy | None) -> None:
        self.watching = _Watching(runtime.guard, policy)
        services = runtime.services.copy().put(Understanding, _AsRecorded(turn))
        super().__init__(
            runtime.database, runtime.jobs, Clock(turn.at), runtime.vault, cursors=runtime.cursors, guard=self.watching,
            services=services,
        )  # fmt: skip
        self.turn = turn
        self.effects: list[Body] = []

    async def call_named_within(
        self, work: UnitOfWork, name: str, arguments: object, caller: Principal, *, step: Step | None = None,
        prepared: object = None,
    ) -> BaseModel:  # fmt: skip
        tool = permitted(name, caller)
        args = parse(tool, arguments)
        if step is not None:
            await self._check_step(work, tool, args, caller, step)
        given = args.model_dump(mode="json")
        if tool.effect is not Effect.READ:
            self.effects.append({"tool": name, "args": given})
        known = self.turn.answers.get((name, canonical(given)))
        if not known:
            raise NotOnRecord(f"{name} was not called with these arguments")
        answer = known.pop(0)
        if answer["outcome"] != "ok":
            if tool.effect is not Effect.READ:
                self.effects.pop()
            raise _ERRORS.get(answer["code"], ToolError)(answer.get("detail", ""))
        if "result" not in answer:
            raise NotOnRecord(f"the result of {name} was too long to be kept, or was erased")
        out = tool.out.model_validate_json(answer["result"])
        result = BETWEEN.join(texts_in(out))
        if step is not None and result:
            await self.guard.judge(work, Subject("tool_result", result, tool=name))
        return out


_ERRORS = {error.code: error for error in reversed(list(all_errors()))}


class _Watching(Guard):
    """Judges as the guard does, by another policy where one is given, and only notes what it decided."""

    def __init__(self, guard: Guard, policy: Policy | None) -> None:
        super().__init__(guard.people)
        self._guard, self._policy = guard, policy
        self.rules: list[str] = []

    async def policy(self, session: Session, tenant_id: UUID) -> Policy:
        return self._policy or await self._guard.policy(session, tenant_id)

    async def note(self, work: UnitOfWork, subject: Subject, decisions: Sequence[Decision], **_: object) -> None:
        self.rules += [decision.rule for decision in decisions if isinstance(decision, Decision)]


@dataclass(frozen=True, slots=True)
class _AsRecorded(Understanding):
    """Understands what was understood then."""

    turn: RecordedTurn

    async def understand(self, utterance: Utterance) -> Understood:
        commands = tuple(COMMANDS.validate_python(self.turn.was.commands))
        return Understood(commands, by="model" if self.turn.by == "model" else "built-in")


@dataclass(frozen=True, slots=True)
class _Given(Understanding):
    """What was understood before the transaction."""

    understood: Understood

    async def understand(self, utterance: Utterance) -> Understood:
        return self.understood


class Rehearse:
    """Runs sessions again. `model(prompt, name)` makes an understanding by a model; the caller closes it."""

    def __init__(
        self,
        runtime: Runtime,
        builtin: Understanding,
        model: Callable[[str | None, str | None], Awaitable[FallingBack]],
    ) -> None:
        self._runtime, self._builtin, self._model = runtime, builtin, model

    @asynccontextmanager
    async def _understanding(
        self, choice: Choice, *, prompt: str | None, model: str | None
    ) -> AsyncIterator[Understanding | None]:
        """Who understands in a rerun; None: as it was recorded. Raises ValueError where no model is configured, or the
        prompt cannot be used."""
        if choice != "model":
            yield None if choice == "recorded" else self._builtin
            return
        made = await self._model(prompt, model)
        try:
            yield made
        finally:
            await made.aclose()

    async def session(
        self, tenant_id: UUID, conversation_id: UUID, entries: list[ReadEntry], *, address: str,
        understanding: Choice, prompt: str | None = None, model: str | None = None, policy: Policy | None = None,
    ) -> list[Rerun]:  # fmt: skip
        """Run every turn of a session again, each in a transaction that can only read; none is open while a model is
        asked."""
        tenant = await self._runtime.tenant(tenant_id)
        hospital = await self._runtime.services.get(Turns).hospital(tenant_id)
        async with self._understanding(understanding, prompt=prompt, model=model) as chosen:
            return [
                await self._turn(
                    tenant,
                    hospital,
                    conversation_id=conversation_id,
                    recorded=turn,
                    address=address,
                    understanding=chosen or _AsRecorded(turn),
                    policy=policy,
                )
                for turn in read_turns(entries)
            ]

    async def _turn(
        self, tenant: Tenant, hospital: HospitalDirectory, *, conversation_id: UUID, recorded: RecordedTurn,
        address: str,
        understanding: Understanding, policy: Policy | None,
    ) -> Rerun:  # fmt: skip
        again = Rehearsal(self._runtime, recorded, policy)
        claimed = Claimed(
            conversation_id, channel="rerun", address=address, conversation_state=recorded.conversation, version=0,
            language=recorded.language, state=recorded.state, patient_id=None, message_id=recorded.message_id,
            text=recorded.text, media=recorded.media, at=recorded.at, answer=None,
        )  # fmt: skip
        read = Read(claimed, recorded.state, recorded=None)
        state, _ = read_state(recorded.state)
        turn = Turn(again, tenant, hospital, AsyncExitStack(), conversation_id, read, state, recorded.language, None)
        turn.screened = screened(self._runtime, claimed, state)
        if turn.screen() == "converse":
            given = _Given(await understanding.understand(turn.utterance()))
            again.services.put(Understanding, given)
        async with self._reading(tenant, conversation_id, again) as turn.work:
            stopped = await self._act(turn)
        would = Seen(
            commands=[command.model_dump() for command in turn.understood.commands],
            reply=turn.reply,
            effects=again.effects,
            decisions=again.watching.rules,
        )
        return Rerun(recorded.message_id, recorded.at, recorded.was, would, stopped)

    async def _act(self, turn: Turn) -> str | None:
        """Where the turn went a way that the record does not know."""
        try:
            await self._runtime.services.get(Turns).graph.ainvoke({}, context=turn)
        except NotOnRecord as unknown:
            return str(unknown)
        return None

    @asynccontextmanager
    async def _reading(self, tenant: Tenant, conversation_id: UUID, again: Rehearsal) -> AsyncIterator[UnitOfWork]:
        at = again.clock.now()
        async with self._runtime.database.reading(tenant.id) as session:
            yield UnitOfWork(
                session=session, tenant_id=tenant.id, now=at, record=Record(header_of(conversation_id, "rerun", at)),
                keys=Keyring(self._runtime.vault, session, tenant.id), guard=again.guard,
            )  # fmt: skip
