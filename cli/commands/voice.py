"""`wardline transcribe`: a recording from this machine, heard here and now."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from cli.terminal import caller_for, out, with_runtime
from db.json import JsonObject

if TYPE_CHECKING:
    from tools.runtime.principals import Principal
    from tools.runtime.runtime import Reply, Runtime

_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    TextColumn("{task.percentage:>3.0f} %"),
    TimeRemainingColumn(),
)
_CHUNK = 1 << 20

app = typer.Typer()


@app.command()
def transcribe(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Any format that PyAV reads")
    ],
    form: Annotated[str, typer.Option("--format", help="txt, vtt, srt or json")] = "txt",
    kind: Annotated[
        str, typer.Option(help="dictation, or visit (needs --patient and that patient's consent)")
    ] = "dictation",
    patient: Annotated[str, typer.Option(help="Patient id")] = "",
    language: Annotated[str, typer.Option(help="ISO 639; heard where not given")] = "",
    speakers: Annotated[int, typer.Option(help="How many people speak; estimated where not given")] = 0,
) -> None:
    """Transcribe a recording and print what was said. It is kept as any recording is: sealed, and for so long as the
    rule says."""
    args: JsonObject = {"kind": kind}
    args |= {"patient_id": patient} if patient else {}
    args |= {"language": language} if language else {}
    args |= {"speakers": speakers} if speakers else {}

    async def body(runtime: Runtime) -> None:
        from tools.runtime.errors import ToolError

        caller = await caller_for(runtime, "")
        try:
            session = await _received(runtime, caller, file, args)
            with Progress(*_COLUMNS, console=out, transient=True) as bar:
                await _wait_for_transcript(runtime, caller, session, bar)
            reply = await runtime.call("voice.get_transcript", {"session_id": session}, caller, channel="cli")
        except ToolError as error:
            print(json.dumps(error.problem()))
            raise SystemExit(1) from None
        _show(reply, form)

    with_runtime(body)


async def _received(runtime: Runtime, caller: Principal, file: Path, args: JsonObject) -> str:
    from settings import get_settings
    from tools.voice.uploads import receive_part

    started = json.loads((await runtime.call("voice.start_session", args, caller, channel="cli")).body)
    most = get_settings().max_recording_bytes
    await receive_part(
        runtime,
        caller,
        UUID(started["id"]),
        _read(file),
        offset=0,
        broken_off=asyncio.Event(),
        last=True,
        most_bytes=most,
    )
    await runtime.call("voice.finalize", {"session_id": started["id"]}, caller, channel="cli")
    return str(started["id"])


async def _read(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as opened:
        while chunk := await asyncio.to_thread(opened.read, _CHUNK):
            yield chunk


async def _wait_for_transcript(runtime: Runtime, caller: Principal, session: str, bar: Progress) -> None:
    """Hear it in this process; a worker that took the job already is left to it, and waited for."""
    from tools.voice.transcribing import transcribe_session

    task_id = bar.add_task("transcribing", total=1.0)
    transcribing = asyncio.ensure_future(transcribe_session(runtime, tenant=str(caller.tenant_id), session=session))
    try:
        while True:
            reply = await runtime.call("voice.get_session", {"session_id": session}, caller, channel="cli")
            found = json.loads(reply.body)
            bar.update(task_id, completed=found["progress"] or 0.0)
            if found["state"] != "transcribing":
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(transcribing), 0.5)
                if transcribing.done():
                    await asyncio.sleep(0.2)
    finally:
        transcribing.cancel()
        await asyncio.gather(transcribing, return_exceptions=True)


def _show(reply: Reply, form: str) -> None:
    from tools.voice.transcripts import TranscriptOut
    from voice.transcript import to_srt, to_txt, to_vtt

    if form == "json":
        print(reply.body)
        return
    writers = {"txt": to_txt, "vtt": to_vtt, "srt": to_srt}
    if form not in writers:
        raise typer.BadParameter("must be txt, vtt, srt or json", param_hint="--format")
    assert isinstance(reply.out, TranscriptOut)
    print(writers[form](reply.out.lines(), note=reply.out.warning))
