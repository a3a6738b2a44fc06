"""The runs of a folder, found: a module with a `main` is one, its name is the module's and its docstring says what it
does.

`main` takes no arguments (its own stand in `sys.argv`), may be a coroutine, and returns what the folder's command
shows or an exit status. A module that says `ONLY_BY_NAME = "why"` is left out where no name is given.
"""

from __future__ import annotations

import ast
import inspect
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from wiring.loop import run as run_loop


@dataclass(frozen=True, slots=True)
class Run:
    """One of the folder's runs."""

    name: str
    module: str
    about: str
    by_name: bool

    def __call__(self, *arguments: str) -> Any:
        """What its `main` returns, with these as the program's arguments."""
        module = import_module(self.module)
        was, sys.argv = sys.argv, [self.module, *arguments]
        try:
            result = module.main()
            return run_loop(result) if inspect.iscoroutine(result) else result
        except SystemExit as ended:
            return ended.code
        finally:
            sys.argv = was


def runs(package: str) -> dict[str, Run]:
    """Every run of a package by its name. Nothing is imported for it."""
    folder = Path(__file__).parents[1].joinpath(*package.split("."))
    found = (_run(package, path) for path in sorted(folder.glob("*.py")) if not path.name.startswith("__"))
    return {run.name: run for run in found if run is not None}


def _run(package: str, path: Path) -> Run | None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "main" for node in tree.body):
        return None
    said = {node.id for line in tree.body for node in ast.walk(line) if isinstance(node, ast.Name)}
    about = " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split())
    return Run(path.stem.replace("_", "-"), f"{package}.{path.stem}", about, "ONLY_BY_NAME" in said)


def start(package: str, show: Callable[[Run, Any, float], bool]) -> int:
    """The command of a folder: `--list`, one run with its own arguments, several by name, or all; 1 where one failed.
    `show(run, result, seconds)` prints what is to be printed, and says whether it is good."""
    found, given = runs(package), sys.argv[1:]
    if given == ["--list"]:
        for run in found.values():
            print(f"{run.name:22} {'(by name alone) ' if run.by_name else ''}{run.about}")
        return 0
    names = [name.replace("_", "-") for name in given]
    if names and names[0] not in found:
        print(f"there is no {names[0]}; there are {', '.join(found)}", file=sys.stderr)
        return 2
    if all(name in found for name in names):
        several = [found[name] for name in names] or [run for run in found.values() if not run.by_name]
        good = [_shown(run, [], show) for run in several]
    else:
        good = [_shown(found[names[0]], given[1:], show)]
    return 0 if all(good) else 1


def _shown(run: Run, arguments: list[str], show: Callable[[Run, Any, float], bool]) -> bool:
    began = time.monotonic()
    result = run(*arguments)
    return show(run, result, time.monotonic() - began)
