"""Every error as an RFC 9457 problem document."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.http.methods import allowed
from api.identity.callers import caller_of
from db.json import JsonObject
from tools.runtime.entries import invalid
from tools.runtime.errors import ToolError, Unauthenticated
from tools.runtime.runtime import as_tool_error

MEDIA_TYPE = "application/problem+json"
_PARTS = ("path", "query", "body", "header", "cookie")  # where FastAPI says that a field stands
_CODES = {404: "not_found", 405: "method_not_allowed"}


def install(app: FastAPI) -> None:
    app.add_exception_handler(ToolError, _tool_error)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


def problem(error: ToolError) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthenticated) else {}
    if error.status == 503:
        headers["Retry-After"] = "5"
    return JSONResponse(error.problem(), status_code=error.status, media_type=MEDIA_TYPE, headers=headers)


async def _tool_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ToolError)
    return problem(error)


async def _malformed(request: Request, error: Exception) -> JSONResponse:
    """A route's own parameters were wrong. Only a caller who is known is told how: FastAPI reads them before it
    asks."""
    assert isinstance(error, RequestValidationError)
    try:
        await caller_of(request)
    except Exception as refused:  # whatever the check of the caller raises is the answer
        return problem(as_tool_error(refused))
    found = [{**one, "loc": one["loc"][1:] if one["loc"][0] in _PARTS else one["loc"]} for one in error.errors()]
    return problem(invalid(found))


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    """No such path, or not by this method."""
    assert isinstance(error, HTTPException)
    body: JsonObject = {"type": "about:blank", "title": str(error.detail), "status": error.status_code}
    code = _CODES.get(error.status_code)
    if code is not None:
        body |= {"code": code, "detail": f"{error.detail}: {request.method} {request.url.path}", "remedy": "fix_input"}
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(allowed(dict(request.scope)))
    return JSONResponse(body, status_code=error.status_code, media_type=MEDIA_TYPE, headers=headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    return problem(as_tool_error(error))
