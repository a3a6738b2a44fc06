"""The one place that wires everything together: settings -> database, queue, runtime, understanding, faces."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.cors import CORSMiddleware

from api.http import export, health, mcp, problems
from api.http.body_limit import BodyLimit
from api.http.methods import Methods, origins
from api.http.rest import build_router, nested_schemas
from api.identity.auth import Issuer, TokenVerifier
from api.identity.dev_issuer import DevIssuer
from api.speech import dictation
from api.speech import recordings as voice
from api.telephone import conversation_relay as call_relay
from api.telephone import media_stream as call_media
from api.telephone import webhooks as calls
from api.telephone.parts import CallParts
from api.twilio import webhooks
from db import provision
from db.json import JsonObject
from scribe.drafting import load
from settings import Settings, get_settings
from wiring.keys import twilio_token
from wiring.runtime import build_runtime, running, warm

log = structlog.get_logger()
PROBLEM_SCHEMA: JsonObject = {
    "type": "object",
    "required": ["title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "remedy": {"type": "string", "enum": ["fix_input", "try_later", "give_up"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "rule": {"type": "string"}},
            },
        },
    },
}


def create_app(settings: Settings, *, url: str | None = None, later: Callable[[], None] | None = None) -> FastAPI:
    """The HTTP service. `later`: what is loaded in a thread once it answers, for those who use it first."""
    runtime = build_runtime(settings, url or provision.urls(settings)[0])
    mcp_server = mcp.build(runtime, mcp.Hosts.named(settings.mcp_hosts, settings.public_url))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(runtime), mcp_server.run():
            await asyncio.to_thread(warm, runtime)
            if later is not None:
                threading.Thread(target=later, name="later", daemon=True).start()
            yield
            await app.state.call_parts.aclose()
        if app.state.verifier is not None:
            await app.state.verifier.aclose()

    app = FastAPI(title="Wardline", version="0.1.0", lifespan=lifespan, docs_url="/docs", redoc_url=None)
    app.state.runtime = runtime
    app.state.settings = settings
    app.state.verifier, app.state.dev_issuer = _verifier(settings)
    app.state.twilio_token = twilio_token(settings)
    app.state.call_parts = CallParts(settings, runtime)
    app.include_router(health.router)
    app.include_router(webhooks.router)
    app.include_router(calls.router)
    app.include_router(call_media.router)
    app.include_router(call_relay.router)
    app.include_router(export.router)
    app.include_router(voice.router)
    app.include_router(dictation.router)
    app.include_router(build_router(runtime))
    mcp_server.mount(app)
    problems.install(app)
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes, recordings=settings.max_recording_bytes)
    app.add_middleware(Methods)
    app.add_middleware(health.Timing)
    if settings.cors_origins:
        _allow_pages(app, list(origins(settings.cors_origins)))
    _describe(app)
    return app


def served() -> FastAPI:
    """The HTTP service as the environment sets it; uvicorn asks for it by name, so that who starts it need not know
    HTTP."""
    return create_app(get_settings(), later=load)


def _allow_pages(app: FastAPI, allowed: list[str]) -> None:
    """Pages of these origins may call from a browser, by key or token; cookies are not used."""
    app.add_middleware(
        CORSMiddleware, allow_origins=allowed, allow_methods=["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"],
        allow_headers=["Authorization", "X-API-Key", "Content-Type", "Content-Range", "Idempotency-Key", "If-Match",
                       "If-None-Match", "Upload-Offset", "Upload-Complete", "Mcp-Session-Id", "Mcp-Protocol-Version"],
        expose_headers=["ETag", "Idempotent-Replayed", "Retry-After", "Upload-Offset", "Upload-Complete", "Allow"],
    )  # fmt: skip


def _describe(app: FastAPI) -> None:
    def openapi() -> JsonObject:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
            components = schema.setdefault("components", {})
            components.setdefault("schemas", {}).update({"Problem": PROBLEM_SCHEMA, **nested_schemas()})
            components["securitySchemes"] = {
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            }
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _verifier(settings: Settings) -> tuple[TokenVerifier | None, DevIssuer | None]:
    pairs = [pair.strip().split("|", 1) for pair in settings.oidc_issuers.split(",") if pair.strip()]
    issuers = [Issuer(issuer, audience) for issuer, audience in pairs]
    dev = DevIssuer(settings.data_dir.resolve(), settings.env) if settings.dev_issuer else None
    if dev is not None:
        issuers.append(dev.as_issuer())
    return (TokenVerifier(issuers) if issuers else None), dev
