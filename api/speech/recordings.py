"""Recordings over HTTP: what is not a plain call. Uploads are resumable: `Upload-Offset` says where a part begins,
`Upload-Complete: ?0` that more will come (draft-ietf-httpbis-resumable-upload's names); or `Content-Range: bytes
0-99/200` (or `/*` while more will come) says both; without them a body is a whole recording."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from api.identity.callers import caller_of
from db.json import JsonObject
from tools.runtime.errors import InvalidArguments
from tools.runtime.runtime import Runtime
from tools.voice.sessions import SessionId
from tools.voice.transcripts import TranscriptOut
from tools.voice.uploads import Progress, progress_of, receive_part
from voice.transcript import to_srt, to_txt, to_vtt

router = APIRouter(tags=["voice"])
AUDIO = "/api/v1/voice/sessions/{session_id}/audio"
_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}}
_SECURITY: JsonObject = {"security": [{"bearer": []}, {"apiKey": []}]}
Format = Literal["json", "vtt", "srt", "txt"]
_WRITERS = {"vtt": (to_vtt, "text/vtt"), "srt": (to_srt, "application/x-subrip"), "txt": (to_txt, "text/plain")}


@router.post(AUDIO, status_code=201, operation_id="voice.upload_audio", openapi_extra={**_BODY, **_SECURITY})
async def upload(session_id: UUID, request: Request) -> Response:
    """Send a recording, or a part of it. The answer says how much has come; 409 `wrong_offset` says where to go on."""
    caller = await caller_of(request)
    runtime: Runtime = request.app.state.runtime
    broken_off = asyncio.Event()
    done = await receive_part(
        runtime, caller, session_id, _chunks(request, broken_off), offset=_offset(request), broken_off=broken_off,
        last=_last(request), most_bytes=request.app.state.settings.max_recording_bytes,
    )  # fmt: skip
    return _progress_response(done, 201)


@router.head(AUDIO, status_code=204, operation_id="voice.upload_progress", openapi_extra=_SECURITY)
async def progress(session_id: UUID, request: Request) -> Response:
    """Where the next part must begin: `Upload-Offset`."""
    caller = await caller_of(request)
    return _progress_response(await progress_of(request.app.state.runtime, caller, session_id), 204)


@router.get(
    "/api/v1/voice/sessions/{session_id}/transcript",
    operation_id="voice.get_transcript",
    response_model=TranscriptOut,
    openapi_extra=_SECURITY,
)
async def transcript(session_id: UUID, request: Request, format: Format = "json") -> Response:
    """The transcript as JSON, WebVTT, SubRip or plain text."""
    caller = await caller_of(request)
    runtime: Runtime = request.app.state.runtime
    reply = await runtime.call("voice.get_transcript", SessionId(session_id=session_id), caller)
    if format == "json":
        return Response(reply.body, media_type="application/json")
    assert isinstance(reply.out, TranscriptOut)
    write, kind = _WRITERS[format]
    return Response(write(reply.out.lines(), note=reply.out.warning), media_type=f"{kind}; charset=utf-8")


async def _chunks(request: Request, broken_off: asyncio.Event) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        broken_off.set()


def _progress_response(done: Progress, status: int) -> Response:
    headers = {"Upload-Offset": str(done.received_bytes), "Upload-Complete": "?1" if done.complete else "?0"}
    if status == 204:
        return Response(status_code=status, headers=headers)
    body = f'{{"received_bytes":{done.received_bytes},"complete":{str(done.complete).lower()}}}'
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def _content_range(request: Request) -> tuple[int, bool] | None:
    """Where a part begins and whether it is the last, where the client says it as `Content-Range: bytes 0-99/200`."""
    given = request.headers.get("content-range")
    if given is None:
        return None
    found = re.fullmatch(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15}|\*)", given)
    length = request.headers.get("content-length")
    first, last, whole = (found[1], found[2], found[3]) if found else ("1", "0", "*")
    fits = int(first) <= int(last) and (whole == "*" or int(last) < int(whole))
    says_both = {"upload-offset", "upload-complete"} & set(request.headers.keys())
    if not fits or says_both or (length is not None and int(length) != int(last) - int(first) + 1):
        rule = "must be bytes FIRST-LAST/WHOLE of just this body, and not beside Upload-Offset or Upload-Complete"
        raise InvalidArguments(errors=[{"field": "Content-Range", "rule": rule}])
    return int(first), whole != "*" and int(last) + 1 == int(whole)


def _offset(request: Request) -> int:
    part = _content_range(request)
    given = request.headers.get("upload-offset", str(part[0]) if part else "0")
    if not re.fullmatch(r"[0-9]{1,15}", given):
        raise InvalidArguments(errors=[{"field": "Upload-Offset", "rule": "must be a number of bytes"}])
    return int(given)


def _last(request: Request) -> bool:
    part = _content_range(request)
    given = request.headers.get("upload-complete", "?1" if part is None or part[1] else "?0")
    if given not in ("?0", "?1"):
        raise InvalidArguments(errors=[{"field": "Upload-Complete", "rule": "must be ?0 or ?1"}])
    return given == "?1"
