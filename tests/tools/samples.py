"""Valid arguments for every tool, made from the tool itself; and the records that they name.

A required argument is filled by its type and name: an id from the records, a choice by its first value, a number by its
least, dates and texts by their rules. What cannot be derived stands in `samples.py` of the room's own tests, which is
found:

    SAMPLES = {"voice.name_speaker": {"speaker": "S1"}}          # only the arguments that cannot be derived

    @record("ticket_id")                                          # what a `ticket_id` is; made once, when first named
    async def a_ticket(hospital: Hospital) -> str: ...

`Named("ticket_id")` among the arguments is the id of that record. A name that differs by group of tools (the
`session_id` of `voice.` and of `record.`) is given with `groups`.
"""

from __future__ import annotations

import json
import pkgutil
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from importlib import import_module
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID, uuid4

from annotated_types import Ge, Gt, MinLen
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic.types import AwareDatetime

import tests.tools
from tests.conftest import Clone, staff
from tools import rooms
from tools.runtime.names import OneOf
from tools.runtime.runtime import Runtime
from tools.runtime.tool import Tool, all_tools

rooms.load()
TOOLS = list(all_tools())
PRIVATE = "quillfeather"  # every text of a record holds it: who is not to see the record must not see it


@dataclass(frozen=True, slots=True)
class Named:
    """The id of the record of this name, among the arguments of a sample."""

    name: str


@dataclass(slots=True)
class Hospital:
    """Records of the demo tenant and of one patient, each made when it is first named."""

    runtime: Runtime
    clone: Clone
    made: dict[str, str] = field(default_factory=dict)

    async def id(self, name: str) -> str:
        if name not in self.made:
            self.made[name] = await _RECORDS[name].make(self)
        return self.made[name]

    async def call(self, tool: str, /, **args: Any) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads((await self.runtime.call(tool, args, staff())).body)
        return answer

    async def make_all(self) -> None:
        for name in _RECORDS:
            await self.id(name)


@dataclass(frozen=True, slots=True)
class _Record:
    make: Callable[[Hospital], Awaitable[str]]
    of_patient: bool


_RECORDS: dict[str, _Record] = {}
Making = Callable[[Hospital], Awaitable[str]]


def record(name: str, *, groups: tuple[str, ...] = (), of_patient: bool = False) -> Callable[[Making], Making]:
    """Declare what makes the record that `name` names, in these groups of tools or in all. `of_patient`: it is the
    patient's, and another patient must see no trace of it."""

    def register(make: Making) -> Making:
        first, *others = [f"{group}.{name}" for group in groups] or [name]

        async def the_same(hospital: Hospital) -> str:
            return await hospital.id(first)

        for key, making in ((first, make), *((other, the_same) for other in others)):
            assert key not in _RECORDS, f"two records are called {key}"
            _RECORDS[key] = _Record(making, of_patient)
        return make

    return register


SAMPLES: dict[str, dict[str, Any]] = {}


def load() -> None:
    """Find what the rooms' tests say of samples."""
    for found in pkgutil.walk_packages(tests.tools.__path__, "tests.tools."):
        if found.name.endswith(".samples") and found.name != __name__:
            said = getattr(import_module(found.name), "SAMPLES", {})
            assert not said.keys() & SAMPLES.keys()
            SAMPLES.update(said)


def names_of_patients_records() -> list[str]:
    return [name for name, made in _RECORDS.items() if made.of_patient]


class Unknown(dict[str, str]):
    """Names of records that do not exist."""

    def __missing__(self, name: str) -> str:
        return str(uuid4())


class NoSample(Exception):
    """What an argument is to be cannot be said: where to say it."""


def sample(tool: Tool, records: Mapping[str, str]) -> dict[str, Any]:
    """Valid arguments for the tool, which name these records. Raises NoSample."""
    args = {name: _filled(value, records) for name, value in SAMPLES.get(tool.name, {}).items()}
    for name, info in tool.args.model_fields.items():
        if name not in args and info.is_required():
            args[name] = _derived(tool, name, info.annotation, info.metadata, records)
    if tool.rest is not None and tool.rest.method == "PATCH" and tool.args.model_fields.keys() - args.keys():
        args |= _one_change(tool, args, records)
    problem = _wrong(tool, args)
    if problem is not None:
        raise NoSample(f"{tool.name}: {args} is not valid ({problem}). {_where(tool)}: SAMPLES")
    return args


