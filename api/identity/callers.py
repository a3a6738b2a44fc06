"""Who is calling: an API key (`X-API-Key`, or a bearer token that starts with `wl_`) or a JWT of a believed issuer."""

from __future__ import annotations

from fastapi import Request

from api.identity.principals import principal_of
from tools.runtime.errors import Unauthenticated
from tools.runtime.principals import Principal


async def caller_of(request: Request) -> Principal:
    """The request's principal; Unauthenticated where there is none."""
    given = request.headers.get("x-api-key")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if given is None and scheme.lower() == "bearer":
        given = token.strip()
    if not given:
        raise Unauthenticated("Give an API key (X-API-Key) or a bearer token.")
    return await principal_of(given, request.app.state.runtime, request.app.state.verifier)
