"""Running a session again against another understanding, prompt, model or policy, and what would differ."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from pydantic import Field

from db.json import JsonObject
from governance.policies.policy import Policy, PolicyInvalid, read_policy
from governance.tables import LLMSession
from tools.conversations.contents import open_addresses
from tools.conversations.tables import Conversation
from tools.record.readable import grant_of, redact_values
from tools.record.replay import open_entries, patients_of, session_rows
from tools.runtime.context import ToolContext
from tools.runtime.errors import Conflict, InvalidArguments
from tools.runtime.principals import Permission
from tools.runtime.tool import Args, Effect, Out, post, tool

MOST_ENTRIES = 20_000


ReadEntry = tuple[str, JsonObject, JsonObject | None]  # kind, body, the sealed part opened
Choice = Literal["recorded", "builtin", "model"]


@dataclass(slots=True)
class Seen:
    """What came of one turn: as it was, or as it would be."""

    commands: list[JsonObject] = field(default_factory=list)
    reply: str = ""
    effects: list[JsonObject] = field(default_factory=list)  # {tool, args} of changes, made or asked for
    decisions: list[str] = field(default_factory=list)  # rules of the policy that spoke


@dataclass(slots=True)
class Rerun:
    """One turn beside its rerun. `stopped`: where it went a way that the record does not know."""

    message_id: UUID
    at: datetime
    was: Seen
    would: Seen
    stopped: str | None

    @property
    def same(self) -> bool:
        return self.stopped is None and self.was == self.would


class Rerunner(Protocol):
    """Port: runs a conversation's session again, with tools answered from the record."""

    async def session(
        self, tenant_id: UUID, session_id: UUID, entries: list[ReadEntry], *, address: str, understanding: Choice,
        prompt: str | None, model: str | None, policy: Policy | None,
    ) -> list[Rerun]:  # fmt: skip
        """What each turn was and would be. Raises LookupError where the record does not hold what is needed, ValueError
        where the prompt or model cannot be used."""


class RerunSession(Args):
    session_id: UUID
    understanding: Choice = Field(
        "recorded", description="Who understands: as it was then, the built-in, or the model that is configured"
    )
    prompt: str | None = Field(None, max_length=100_000, description="Another prompt: the text of its file")
    model: str | None = Field(None, max_length=200, description="Another model of the same server")
    policy: str | None = Field(None, max_length=100_000, description="Another policy, as YAML")


class SeenOut(Out):
    commands: list[JsonObject]
    reply: str
    effects: list[JsonObject]
    decisions: list[str]


class TurnOut(Out):
    message_id: UUID
    at: datetime
    same: bool
    stopped: str | None = Field(description="Where the rerun asked for what the record cannot answer")
    was: SeenOut
    would: SeenOut


class RerunOut(Out):
    session_id: UUID
    turns: int
    same: int
    redacted: bool
    different: list[TurnOut]


async def _before(ctx: ToolContext, args: RerunSession) -> Callable[[], Awaitable[tuple[list[UUID], list[Rerun]]]]:
    """Read the session, and give back what runs it again: no transaction is open while a model thinks."""
    row = await ctx.load(LLMSession, args.session_id)
    conversation = await ctx.session.get(Conversation, row.conversation_id) if row.conversation_id else None
    rerunner = ctx.services.find(Rerunner)
    if conversation is None or rerunner is None:
        raise Conflict("Only a conversation with an agent can be run again.")
    [address] = await open_addresses(ctx.work.keys, [conversation])
    if address is None:
        raise Conflict("The session was erased.")
    policy = None
    if args.policy is not None:
        try:
            policy = read_policy(args.policy)
        except PolicyInvalid as error:
            raise InvalidArguments(errors=[{"field": "policy", "rule": str(error)}]) from error
    if row.head_seq > MOST_ENTRIES:
        raise Conflict(f"The session has {row.head_seq} entries; at most {MOST_ENTRIES} can be run again.")
    rows = await session_rows(ctx, row.id, limit=MOST_ENTRIES)
    fulls = await open_entries(ctx, rows)
    entries = [(entry.kind, json.loads(entry.body), full) for entry, full in zip(rows, fulls, strict=True)]
    patients = patients_of(row, rows)
    tenant_id = ctx.tenant.id

    async def outside() -> tuple[list[UUID], list[Rerun]]:
        try:
            turns = await rerunner.session(
                tenant_id, args.session_id, entries, address=address, understanding=args.understanding,
                prompt=args.prompt, model=args.model, policy=policy,
            )  # fmt: skip
        except LookupError as error:
            raise Conflict(f"The session cannot be run again: {error}.") from error
        except ValueError as error:
            field = "prompt" if args.prompt is not None else "understanding"
            raise InvalidArguments(errors=[{"field": field, "rule": str(error)}]) from error
        return patients, turns

    return outside


@tool(
    "record.rerun_session",
    rest=post("/api/v1/governance/sessions/{session_id}/rerun"),
    needs=Permission("record:rerun"),
    effect=Effect.READ,
    raises=(Conflict, InvalidArguments),
    before=_before,
)
async def rerun_session(ctx: ToolContext, args: RerunSession) -> RerunOut:
    """Run a conversation again with tools answered from the record: commands, replies, effects and decisions that would
    differ. Nothing is written and nobody is told anything."""
    patients, turns = ctx.prepared
    ctx.seen.extend(patients)
    different = [{**asdict(turn), "same": False} for turn in turns if not turn.same]
    grant = await grant_of(ctx, args.session_id)
    if grant is None:
        different = await redact_values(ctx, different, patients)
    return RerunOut(
        session_id=args.session_id, turns=len(turns), same=len(turns) - len(different), redacted=grant is None,
        different=[TurnOut.model_validate(turn) for turn in different],
    )  # fmt: skip
