"""The catalogues in `docs/`, made from the code: `python -m tests.catalogues`; with `--check`, 1 where one is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import click
import typer
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from settings import Settings
from tests.paths import ROOT
from tools import rooms
from tools.runtime.errors import ToolError, all_errors
from tools.runtime.events import EVENTS, reactions_to
from tools.runtime.jobs import DECLARED
from tools.runtime.names import OneOf
from tools.runtime.principals import GRANTS, SERVICE
from tools.runtime.tool import Tool, all_tools

DOCS = ROOT / "docs"
NOTE = "Made by `python -m tests.catalogues` from the code; CI fails when it is stale.\n"
FACES = ("api.http.body_limit", "api.http.mcp", "worker.main")  # errors and jobs that are declared outside the rooms


def catalogues() -> dict[str, str]:
    """File name -> content."""
    rooms.load()
    for module in FACES:
        import_module(module)
    return {
        "tools.md": tools(),
        "events.md": events(),
        "settings.md": settings(),
        "problems.md": problems(),
        "roles.md": roles(),
        "mcp.md": mcp(),
        "cli.md": cli(),
        "security.md": security(),
    }


def tools() -> str:
    parts = [
        "# Tools",
        NOTE,
        "Each is a REST endpoint, an MCP tool and, where an agent may call it, a function of its model.",
    ]
    room = ""
    for tool in all_tools():
        if tool.name.partition(".")[0] != room:
            room = tool.name.partition(".")[0]
            parts.append(f"## {room}")
        parts.append("\n".join(_tool(tool)))
    return _document(parts)


def _tool(tool: Tool) -> Iterator[str]:
    yield f"### {tool.name}\n"
    yield f"{tool.description}\n"
    rest = f", `{tool.rest.method} {tool.rest.path}`" if tool.rest else ", no REST face"
    marks = [
        name
        for name, on in (
            ("patients may call it", tool.by_patient),
            ("an agent needs the patient's yes to these arguments", tool.confirmation),
            ("REST needs If-Match", tool.versioned),
        )
        if on
    ]  # fmt: skip
    yield f"{tool.effect.value}, needs `{tool.needs.name}`{rest}{''.join(f'; {mark}' for mark in marks)}."
    arguments = list(_arguments(tool.args))
    if arguments:
        yield ""
        yield from arguments
    if tool.raises:
        codes = ", ".join(f"`{error.code}`" for error in sorted(tool.raises, key=lambda error: error.code))
        yield f"\nRefuses with {codes}."


def _arguments(args: type[BaseModel]) -> Iterator[str]:
    for name, field in args.model_fields.items():
        need = "required" if field.is_required() else f"default `{_default(field)}`"
        text = f": {field.description}" if field.description else ""
        yield f"- `{name}` {_registered(field.metadata) or _type(field.annotation)}, {need}{text}"


def events() -> str:
    rows = [
        (f"`{name}`", EVENTS[name].meaning, ", ".join(f"`{reaction}`" for reaction in sorted(reactions_to(name))))
        for name in sorted(EVENTS)
    ]
    jobs = [(f"`{name}`", f"`{one.every}`") for name, one in sorted(DECLARED.items()) if one.every]
    return _document(
        ["# Events", NOTE, "Rows of `event_log`, written with their cause; each reaction is a job.",
         _table(("event", "meaning", "reactions"), rows), "## Jobs that repeat", _table(("job", "cron (UTC)"), jobs)]
    )  # fmt: skip


def settings() -> str:
    rows = [
        (f"`WARDLINE_{name.upper()}`", _type(field.annotation), f"`{_default(field)}`", field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return _document(
        ["# Settings", NOTE, "Read once from the environment.", _table(("variable", "type", "default", "what"), rows)]
    )


def problems() -> str:
    rows = [
        (f"`{error.code}`", str(error.status), error.remedy.replace("_", " "), error.title, error.say)
        for error in sorted(set(all_errors()), key=lambda error: (error.code, error.__name__))
        if error is not ToolError
    ]
    return _document(
        ["# Problems", NOTE,
        "An error is an RFC 9457 document of type `urn:wardline:problem:<code>`, with `detail`, and"
         " `errors` (`field`, `rule`) where arguments are wrong.",
         _table(("code", "status", "what to do", "title", "said aloud"), rows)]
    )  # fmt: skip


def roles() -> str:
    """Roles by what they may do, and every permission with its tools."""
    tools_of: dict[str, list[str]] = {}
    for tool in all_tools():
        tools_of.setdefault(tool.needs.name, []).append(f"`{tool.name}`")
    about = (
        "A role has the least that its work needs (`tools/runtime/principals.py`); the service does not start where a "
        "permission is needed by a tool and in no role, or granted and needed by no tool. `*` is every permission. A "
        "patient reaches that patient's rows only; a physician sees who has read a patient's records "
        "(`access_log:read`) "
        "where that patient has an encounter or appointment with the practitioner that the caller's key or token names."
    )
    may = [(role, ", ".join(f"`{name}`" for name in sorted(names))) for role, names in GRANTS.items()]
    needed = []
    for name, tools in sorted(tools_of.items()):
        holders = [role for role, names in GRANTS.items() if name in names or "*" in names]
        who = ", ".join(["the service itself", *holders] if name in SERVICE else holders)
        needed.append((f"`{name}`", who, ", ".join(tools)))
    return _document(
        ["# Roles", NOTE, about, _table(("role", "may"), may), "## Permissions",
         _table(("permission", "roles", "tools"), needed)]
    )  # fmt: skip


def mcp() -> str:
    """What of the official conformance suite applies to /mcp."""
    listed = yaml.safe_load((ROOT / "evals" / "data" / "mcp_conformance.yaml").read_text(encoding="utf-8"))
    about = (
        "Tools over streamable HTTP at `/mcp` and over standard input and output (`wardline mcp`). A tool's name has "
        "`_` "
        "where it has dots here (`scheduling_book_appointment`); dotted names are taken too. `/mcp` answers to this "
        "machine's "
        "names, `WARDLINE_PUBLIC_URL`'s host and `WARDLINE_MCP_HOSTS`. `python -m evals.mcp_conformance` runs the "
        "server scenarios of the official suite (npm, Node 22 or newer) that apply."
    )
    applies = "\n".join(f"- {name}" for name in listed["apply"])
    return _document(
        ["# MCP", NOTE, about, "## Scenarios that apply", applies, "## Scenarios that do not, and why",
         _table(("scenario", "why"), [(name, why) for name, why in listed["not"].items()])]
    )  # fmt: skip


def security() -> str:
    """Items of OWASP's lists with the tests that hold them. Raises LookupError for a test that does not exist."""
    items = yaml.safe_load((ROOT / "tests" / "security.yaml").read_text(encoding="utf-8"))
    rows = []
    for item in items:
        for named in item["tests"]:
            path, _, function = named.partition("::")
            if not (ROOT / path).exists() or (function and f"def {function}(" not in (ROOT / path).read_text("utf-8")):
                raise LookupError(f"{item['id']}: there is no test {named}")
        tests = "<br>".join(f"`{named.removeprefix('tests/')}`" for named in item["tests"]) or "none yet"
        rows.append((item["id"], item["title"], item["how"], tests))
    about = "OWASP Top 10 for LLM applications 2026 (LLM01-LLM10) and ASVS 5.0.0 by chapter."
    return _document(["# Security: what is tested", NOTE, about, _table(("item", "title", "how", "tests"), rows)])


