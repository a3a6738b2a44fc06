"""Calls as Twilio announces them: a call comes in, its stream has ended, it is over. Believed only with a valid
signature.

What Twilio is told (TwiML) names no patient: a stream's parameters hold the tenant's id and whether it is a second try.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Request, Response, WebSocket
from sqlalchemy import select
from twilio.twiml.voice_response import Connect, Dial, VoiceResponse  # type: ignore[import-untyped]

from agents.phone.callers import forget_who
from agents.phone.calls import Hospital
from agents.phrases import phrase
from agents.turn.dialogue import EMERGENCY
from api.twilio.signature import verify
from api.twilio.webhooks import believed, public_url, required
from tools.runtime.errors import InvalidArguments
from tools.runtime.runtime import Runtime
from tools.runtime.tables import TenantRecord
from tools.voice.calls import Call, begin_call, end_call, find_call

CALL_PATH = "/api/v1/voice/webhooks/twilio/call"
ENDED_PATH = f"{CALL_PATH}/ended"
STATUS_PATH = f"{CALL_PATH}/status"
MEDIA_PATH = "/api/v1/voice/twilio/media"
RELAY_PATH = "/api/v1/voice/twilio/relay"
_CALL_SID = re.compile(r"CA[0-9a-zA-Z]{4,62}")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
# What Twilio gives in the place of a number that is withheld: letters on a phone's keys (ANONYMOUS, RESTRICTED,
# BLOCKED, ...).
_WITHHELD = {"+266696687", "+7378742833", "+2562533", "+8566696", "+86282452253"}
_OVER = {"completed", "busy", "failed", "no-answer", "canceled"}
_CODES = {"en": {"IN": "en-IN", "US": "en-US"}, "hi": {"IN": "hi-IN", "US": "hi-IN"}}
log = structlog.get_logger()
router = APIRouter(tags=["webhooks"], include_in_schema=False)


@router.post(CALL_PATH)
async def call_comes_in(request: Request) -> Response:
    """A caller dials our number: note the call, and have Twilio open its socket."""
    fields = await believed(request)
    runtime: Runtime = request.app.state.runtime
    request.app.state.call_parts.warm()
    sid = _sid(fields)
    tenant = await _tenant(runtime, required(fields, "To"))
    try:
        await begin_call(runtime, tenant.id, call_sid=sid, address=_address(fields, sid), prepare=forget_who)
    except Exception as error:  # somebody is on the line: told in a sentence, not by a status
        log.error("call.begin", call=sid, error=type(error).__name__, exc_info=error)
        return _twiml(_broken(tenant, "en"))
    return _twiml(_connected(request, tenant, again=False))


@router.post(ENDED_PATH)
async def stream_has_ended(request: Request) -> Response:
    """The socket is closed, or a transfer is over: what happens to the caller now."""
    fields = await believed(request)
    runtime: Runtime = request.app.state.runtime
    tenant = await _tenant(runtime, required(fields, "To"))
    call = await find_call(runtime, tenant.id, _sid(fields))
    if call is None:
        return _twiml(_goodbye())
    if "DialCallStatus" in fields:
        reached = fields["DialCallStatus"] in ("completed", "answered")
        return _twiml(_goodbye() if reached else _said(tenant, call.language, "call_nobody"))
    if fields.get("CallStatus") in _OVER:
        await end_call(runtime, call, "caller_left")
        return _twiml(_goodbye())
    if call.ended:
        handed = call.conversation_state == "handed_over" and tenant.transfer_number
        return _twiml(_transferred(request, tenant) if handed else _goodbye())
    if request.query_params.get("again") == "1":
        await end_call(runtime, call, "dropped")
        return _twiml(_broken(tenant, call.language, request))
    return _twiml(_connected(request, tenant, again=True))


@router.post(STATUS_PATH)
async def call_is_over(request: Request) -> Response:
    """Twilio's report of a call's state. In any order, any number of times."""
    fields = await believed(request)
    runtime: Runtime = request.app.state.runtime
    tenant = await _tenant(runtime, required(fields, "To"))
    call = await find_call(runtime, tenant.id, _sid(fields))
    if call is not None and not call.ended and fields.get("CallStatus") in _OVER:
        await end_call(runtime, call, "dropped")
    return Response(status_code=204)


# --- what the sockets need


def believed_socket(socket: WebSocket) -> bool:
    """Whether Twilio signed the upgrade: over the URL that our TwiML named."""
    token = socket.app.state.twilio_token
    public = socket.app.state.settings.public_url
    scheme = "wss" if socket.url.scheme == "wss" else "ws"
    base = _as_socket(public) if public else f"{scheme}://{socket.url.netloc}"
    query = f"?{socket.url.query}" if socket.url.query else ""
    signature = socket.headers.get("x-twilio-signature")
    return bool(token) and verify(url=f"{base}{socket.url.path}{query}", signature=signature, token=token)


async def known_call(
    socket: WebSocket, *, call_sid: str, account_sid: str, parameters: dict[str, str], called: str | None = None
) -> tuple[Call, Hospital] | None:
    """The call that a socket's first message names, where our webhook began it and it is not over; else None."""
    runtime, settings = socket.app.state.runtime, socket.app.state.settings
    if settings.twilio_account_sid and account_sid != settings.twilio_account_sid:
        return None
    try:
        tenant_id = UUID(parameters.get("tenant", ""))
    except ValueError:
        return None
    async with runtime.database.begin(None) as session:
        tenant = await session.get(TenantRecord, tenant_id)
    if tenant is None or (called is not None and called != tenant.voice_number):
        return None
    call = await find_call(runtime, tenant_id, call_sid)
    if call is None or call.ended:
        return None
    return call, Hospital(tenant.name, tenant.country, transfers=tenant.transfer_number is not None)


