"""The signed export of a period, streamed as JSON Lines. Taking one is a tool call on the record; the lines are not."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from api.identity.callers import caller_of
from governance.seals.export import export
from governance.seals.sealer import Seals
from tools.record.seals import PeriodArgs
from tools.runtime.entries import parse
from tools.runtime.errors import Unavailable
from tools.runtime.runtime import Runtime
from tools.runtime.tool import find_tool

router = APIRouter()
_PART_BYTES = 64 * 1024


@router.get("/api/v1/governance/audit/export", include_in_schema=False)
async def stream_export(request: Request) -> StreamingResponse:
    """What was sealed in a period (`since`, `until`: ISO 8601), verified offline by `wardline audit verify FILE`."""
    runtime: Runtime = request.app.state.runtime
    caller = await caller_of(request)
    tool = find_tool("record.export")
    assert tool is not None
    asked = dict(request.query_params.items())
    args = parse(tool, json.dumps(asked))
    assert isinstance(args, PeriodArgs)
    await runtime.call("record.export", args, caller)
    seals = runtime.services.find(Seals)
    if seals is None:
        raise Unavailable("This process has no keys to sign an export with.")
    keys = seals.keys

    async def lines() -> AsyncIterator[str]:
        async with runtime.database.begin(caller.tenant_id) as session:
            async for line in export(
                session, keys, tenant_id=caller.tenant_id, since=args.since, until=args.until, now=runtime.clock.now()
            ):
                yield line

    headers = {"Content-Disposition": 'attachment; filename="wardline-record.jsonl"'}
    return StreamingResponse(ahead_of_reader(lines()), media_type="application/x-ndjson", headers=headers)


async def ahead_of_reader(lines: AsyncIterator[str]) -> AsyncIterator[bytes]:
    """The lines, taken as fast as they come into a file without a name and given from there: how long a transaction is
    open is not for a slow reader to say."""
    with tempfile.TemporaryFile() as file:
        written, more = 0, asyncio.Event()

        async def write() -> None:
            nonlocal written
            try:
                async for line in lines:
                    content = line.encode()
                    os.pwrite(file.fileno(), content, written)
                    written += len(content)
                    more.set()
            finally:
                more.set()

        writing, given = asyncio.create_task(write()), 0
        try:
            while given < written or not writing.done():
                if given == written:
                    more.clear()
                    await more.wait()
                    continue
                part = os.pread(file.fileno(), min(_PART_BYTES, written - given), given)
                given += len(part)
                yield part
            writing.result()  # a failure breaks the response off: what came is not a whole export
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
