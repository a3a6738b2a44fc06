"""The one place that wires everything together: settings -> database, queue, runtime, understanding, faces."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import structlog
import yaml
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from jinja2 import TemplateError
from starlette.middleware.cors import CORSMiddleware

from agents.rerun import Rehearse
from agents.screen.red_flags import red_flags
from agents.scribe.writing import ModelNotes
from agents.turn import Turns
from agents.understanding.builtin import BuiltIn
from agents.understanding.hearing import Understanding
from agents.understanding.model import FallingBack, ModelUnderstanding, Prompt
from api import call_media, call_relay, calls, dictation, export, health, mcp, problems, voice, webhooks
from api.auth import Issuer, TokenVerifier
from api.body_limit import BodyLimit
from api.call_parts import CallParts
from api.dev_issuer import DevIssuer
from api.methods import Methods, origins
from api.rest import build_router, nested_schemas
from api.secrets import blobs, derived, seals, twilio_token, vault
from db import provision
from db.engine import Database
from governance.key_check import KeysDiffer
from governance.masters import KeyServiceDown
from governance.redaction.redactor import Redactor
from scribe.making import NoteModel
from settings import Settings
from tools import rooms
from tools.conversations.carrier import TwilioCarrier
from tools.runtime.jobs import Jobs
from tools.runtime.pages import Cursors
from tools.runtime.permissions import check_grants
from tools.runtime.runtime import Runtime
from tools.runtime.tool import all_tools
from tools.runtime.work import Clock
from tools.voice.ears import Ears
from voice.recognition.choosing import choose

log = structlog.get_logger()
PROBLEM_SCHEMA: dict[str, Any] = {
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


def build_runtime(settings: Settings, url: str) -> Runtime:
    """The runtime with everything that outlives a call. The caller opens and closes it (`running`)."""
    rooms.load()
    runtime = Runtime(
        Database(url, pool_size=settings.database_pool),
        Jobs(url),
        Clock(settings.clock),
        vault(settings),
        cursors=Cursors(bytes.fromhex(derived(settings, "cursors"))),
        hold_minutes=settings.hold_minutes,
        slot_horizon_days=settings.slot_horizon_days,
        carrier=_carrier(settings),
        status_callback=_status_callback(settings),
        understanding=_understanding(settings),
        redactor=Redactor(spacy_model=settings.spacy_model),
        seals=seals(settings),
        allow_local_webhooks=settings.allow_local_webhooks,
        blobs=blobs(settings),
        ears=_ears(settings),
        scribe=_scribe(settings),
    )
    runtime.turns = Turns(runtime)
    runtime.is_urgent = lambda text: bool(red_flags(text))
    runtime.rehearse = Rehearse(runtime, BuiltIn(), partial(_model_for_rerun, settings))
    return runtime


@asynccontextmanager
async def running(runtime: Runtime) -> AsyncIterator[Runtime]:
    """Connections open on the way in and closed on the way out. Permissions that do not fit end it before."""
    check_grants(all_tools())
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(runtime.jobs.app.open_async())
        stack.push_async_callback(runtime.database.close)
        stack.push_async_callback(runtime.people.aclose)
        stack.push_async_callback(runtime.vault.masters.aclose)
        if runtime.carrier is not None:
            stack.push_async_callback(runtime.carrier.aclose)
        if isinstance(runtime.scribe, ModelNotes):
            stack.push_async_callback(runtime.scribe.aclose)
        if isinstance(runtime.understanding, FallingBack):
            stack.push_async_callback(runtime.understanding.aclose)
        try:
            await runtime.check_keys()
        except KeysDiffer as error:
            raise SystemExit(f"This node does not start: {error}") from error
        except KeyServiceDown:
            log.warning("keys.not_compared")  # /ready says so until it answers
        yield runtime


def create_app(settings: Settings, *, url: str | None = None) -> FastAPI:
    """The HTTP service."""
    runtime = build_runtime(settings, url or provision.urls(settings)[0])
    mcp_server = mcp.build(runtime, mcp.Hosts.named(settings.mcp_hosts, settings.public_url))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(runtime), mcp_server.run():
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


def _allow_pages(app: FastAPI, allowed: list[str]) -> None:
    """Pages of these origins may call from a browser, by key or token; cookies are not used."""
    app.add_middleware(
        CORSMiddleware, allow_origins=allowed, allow_methods=["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"],
        allow_headers=["Authorization", "X-API-Key", "Content-Type", "Content-Range", "Idempotency-Key", "If-Match",
                       "If-None-Match", "Upload-Offset", "Upload-Complete", "Mcp-Session-Id", "Mcp-Protocol-Version"],
        expose_headers=["ETag", "Idempotent-Replayed", "Retry-After", "Upload-Offset", "Upload-Complete", "Allow"],
    )  # fmt: skip


def _describe(app: FastAPI) -> None:
    def openapi() -> dict[str, Any]:
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


def _understanding(settings: Settings) -> Understanding:
    builtin: Understanding = BuiltIn()
    if settings.model_name is None:
        return builtin
    model = ModelUnderstanding(
        settings.model_base_url,
        settings.model_api_key,
        model=settings.model_name,
        timeout_s=settings.model_timeout_s,
        stream=settings.model_stream,
    )
    return FallingBack(model, builtin)


def _scribe(settings: Settings) -> NoteModel | None:
    if settings.model_name is None:
        return None
    return ModelNotes(
        settings.model_base_url,
        settings.model_api_key,
        model=settings.note_model_name or settings.model_name,
        timeout_s=settings.note_model_timeout_s,
    )


async def _model_for_rerun(settings: Settings, prompt: str | None, name: str | None) -> FallingBack:
    """An understanding by the configured model's server, with another prompt or model. Raises ValueError."""
    if settings.model_name is None:
        raise ValueError("no model is configured (WARDLINE_MODEL_NAME)")
    try:
        model = ModelUnderstanding(
            settings.model_base_url,
            settings.model_api_key,
            model=name or settings.model_name,
            timeout_s=settings.model_timeout_s,
            stream=settings.model_stream,
            prompt=Prompt.parse(prompt.encode()) if prompt is not None else None,
        )
    except (KeyError, ValueError, yaml.YAMLError, TemplateError) as error:
        raise ValueError(f"the prompt cannot be used: {error}") from error
    return FallingBack(model, BuiltIn())


