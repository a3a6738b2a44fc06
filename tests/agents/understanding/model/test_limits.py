"""A value that is put back as it was said keeps to the command's own limits."""

from __future__ import annotations

import json

import pytest

from agents.commands import COMMANDS, Command
from agents.understanding.offer import FUNCTION, Call, Unreadable, read_calls

WANTED = " ".join(
    ["feve"] * 40
)  # 199 characters, within the limit of 200; a slip of one letter in each word is let pass
SAID = " ".join(["fever"] * 40)  # what was said is longer than the limit


def read(*commands: dict[str, str], said: str = SAID) -> tuple[Command, ...]:
    return read_calls([Call(name=FUNCTION, arguments=json.dumps({"commands": list(commands)}))], said)


def test_a_value_that_was_said_longer_than_the_limit_is_not_taken() -> None:
    with pytest.raises(Unreadable):
        read({"kind": "fill", "slot": "complaint", "value": WANTED})


def test_what_is_taken_can_be_read_back() -> None:
    taken = read(
        {"kind": "fill", "slot": "complaint", "value": WANTED}, {"kind": "ask", "topic": "fees", "about": WANTED},
        {"kind": "affirm"},
    )  # fmt: skip
    assert [command.kind for command in taken] == ["ask", "affirm"]
    assert COMMANDS.validate_json(COMMANDS.dump_json(list(taken))) == list(taken)