def names_record(tool: Tool) -> bool:
    """Whether the tool's sample names a record."""
    named = [name for name, value in _typed(tool).items() if value is UUID]
    return bool(named) or any(isinstance(value, Named) for value in SAMPLES.get(tool.name, {}).values())


def _typed(tool: Tool) -> dict[str, Any]:
    return {name: info.annotation for name, info in tool.args.model_fields.items() if info.is_required()}


def _where(tool: Tool) -> str:
    room = tool.run.__module__.split(".")[1]
    return f"Say it in tests/tools/{room}/samples.py"


def _filled(value: Any, records: Mapping[str, str]) -> Any:
    return records[value.name] if isinstance(value, Named) else value


def _wrong(tool: Tool, args: dict[str, Any]) -> str | None:
    try:
        tool.args.model_validate_json(json.dumps(args))
    except ValidationError as error:
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return None


def _one_change(tool: Tool, args: dict[str, Any], records: Mapping[str, str]) -> dict[str, Any]:
    """An update changes something: the first argument that may be left out, is no id, and can be derived."""
    if SAMPLES.get(tool.name):
        return {}
    for name, info in tool.args.model_fields.items():
        if name in args or UUID in get_args(info.annotation):
            continue
        change = {name: _derived(tool, name, info.annotation, info.metadata, records)}
        if _wrong(tool, args | change) is None:
            return change
    return {}


def _derived(tool: Tool, name: str, kind: Any, rules: list[Any], records: Mapping[str, str]) -> Any:
    """A value of this type and these rules for the argument of this name, as JSON."""
    if get_origin(kind) is Annotated:
        kind, *more = get_args(kind)
        return _derived(tool, name, kind, [*rules, *_flat(more)], records)
    if get_origin(kind) in (Union, UnionType):
        return _derived(tool, name, next(one for one in get_args(kind) if one is not type(None)), rules, records)
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    if get_origin(kind) is list:
        least = max([rule.min_length for rule in rules if isinstance(rule, MinLen)], default=1)
        return [_derived(tool, name, get_args(kind)[0], [], records)] * least
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        needed = {key: info for key, info in kind.model_fields.items() if info.is_required()}
        return {key: _derived(tool, key, info.annotation, info.metadata, records) for key, info in needed.items()}
    if kind is UUID:
        return _id(tool, name, records)
    for one, make in _BY_TYPE.items():
        if kind is one:
            return make(name, rules)
    raise NoSample(f"{tool.name}: nothing is known of {name}, which is {kind}. {_where(tool)}: SAMPLES")


def _id(tool: Tool, name: str, records: Mapping[str, str]) -> str:
    group = tool.name.partition(".")[0]
    if isinstance(records, Unknown):
        return records[name]
    for key in (f"{group}.{name}", name):
        if key in records:
            return records[key]
    raise NoSample(f"{tool.name}: no record is called {name}. {_where(tool)}: @record({name!r})")


def _flat(rules: list[Any]) -> list[Any]:
    return [one for rule in rules for one in (rule.metadata if isinstance(rule, FieldInfo) else [rule])]


def _is_end(name: str) -> bool:
    return bool(re.search(r"(^|_)(end|ends|to|until|before)(_|$)", name))


def _date(name: str, rules: list[Any]) -> str:
    if "birth" in name:
        return "1990-01-01"
    if name == "since":
        return "2026-01-01"
    return "2027-01-02" if _is_end(name) else "2027-01-01"


def _number(name: str, rules: list[Any]) -> float:
    least = [rule.ge for rule in rules if isinstance(rule, Ge)] + [
        rule.gt + 1 for rule in rules if isinstance(rule, Gt)
    ]
    return max(least, default=1)  # type: ignore[type-var]


def _text(name: str, rules: list[Any]) -> str:
    for rule in rules:
        if isinstance(rule, OneOf):
            return next(iter(rule.names()))
    least = max([rule.min_length for rule in rules if isinstance(rule, MinLen)], default=1)
    return "x" * max(1, least)


_BY_TYPE: dict[Any, Callable[[str, list[Any]], Any]] = {
    bool: lambda name, rules: False,
    int: _number,
    float: _number,
    str: _text,
    date: _date,
    datetime: lambda name, rules: f"{_date(name, rules)}T00:00:00Z",
    AwareDatetime: lambda name, rules: f"{_date(name, rules)}T00:00:00Z",
    time: lambda name, rules: "10:00:00" if _is_end(name) else "09:00:00",
}

load()
