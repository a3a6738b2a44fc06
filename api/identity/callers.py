"""Who is calling: an API key (`X-API-Key`, or a bearer token that starts with `wl_`) or a JWT of a believed issuer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request

from api.identity.principals import principal_of
from db.engine import Session
from tools.access.keys import is_key, signed_in_by_key
from tools.runtime.errors import Unauthenticated
from tools.runtime.principals import Principal


async def caller_of(request: Request) -> Principal:
    """The request's principal; Unauthenticated where there is none."""
    return await principal_of(_secret(request), request.app.state.runtime, request.app.state.verifier)


@asynccontextmanager
async def signed_in(request: Request) -> AsyncIterator[tuple[Principal, Session | None]]:
    """The request's principal, and the transaction in which an API key was looked up, for the call to go on in: a call
    by key is one transaction. Unauthenticated where there is none."""
    secret, runtime = _secret(request), request.app.state.runtime
    if not is_key(secret):
        yield await principal_of(secret, runtime, request.app.state.verifier), None
        return
    async with signed_in_by_key(runtime, secret) as found:
        yield found


def _secret(request: Request) -> str:
    given = request.headers.get("x-api-key")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if given is None and scheme.lower() == "bearer":
        given = token.strip()
    if not given:
        raise Unauthenticated("Give an API key (X-API-Key) or a bearer token.")
    return given