def _ears(settings: Settings) -> Ears:
    """The recognisers; they load when they are first used."""
    hear = partial(
        choose, device=settings.whisper_device, compute_type=settings.whisper_compute_type,
        download=settings.whisper_download,
    )  # fmt: skip
    live = settings.whisper_live_model or settings.whisper_model
    return Ears(batch=hear(settings.whisper_model, slot="batch"), live=hear(live, slot="live"))


def _carrier(settings: Settings) -> TwilioCarrier | None:
    sid, token, sender = settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_whatsapp_from
    if not (sid and token and sender):
        return None
    return TwilioCarrier(
        sid,
        token,
        from_number=sender,
        base_url=settings.twilio_base_url,
        rate_per_s=settings.twilio_rate_per_s,
    )


def _status_callback(settings: Settings) -> str | None:
    return f"{settings.public_url.rstrip('/')}{webhooks.STATUS_PATH}" if settings.public_url else None


def _verifier(settings: Settings) -> tuple[TokenVerifier | None, DevIssuer | None]:
    pairs = [pair.strip().split("|", 1) for pair in settings.oidc_issuers.split(",") if pair.strip()]
    issuers = [Issuer(issuer, audience) for issuer, audience in pairs]
    dev = DevIssuer(settings.data_dir.resolve(), settings.env) if settings.dev_issuer else None
    if dev is not None:
        issuers.append(dev.as_issuer())
    return (TokenVerifier(issuers) if issuers else None), dev