def code_of(language: str, country: str) -> str:
    """The carrier's name of a language: hi-IN."""
    return _CODES.get(language, _CODES["en"]).get(country, "en-US")


# --- TwiML


def _connected(request: Request, tenant: TenantRecord, *, again: bool) -> VoiceResponse:
    parameters = {"tenant": str(tenant.id), "again": "1" if again else "0"}
    response = VoiceResponse()
    connect = Connect(action=f"{_base(request)}{ENDED_PATH}?again={parameters['again']}", method="POST")
    sockets = _as_socket(_base(request))
    if request.app.state.settings.voice_calls == "relay":
        noun = connect.conversation_relay(
            url=f"{sockets}{RELAY_PATH}", language=code_of("en", tenant.country), dtmf_detection=True,
            interruptible="any",
            report_input_during_agent_speech="any", events="speaker-events",
        )  # fmt: skip
        for code in sorted({code_of("en", tenant.country), code_of("hi", tenant.country)}):
            noun.language(code=code)
    else:
        noun = connect.stream(url=f"{sockets}{MEDIA_PATH}")
    for name, value in parameters.items():
        noun.parameter(name=name, value=value)
    response.append(connect)
    return response


def _transferred(request: Request, tenant: TenantRecord, response: VoiceResponse | None = None) -> VoiceResponse:
    response = response or VoiceResponse()
    dial = Dial(action=f"{_base(request)}{ENDED_PATH}?again=1", method="POST", timeout=25)
    dial.number(tenant.transfer_number)
    response.append(dial)
    return response


def _broken(tenant: TenantRecord, language: str, request: Request | None = None) -> VoiceResponse:
    """Words of the carrier's own voice, and a person where there is one."""
    response = _said(tenant, language, "call_broken", number=EMERGENCY.get(tenant.country, "112"), end=False)
    if request is not None and tenant.transfer_number:
        return _transferred(request, tenant, response)
    response.hangup()
    return response


def _said(tenant: TenantRecord, language: str, name: str, *, end: bool = True, **facts: object) -> VoiceResponse:
    response = VoiceResponse()
    response.say(phrase(language, name, **facts), language=code_of(language, tenant.country))
    if end:
        response.hangup()
    return response


def _goodbye() -> VoiceResponse:
    response = VoiceResponse()
    response.hangup()
    return response


def _twiml(response: VoiceResponse) -> Response:
    return Response(str(response), media_type="application/xml")


# --- the request


def _base(request: Request) -> str:
    return public_url(request).split("?")[0].removesuffix(request.url.path)


def _as_socket(url: str) -> str:
    return re.sub(r"^http", "ws", url.rstrip("/"))


async def _tenant(runtime: Runtime, our_number: str) -> TenantRecord:
    async with runtime.database.begin(None) as session:
        found: Any = (
            await session.scalars(select(TenantRecord).where(TenantRecord.voice_number == our_number))
        ).first()
    if found is None:
        raise InvalidArguments(errors=[{"field": "To", "rule": "must be a number of this service that is called"}])
    row: TenantRecord = found
    return row


def _sid(fields: dict[str, str]) -> str:
    sid = required(fields, "CallSid")
    if not _CALL_SID.fullmatch(sid):
        raise InvalidArguments(errors=[{"field": "CallSid", "rule": "must be a call's SID"}])
    return sid


def _address(fields: dict[str, str], sid: str) -> str:
    """The caller's number. One who withholds it gets a number of this call's own, which nobody can have (+888 is not
    assigned), so that two such callers never share a conversation."""
    caller = fields.get("From", "")
    if _E164.fullmatch(caller) and caller not in _WITHHELD:
        return caller
    own = int.from_bytes(hashlib.sha256(sid.encode()).digest()[:8], "big") % 10**11
    return f"+888{own:011d}"
