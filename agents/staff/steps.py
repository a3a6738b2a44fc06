"""What happens while a staff agent looks something up, step by step, and what its choosers are asked and answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal, Protocol

from tools.runtime.tool import Tool

By = Literal["model", "built-in"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The question, as it was taken up."""

    question: str
    tools: tuple[str, ...]  # that may be called


@dataclass(frozen=True, slots=True)
class ToolCalled:
    number: int  # of the call, from 1
    tool: str
    arguments: str  # JSON, as it was chosen
    by: By


@dataclass(frozen=True, slots=True)
class ToolAnswered:
    """`code`: of the refusal, where it was refused."""

    number: int
    tool: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The end. `held`: every figure is from the question or a tool's result; "replaced": the chooser's text had one
    that is not, and the plain results stand for it; "refused": there was nothing to stand for it. `limit`: what ran
    out."""

    text: str
    by: By
    checked: Literal["held", "replaced", "refused"]
    limit: Literal["steps", "tokens", "seconds"] | None = None


Step = Asked | ToolCalled | ToolAnswered | Answer


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A call that was chosen; `id` is the chooser's own, `arguments` JSON and not yet looked at."""

    id: str
    tool: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call and what came of it, as data for whoever chooses next."""

    request: CallRequest
    shown: str
    result: object | None  # JSON values; None where it was refused


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a chooser goes by."""

    question: str
    now: datetime  # aware, in the hospital's zone
    tools: tuple[Tool, ...]
    rounds: Sequence[Sequence[Exchange]]  # the calls of each choice so far


@dataclass(frozen=True, slots=True)
class ModelReply:
    """One call of the model, for the record. `asked` and `answered` are JSON and hold what was said and found."""

    model: str
    prompt: str
    prompt_version: str
    prompt_sha256: str
    request_sha256: str
    asked: str
    answered: str
    finish_reason: str | None
    tokens_in: int | None
    tokens_out: int | None
    latency_ms: int
    outcome: str

    @classmethod
    def metadata(cls) -> tuple[str, ...]:
        """The fields that hold nothing of what was said."""
        return tuple(one.name for one in fields(cls) if one.name not in ("asked", "answered"))


@dataclass(frozen=True, slots=True)
class Choice:
    """Calls to be made, or else the answer. `tokens`: what the choice cost. `reply`: of the model, where one was asked;
    `failed`: it was asked in vain."""

    calls: tuple[CallRequest, ...] = ()
    text: str = ""
    tokens: int = 0
    reply: ModelReply | None = None
    failed: bool = False


class Chooser(Protocol):
    """Chooses what is looked up next. Never raises, except when cancelled."""

    async def choose(self, inquiry: Inquiry) -> Choice: ...
