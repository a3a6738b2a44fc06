"""What import-linter cannot say: rooms use of each other what is meant to be used, agents write no tables."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module

import pytest

from tests.paths import ROOT
from tools import rooms
from tools.runtime.tool import all_tools

rooms.load()
OPERATIONS = {entry.run for entry in all_tools()}
DECLARING = {run.__module__ for run in OPERATIONS}


def imports(package: str) -> Iterator[tuple[str, str, str]]:
    """(file, module, name) of every `from module import name`."""
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                for name in node.names:
                    yield str(path.relative_to(ROOT)), node.module, name.name


def test_a_room_uses_of_another_what_is_meant_to_be_used() -> None:
    """Of a module that declares tools: the tools, the types of their arguments, results and refusals, and the events. A
    function that other rooms need is a gate, in a module that declares no tool."""
    wrong = []
    for file, module, name in imports("tools"):
        room, other = file.split("/")[1], module.split(".")
        if other[0] != "tools" or len(other) < 3 or other[1] in (room, "runtime") or module not in DECLARING:
            continue
        used = getattr(import_module(module), name)
        if inspect.isfunction(used) and used not in OPERATIONS:
            wrong.append(f"{file}: {module}.{name}")
    assert wrong == []


@pytest.mark.parametrize("package", ["tools", "agents", "api", "cli", "worker", "wiring"])
def test_nobody_reaches_into_another_file(package: str) -> None:
    """A name with an underscore is its file's own."""
    assert [f"{file}: {module}.{name}" for file, module, name in imports(package) if name.startswith("_")] == []
