"""Declaring a tool, and the registry that every face is made from."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, field_validator

from tools.runtime.errors import ToolError
from tools.runtime.principals import Permission

if TYPE_CHECKING:
    from tools.runtime.context import ToolContext


class Effect(StrEnum):
    READ = "read"
    WRITE = "write"
    CRITICAL = "critical"  # a person must approve these very arguments


class Args(BaseModel):
    """A tool's arguments: strict (no "3" for 3) and closed (an unknown field is an error)."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, str_max_length=4000)

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: object) -> object:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\x00" in text for text in texts):
            raise ValueError("must hold no NUL character")  # PostgreSQL text holds none
        return value


class Out(BaseModel):
    """A tool's result."""

    model_config = ConfigDict(from_attributes=True)


@dataclass(frozen=True, slots=True)
class Rest:
    """Where a tool stands in REST: `{name}` parts of the path are argument fields."""

    method: Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
    path: str
    status: int

    @property
    def path_fields(self) -> tuple[str, ...]:
        return tuple(re.findall(r"{(\w+)}", self.path))


def get(path: str) -> Rest:
    return Rest("GET", path, 200)


def post(path: str, *, status: int = 200) -> Rest:
    return Rest("POST", path, status)


def patch(path: str) -> Rest:
    return Rest("PATCH", path, 200)


def delete(path: str) -> Rest:
    return Rest("DELETE", path, 200)


Given = TypeVar("Given", bound=Args)
Result = TypeVar("Result", bound=BaseModel)
Operation = Callable[["ToolContext", Given], Awaitable[Result]]
Before = Callable[["ToolContext", Given], Awaitable[Callable[[], Awaitable[object]]]]


@dataclass(frozen=True, slots=True)
class Tool:
    """One operation of the hospital. `by_patient`: a patient, or an agent for one, may call it.

    `confirmation`: when an agent calls it for a patient, that patient must have said yes to exactly these arguments.
    `versioned`: changing over REST needs If-Match.
    `before`: what must not hold a transaction open (a model that thinks, seconds of work). It reads what it needs in a
    short one of its own and gives back what is then awaited outside; the result is the call's `ctx.prepared`. Who
    calls such a tool inside a transaction gives the result with the call, from a `before` of its own (`ctx.prepare`).
    """

    name: str
    run: Callable[[ToolContext, Any], Awaitable[BaseModel]]
    args: type[Args]
    out: type[BaseModel]
    needs: Permission
    effect: Effect
    rest: Rest | None
    raises: tuple[type[ToolError], ...]
    by_patient: bool
    confirmation: bool
    versioned: bool
    before: Before[Any] | None = None

    @property
    def summary(self) -> str:
        """The first sentence of its description."""
        return re.split(r"(?<=[.?!])\s", " ".join((self.run.__doc__ or "").split()), maxsplit=1)[0]

    @property
    def description(self) -> str:
        return re.sub(r"\n\s+", "\n", (self.run.__doc__ or "").strip())


_REGISTRY: dict[str, Tool] = {}
_BY_OPERATION: dict[object, Tool] = {}


class Declaring(Protocol):
    """Takes a typed function and gives it back as it was, declared."""

    def __call__(self, run: Operation[Given, Result], /) -> Operation[Given, Result]: ...


def tool(
    name: str,
    *,
    needs: Permission,
    effect: Effect,
    rest: Rest | None = None,
    raises: tuple[type[ToolError], ...] = (),
    by_patient: bool = False,
    confirmation: bool = False,
    versioned: bool = False,
    before: Before[Any] | None = None,
) -> Declaring:
    """Declare a tool. REST, MCP, agents, the command line and the catalogue are made from this."""

    def register(run: Operation[Given, Result], /) -> Operation[Given, Result]:
        if name in _REGISTRY:
            raise ValueError(f"two tools are called {name}")
        hints = get_type_hints(run)
        _REGISTRY[name] = _BY_OPERATION[run] = Tool(
            name=name,
            run=run,
            args=hints["args"],
            out=hints["return"],
            needs=needs,
            effect=effect,
            rest=rest,
            raises=raises,
            by_patient=by_patient,
            confirmation=confirmation,
            versioned=versioned,
            before=before,
        )
        return run

    return register


def find_tool(name: str) -> Tool | None:
    return _REGISTRY.get(name)


def tool_of(run: Callable[..., Awaitable[BaseModel]]) -> Tool:
    """The tool that a function was declared as. Raises KeyError for any other function."""
    return _BY_OPERATION[run]


def all_tools() -> Iterator[Tool]:
    """Every tool, by name."""
    return iter(sorted(_REGISTRY.values(), key=lambda entry: entry.name))
