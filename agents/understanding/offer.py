"""The commands as a function that a model may call, and the strict reading of what it called.

One function with a list of commands, its schema inlined (no `$ref`, no `const`): servers that generate under a
grammar keep to it exactly, the others read it as text, and one call keeps the order in which things were said.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter, ValidationError
from rapidfuzz.distance import OSA

from agents.commands import Ask, Choose, Command, Correct, Fill

FUNCTION = "understand"
Schema = dict[str, JsonValue]
MOST_COMMANDS = 12
_SKIPPABLE_WORDS = 3
_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


class Call(BaseModel):
    """A function call as the wire gave it: `arguments` is the model's own text, not yet parsed."""

    model_config = ConfigDict(frozen=True)

    name: str
    arguments: str


class Unreadable(Exception):
    """What the model called cannot be used. `reason` is safe to record and to log."""

    def __init__(self, reason: Literal["empty", "broken_arguments", "too_many", "nothing_valid"]) -> None:
        super().__init__(reason)
        self.reason: Literal["empty", "broken_arguments", "too_many", "nothing_valid"] = reason


def offered_function(description: str) -> Schema:
    """The function in the chat-completions form. `description` comes from the prompt's front matter."""
    commands: Schema = {"type": "array", "maxItems": MOST_COMMANDS, "items": {"anyOf": [*_shapes()]}}
    return {
        "type": "function",
        "function": {"name": FUNCTION, "description": description, "parameters": _object({"commands": commands})},
    }


def _shapes() -> list[Schema]:
    """One object schema for all the kinds that take the same arguments."""
    union, *_ = get_args(Command)
    alike: dict[str, tuple[list[str], Schema]] = {}
    for kind in get_args(union):
        properties = dict(kind.model_json_schema()["properties"])
        name = properties.pop("kind")["const"]
        arguments: Schema = {key: _plain(schema) for key, schema in properties.items()}
        alike.setdefault(json.dumps(arguments, sort_keys=True), ([], arguments))[0].append(name)
    return [_object({"kind": {"type": "string", "enum": [*kinds]}, **args}) for kinds, args in alike.values()]


def _plain(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key not in ("title", "default")}


def _object(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def read_calls(calls: list[Call], text: str) -> tuple[Command, ...]:
    """The commands of `calls`, in order and once each; those that are not ours or not the patient's are left out.

    An explicit empty list is an answer: nothing was understood. Raises Unreadable when nothing usable is left.
    """
    if not calls:
        raise Unreadable("empty")
    offered = [item for call in calls if call.name == FUNCTION for item in _items(call.arguments)]
    known = any(call.name == FUNCTION for call in calls)
    kept = dict.fromkeys(command for item in offered if (command := _accept(item, text)) is not None)
    if len(kept) > MOST_COMMANDS:
        raise Unreadable("too_many")
    if not kept and (offered or not known):
        raise Unreadable("nothing_valid")
    return tuple(kept)


def _items(arguments: str) -> list[object]:
    """The `commands` of one call. Arguments that break off are never completed by guessing."""
    try:
        parsed = json.loads(arguments)
    except ValueError:
        raise Unreadable("broken_arguments") from None
    if not isinstance(parsed, dict) or set(parsed) != {"commands"} or not isinstance(parsed["commands"], list):
        raise Unreadable("broken_arguments")
    return parsed["commands"]


def _accept(item: object, text: str) -> Command | None:
    """The command, if it is of the closed set, takes just its own arguments, and its value was said."""
    try:
        command = _COMMAND.validate_python(item, strict=True)
    except ValidationError:
        return None
    if isinstance(command, Fill | Correct | Choose):
        return _with(command, value=as_said(command.value, text) or "")
    if isinstance(command, Ask) and command.about:
        return _with(command, about=as_said(command.about, text) or "") or _with(command, about="")
    return command


def _with(command: Command, **said: str) -> Command | None:
    """The command with what was said, which has its own limits; None where it passes them."""
    try:
        return _COMMAND.validate_python({**command.model_dump(), **said}, strict=True)
    except ValidationError:
        return None


def as_said(value: str, text: str) -> str | None:
    """`value` in the patient's own words, or None where `text` does not hold it.

    Case, spaces and punctuation do not count. A slip of one letter in a word of four or more is let pass, never one
    in digits, and so are up to three skipped words ("tuesday [in the] afternoon"); what is returned is then what the
    patient wrote, so that a model cannot turn one doctor's name into another's.
    """
    wanted, said = _words(value), _words(text)
    if not wanted:
        return None
    if _stands_whole([word.folded for word in wanted], [word.folded for word in said]):
        return value.strip()
    for start in range(len(said)):
        window = iter(said[start : start + len(wanted) + _SKIPPABLE_WORDS])
        found = [next((other for other in window if _alike(word.folded, other.folded)), None) for word in wanted]
        if all(found):
            return _joined([word for word in found if word])
    return None


@dataclass(frozen=True, slots=True)
class _Word:
    written: str
    folded: str
    start: int


def _words(text: str) -> list[_Word]:
    """Runs of letters (with their marks, which Hindi needs) and runs of digits."""
    plain = unicodedata.normalize("NFKC", text)
    shape = "".join({"L": "a", "M": "a", "N": "0"}.get(unicodedata.category(char)[0], " ") for char in plain)
    return [
        _Word(plain[run.start() : run.end()], plain[run.start() : run.end()].casefold(), run.start())
        for run in re.finditer(r"a+|0+", shape)
    ]


def _stands_whole(wanted: list[str], said: list[str]) -> bool:
    """As one run of words, wherever the spaces fall."""
    joined = "".join(wanted)
    for start in range(len(said)):
        run = ""
        for word in said[start:]:
            run += word
            if run == joined:
                return True
            if not joined.startswith(run):
                break
    return False


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    return one[0].isalpha() and min(len(one), len(other)) >= 4 and OSA.distance(one, other, score_cutoff=1) <= 1


def _joined(words: list[_Word]) -> str:
    """With a space between, save where the patient wrote none, as in "14th"."""
    whole = words[0].written
    for last, word in pairwise(words):
        whole += word.written if last.start + len(last.written) == word.start else f" {word.written}"
    return whole