def cli() -> str:
    from cli.main import app

    group = typer.main.get_command(app)
    return _document(["# Command line", NOTE, *_commands(group, "wardline")])


def _commands(command: Any, path: str) -> Iterator[str]:
    if hasattr(command, "commands"):
        for name in sorted(command.commands):
            yield from _commands(command.commands[name], f"{path} {name}")
        return
    lines = [f"## {path}", "", (command.help or "").strip()]
    shown = [_parameter(parameter) for parameter in command.params if parameter.name != "help"]
    yield "\n".join([*lines, *(["", *shown] if shown else [])])


def _parameter(parameter: Any) -> str:
    names = " / ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
    if isinstance(parameter, click.Argument) or parameter.param_type_name == "argument":
        names = f"`{parameter.name.upper()}`"
    variable = f" (or `{parameter.envvar}`)" if isinstance(parameter.envvar, str) else ""
    text = getattr(parameter, "help", None)
    need = ", required" if parameter.required else ""
    return f"- {names}{variable}{need}{f': {text}' if text else ''}"


def _registered(metadata: Iterable[object]) -> str:
    """The names of a closed set that rooms add to; nothing where it is none."""
    return next((" | ".join(f'"{name}"' for name in one.names()) for one in metadata if isinstance(one, OneOf)), "")


def _type(annotation: Any) -> str:
    """A type as a reader wants it: `UUID or null`, `"a" | "b"`."""
    origin = get_origin(annotation)
    if annotation is NoneType:
        return "null"
    if origin in (Union, UnionType):
        return " or ".join(_type(part) for part in get_args(annotation))
    if origin is Literal:
        return " | ".join(f'"{value}"' for value in get_args(annotation))
    if origin is list:
        return f"list of {_type(get_args(annotation)[0])}"
    if hasattr(annotation, "__metadata__"):
        return _registered(annotation.__metadata__) or _type(annotation.__origin__)
    return str(getattr(annotation, "__name__", annotation))


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "none"
    value = field.default
    return (
        "none"
        if value is None
        else ""
        if value == ""
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("``", "")


def _document(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip() for part in parts) + "\n"


def main(arguments: list[str]) -> int:
    """Write the catalogues, or (`--check`) say which are stale."""
    stale = []
    for name, content in catalogues().items():
        file = DOCS / name
        if not file.exists() or file.read_text(encoding="utf-8") != content:
            stale.append(name)
            if "--check" not in arguments:
                file.write_text(content, encoding="utf-8")
    if "--check" in arguments:
        for name in stale:
            print(f"docs/{name} is stale; run: make catalogues")
        return 1 if stale else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
