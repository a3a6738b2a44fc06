"""The runtime with everything that outlives a call: settings, engines, rooms and agents joined."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
import yaml
from jinja2 import TemplateError

from agents.screen.red_flags import red_flags
from agents.scribe.writing import ModelNotes
from agents.turn.rerun import Rehearse
from agents.turn.running import Turns
from agents.understanding.builtin import BuiltIn
from agents.understanding.model import FallingBack, ModelUnderstanding, Prompt
from agents.understanding.utterance import Understanding
from db.engine import Database
from governance.key_check import KeysDiffer
from governance.masters import KeyServiceDown
from governance.redaction.redactor import Redactor
from scribe.making import NoteModel
from settings import Settings
from tools import rooms
from tools.conversations.carrier import STATUS_PATH, TwilioCarrier
from tools.runtime.jobs import Jobs
from tools.runtime.pages import Cursors
from tools.runtime.permissions import check_grants
from tools.runtime.runtime import Runtime
from tools.runtime.tool import all_tools
from tools.runtime.work import Clock
from tools.voice.ears import Ears
from voice.recognition.choosing import choose
from wiring.keys import blobs, derived, seals, vault

log = structlog.get_logger()


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
    return f"{settings.public_url.rstrip('/')}{STATUS_PATH}" if settings.public_url else None
