"""Declaring a flow, and the registry that the concierge, the agents' tools, commands and the prompt are made from.

A flow is a folder's own matter: `agents/<agent>/flow.py` declares it, `flow.yaml` beside it says how patients speak of
it, `texts/<language>.yaml` what they are told, and its data is kept with the conversation. Nothing else lists it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from agents.concierge.scope import TOOLS, AnyTool
from agents.vocabulary import AGENTS, FLOWS
from tools.runtime.tool import tool_of

if TYPE_CHECKING:
    from agents.commands import Command, Correct, Fill, More
    from agents.turn.dialogue import Dialogue


class FlowData(BaseModel):
    """What one flow keeps between turns: JSON values with defaults. A field of a slot's name is filled by that slot."""

    model_config = ConfigDict(extra="ignore")  # written by a newer version, it is still read

    def for_later(self) -> FlowData:
        """What is kept where another flow is begun first."""
        return self


class Flow:
    """What the concierge asks of a flow. Only `step` must be written; a flow's data is `dialogue.data(...)`."""

    async def step(self, dialogue: Dialogue, *, changed: bool) -> None:
        """Take the flow one step further. `changed`: this message gave or corrected a piece of information."""
        raise NotImplementedError

    def begun(self, data: FlowData, text: str) -> None:
        """The flow begins with this message."""

    async def fill(self, dialogue: Dialogue, data: FlowData, command: Fill | Correct) -> bool:
        """Put a piece of information where it belongs. `data`: of the flow under way, or of one that is queued. True:
        something has changed."""
        if command.slot not in type(data).model_fields or getattr(data, command.slot) == command.value:
            return False
        setattr(data, command.slot, command.value)
        return True

    async def more(self, dialogue: Dialogue, command: More) -> None:
        """Others than those shown were asked for, beside the rest of the message."""

    async def release(self, dialogue: Dialogue) -> None:
        """Let go of what is held: the patient drops the flow, or goes another way."""

    def reads(self, dialogue: Dialogue) -> bool:
        """Whether the message answers the open question in words that the flow itself reads, whatever else it says."""
        return False

    def ask_again(self, dialogue: Dialogue) -> None:
        """Put the open question again, after a digression or a message that was not understood."""

    def ask_anew(self, dialogue: Dialogue) -> bool:
        """A tool refused what the words came to: ask for other ones. False: nothing can be asked; a person takes
        over."""
        return False

    def split(self, dialogue: Dialogue, commands: tuple[Command, ...]) -> tuple[Command, ...]:
        """The commands of a message, with a start of this flow for each time that it is wanted."""
        return commands

    async def may_answer(self, dialogue: Dialogue) -> bool:
        """Whether the message, a yes with nothing under way, may answer something that was written to the patient
        first."""
        return False

    async def answer(self, dialogue: Dialogue) -> None:
        """Act on that yes; it is known by now who writes."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A flow as it was declared (see `flow`)."""

    name: str
    agent: str
    tools: frozenset[str]
    data: type[FlowData]
    does: Flow
    begun_by: frozenset[str]
    answers_with: frozenset[str]
    resumed: bool
    verified: bool
    registers: bool


_REGISTRY: dict[str, Declared] = {}


def flow(
    name: str,
    *,
    agent: str,
    tools: Iterable[AnyTool],
    data: type[FlowData] = FlowData,
    begun_by: Iterable[str] = (),
    answers_with: Iterable[AnyTool] = (),
    resumed: bool = True,
    verified: bool = True,
    registers: bool = False,
) -> Callable[[type[Flow]], type[Flow]]:
    """Declare a flow.

    `tools`: those (as their functions) that the agent holds while it is under way. `begun_by`: slots that ask for it
    where nothing is under way. `answers_with`: tools held while no flow is, to see what a yes may answer. `resumed`:
    it is come back to where another is begun before it has ended. `verified`: it is taken up only for one who is known.
    `registers`: it makes a patient of one whose number is in no record."""

    def register(kind: type[Flow]) -> type[Flow]:
        if name in _REGISTRY:
            raise ValueError(f"two flows are called {name}")
        if name not in FLOWS or FLOWS[name].agent != agent:
            raise ValueError(f"agents/{agent}/flow.yaml does not say how patients speak of {name}")
        _REGISTRY[name] = Declared(
            name, agent, _names(tools), data, kind(), frozenset(begun_by), _names(answers_with), resumed,
            verified, registers,
        )  # fmt: skip
        return kind

    return register


def _names(tools: Iterable[AnyTool]) -> frozenset[str]:
    return frozenset(tool_of(run).name for run in tools)


@cache
def _load() -> dict[str, Declared]:
    for path in sorted(AGENTS.glob("*/flow.py")):
        import_module(f"agents.{path.parent.name}.flow")
    return {name: _REGISTRY[name] for name in FLOWS}  # KeyError: spoken of, and not declared


def find(name: str) -> Declared:
    """Raises KeyError where there is no such flow."""
    return _load()[name]


def all_flows() -> tuple[Declared, ...]:
    """Every flow, in the order in which their phrases are looked for."""
    return tuple(_load().values())


def begun_by(slots: Iterable[str]) -> str | None:
    """The flow that such pieces of information ask for, where nothing is under way."""
    given = frozenset(slots)
    return next((declared.name for declared in all_flows() if declared.begun_by & given), None)


def registration() -> Declared:
    """The flow that makes a patient of one who is in no record."""
    return next(declared for declared in all_flows() if declared.registers)


@cache
def tools_held(name: str | None) -> frozenset[str]:
    """The tools that the agent holds: the concierge's, and those of the flow under way."""
    held = _names(TOOLS).union(*(declared.answers_with for declared in all_flows()))
    return held | find(name).tools if name is not None else held


def agent_of(name: str | None) -> str:
    return find(name).agent if name is not None else "concierge"


async def release(dialogue: Dialogue) -> None:
    """Let go of what the flow under way holds and has read back."""
    dialogue.state.pending = None
    if dialogue.state.flow is not None:
        await find(dialogue.state.flow).does.release(dialogue)
