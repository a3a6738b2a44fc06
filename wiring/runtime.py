"""The runtime with everything that outlives a call: settings, engines, rooms and agents joined."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
import yaml
from jinja2 import TemplateError

import agents.turn.waiting  # noqa: F401  its task is declared on import
from agents.concierge.waiting import Patience
from agents.screen.screening import Screens
from agents.scribe.writing import ModelNotes
from agents.turn.rerun import Rehearse
from agents.turn.running import Turns
from agents.understanding.builtin import BuiltIn
from agents.understanding.builtin.understand import read
from agents.understanding.meaning.reader import Meaning
from agents.understanding.model import FallingBack, ModelUnderstanding, Prompt
from agents.understanding.resolve.confirmation import is_plain_yes
from agents.understanding.utterance import Understanding, Utterance
from agents.vocabulary import FLOWS
from db.blobs import Blobs
from db.engine import Database
from governance.kek import KeyServiceDown
from governance.key_check import KeysDiffer, check_keys
from governance.redaction.redactor import Redactor
from governance.seals.keys import public_lines
from governance.seals.sealer import Seals
from rag.embedding.shared import Embeddings
from scribe.making import NoteModel
from settings import Settings
from tools import rooms
from tools.alerts.addresses import AddressRules
from tools.conversations.carrier import STATUS_PATH, Carrier, TwilioCarrier
from tools.conversations.inbox import UrgencyCheck
from tools.patients.people import People
from tools.record.rerun import Rerunner
from tools.runtime.guard import Guard, KnownPeople
from tools.runtime.jobs import Jobs
from tools.runtime.pages import Cursors
from tools.runtime.permissions import check_grants
from tools.runtime.runtime import Runtime
from tools.runtime.services import Services
from tools.runtime.tool import all_tools
from tools.runtime.unit_of_work import Clock
from tools.scheduling.rules import SlotRules
from tools.tickets.tools import Escalation
from tools.voice.recognizers import Recognizers
from voice.recognition.choosing import choose
from wiring import traces
from wiring.keys import blobs, derived, seals, vault

log = structlog.get_logger()


def build_runtime(settings: Settings, url: str) -> Runtime:
    """The runtime with everything that outlives a call. The caller opens and closes it (`running`)."""
    traces.configure(settings)
    rooms.load()
    database = Database(url, pool_size=settings.database_pool)
    people = People(database)
    embeddings = Embeddings(settings.data_dir)
    meaning, screens = Meaning(embeddings), Screens(embeddings)
    services = (
        Services()
        .put(KnownPeople, people)
        .put(Redactor, Redactor(spacy_model=settings.spacy_model))
        .put(Seals, seals(settings))
        .put(Blobs, blobs(settings))
        .put(Carrier, _carrier(settings))
        .put(Recognizers, _recognizers(settings))
        .put(NoteModel, _note_model(settings))
        .put(Embeddings, embeddings)
        .put(Meaning, meaning)
        .put(Understanding, _understanding(settings, meaning))
        .put(Screens, screens)
        .put(UrgencyCheck, screens.urgent)
        .put(Escalation, Escalation(again_s=settings.critical_again_s))
        .put(SlotRules, SlotRules(hold_minutes=settings.hold_minutes, horizon_days=settings.slot_horizon_days))
        .put(Patience, Patience(again_s=settings.waiting_reply_s, offer_s=settings.offer_back_s))
        .put(AddressRules, AddressRules(allow_local=settings.allow_local_webhooks))
    )
    runtime = Runtime(
        database,
        Jobs(url),
        Clock(settings.clock),
        vault(settings),
        cursors=Cursors(bytes.fromhex(derived(settings, "cursors"))),
        guard=Guard(people),
        services=services,
    )
    services.put(Turns, Turns(runtime))
    services.put(Rerunner, Rehearse(runtime, BuiltIn(meaning), partial(_model_for_rerun, settings, meaning)))
    return runtime


async def check_node_keys(runtime: Runtime) -> None:
    """Raises KeysDiffer where this node's keys are not the database's: it must not serve."""
    node = runtime.services.find(Seals)
    await check_keys(runtime.database, runtime.vault, public_lines(node.keys) if node is not None else [])


@asynccontextmanager
async def running(runtime: Runtime) -> AsyncIterator[Runtime]:
    """Connections open on the way in and closed on the way out. Permissions that do not fit end it before."""
    check_grants(all_tools())
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(runtime.jobs.app.open_async())
        stack.push_async_callback(runtime.database.close)
        stack.push_async_callback(runtime.vault.keks.aclose)
        stack.push_async_callback(runtime.services.aclose)
        try:
            await check_node_keys(runtime)
        except KeysDiffer as error:
            raise SystemExit(f"This node does not start: {error}") from error
        except KeyServiceDown:
            log.warning("keys.not_compared")  # /ready says so until it answers
        yield runtime


def warm(runtime: Runtime) -> None:
    """Load and try what the first message would otherwise wait for, and every call with it: about a second. Blocks."""
    runtime.services.get(Embeddings).warm()
    utterance = Utterance(text="i need a doctor for something tomorrow", now=runtime.clock.now())
    read(utterance, runtime.services.get(Meaning))
    runtime.services.get(Screens).look(utterance.text)
    for flow in FLOWS:
        is_plain_yes("yes", flow)
    gc.collect()
    gc.freeze()  # what is loaded by now stays: it need not be looked through again and again


def _understanding(settings: Settings, meaning: Meaning) -> Understanding:
    builtin: Understanding = BuiltIn(meaning)
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


def _note_model(settings: Settings) -> NoteModel | None:
    if settings.model_name is None:
        return None
    return ModelNotes(
        settings.model_base_url,
        settings.model_api_key,
        model=settings.note_model_name or settings.model_name,
        timeout_s=settings.note_model_timeout_s,
    )


async def _model_for_rerun(settings: Settings, meaning: Meaning, prompt: str | None, name: str | None) -> FallingBack:
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
    return FallingBack(model, BuiltIn(meaning))


def _recognizers(settings: Settings) -> Recognizers:
    """The recognizers; they load when they are first used."""
    recogniser = partial(
        choose, device=settings.whisper_device, compute_type=settings.whisper_compute_type,
        download=settings.whisper_download,
    )  # fmt: skip
    live = settings.whisper_live_model or settings.whisper_model
    return Recognizers(batch=recogniser(settings.whisper_model, slot="batch"), live=recogniser(live, slot="live"))


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
        status_callback=_status_callback(settings),
    )


def _status_callback(settings: Settings) -> str | None:
    return f"{settings.public_url.rstrip('/')}{STATUS_PATH}" if settings.public_url else None
