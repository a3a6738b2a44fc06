"""`wardline note`: a draft note from a transcript file or a voice session."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.terminal import caller_for, out, with_runtime

if TYPE_CHECKING:
    from tools.runtime.runtime import Runtime

app = typer.Typer()


@app.command()
def note(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="A line a turn: `Doctor: ...`, `Patient: ...`")
    ] = None,
    session: Annotated[str, typer.Option(help="A voice session's id, instead of a file")] = "",
    template: Annotated[str, typer.Option(help="general, cardiology, orthopaedics, paediatrics, ...")] = "general",
    as_json: Annotated[bool, typer.Option("--json", help="The whole draft: facts, codes, FHIR document")] = False,
) -> None:
    """Draft a note and print it, with what was left out and what is missing. Nothing is saved."""
    if (file is None) == (not session):
        raise typer.BadParameter("give a file or --session")
    source = {"text": file.read_text(encoding="utf-8", errors="replace")} if file else {"session_id": session}

    async def body(runtime: Runtime) -> None:
        from tools.runtime.errors import ToolError

        try:
            caller = await caller_for(runtime, "")
            reply = await runtime.call("scribe.draft_note", {**source, "template": template}, caller, channel="cli")
        except ToolError as error:
            print(json.dumps(error.problem()))
            raise SystemExit(1) from None
        print(reply.body) if as_json else _show(reply.out)

    with_runtime(body)


def _show(draft: Any) -> None:
    for notice in draft.notices:
        out.print(notice, style="bold yellow", markup=False)
    print(draft.text)
    dropped = [one.text for section in draft.dropped for one in section.sentences]
    for title, lines in (
        ("Left out: not in the transcript", dropped),
        ("Said, and not in the note", [f"{one.kind}: {one.text}" for one in draft.missing]),
        (
            "Codes to choose from",
            [f"{problem.text}: {', '.join(code.code for code in problem.codes)}" for problem in draft.note.problems],
        ),
    ):
        if lines:
            out.print(f"\n{title}", style="bold")
            for line in lines:
                out.print(f"- {line}", markup=False, highlight=False)
